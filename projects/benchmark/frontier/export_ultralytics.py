"""Export a net of the package ultralytics, untrained, for its speed.

Runs in a process of its own, with a Python that has ultralytics (AGPL-3.0) and
none of this project: nothing of either is imported by the other.

    python export_ultralytics.py yolo26n-pose 384 FOLDER
"""
import argparse
import json
import shutil
from importlib import metadata
from pathlib import Path

import torch
from ultralytics import YOLO

SEED = 0


def settle(model: torch.nn.Module, size: int) -> None:
    """Set batch norm statistics of random weights to those of noise.

    Otherwise values fade from layer to layer, to numbers so small that some
    processors are slow with them.
    """
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.train()
        norm.momentum = 1.0
    with torch.no_grad():
        model(torch.rand(1, 3, size, size))
    model.eval()


def main() -> None:
    """Write end2end.onnx, end2end.param, end2end.bin and about.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('name', help='such as yolo26n-pose')
    parser.add_argument('size', type=int, help='side of the input in pixels')
    parser.add_argument('folder', type=Path, help='where the files go')
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    net = YOLO(f'{args.name}.yaml')
    # The file is for 80 classes, and the published nets know people alone.
    trained_for_80 = net.model
    net.model = type(trained_for_80)(dict(trained_for_80.yaml, nc=1), verbose=False)
    net.model.args, net.model.task = trained_for_80.args, trained_for_80.task
    net.model.eval()
    settle(net.model, args.size)
    for kind in ('onnx', 'ncnn'):
        made = Path(net.export(format=kind, imgsz=args.size))
        if kind == 'onnx':
            shutil.move(made, args.folder / 'end2end.onnx')
            continue
        for end in ('param', 'bin'):
            shutil.move(made / f'model.ncnn.{end}', args.folder / f'end2end.{end}')
        shutil.rmtree(made)
    (args.folder / 'about.json').write_text(json.dumps(
        dict(version=metadata.version('ultralytics'))))


if __name__ == '__main__':
    main()
