"""Make a trainable backbone of a ShuffleNetV2 that ncnn holds folded.

The checkpoint holds the weights of a PoseShuffleNetV2 for images prepared as
the project's nets have them (RGB, divided by 255). A config starts from it by

    model = dict(backbone=dict(
        act_cfg=..., init_cfg=dict(type='Pretrained', checkpoint=OUT,
                                   prefix='backbone.')))

with the activation that the command prints.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

import sasd_mmpose.registration  # noqa: F401, I001  (before mmpose)
from sasd_mmpose.errors import InputError, install_excepthook
from sasd_mmpose.inference.sources import open_source
from sasd_mmpose.models.backbones import PoseShuffleNetV2

from .batch_norms import (
    NANODET_INPUT,
    InputNorm,
    image_inputs,
    load_folded,
    refer_to_input,
    restore_batch_norms,
)
from .ncnn_weights import read_ncnn_convolutions

OURS = InputNorm((0, 0, 0), (255, 255, 255), bgr=False)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('param', help='.param file of the net')
    parser.add_argument('weights', help='.bin file of the net')
    parser.add_argument('images', help='folder of images to measure with')
    parser.add_argument('out', help='checkpoint to write')
    parser.add_argument(
        '--ann', help='COCO annotations: take only the images they list')
    parser.add_argument('--num', type=int, default=512,
                        help='how many images (default: %(default)s)')
    parser.add_argument('--sizes', type=int, nargs=2, default=(192, 320),
                        metavar=('MIN', 'MAX'),
                        help='long side in pixels (default: 192 320)')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--widen-factor', type=float, default=1.0,
                        choices=(0.5, 1.0, 1.5, 2.0))
    parser.add_argument('--mean', type=float, nargs=3,
                        default=NANODET_INPUT.mean,
                        help="the net's own input (default: NanoDet's)")
    parser.add_argument('--std', type=float, nargs=3,
                        default=NANODET_INPUT.std)
    parser.add_argument('--rgb', action='store_true',
                        help='the net takes RGB, not BGR')
    return parser.parse_args()


def choose_images(folder: str, ann: str | None, num: int,
                    seed: int) -> list[Path]:
    """Draw images of a folder without repetition.

    Args:
        folder (str): The folder.
        ann (str | None): File with COCO annotations that lists the ones to
            draw from.
        num (int): How many, at most.
        seed (int): Seed.

    Returns:
        list[Path]: The files.
    """
    paths = open_source(folder).paths
    if ann is not None:
        try:
            images = json.loads(Path(ann).read_text())['images']
            names = {image['file_name'] for image in images}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f'{ann}: no annotations in the form of COCO that '
                             'can be read') from error
        paths = [path for path in paths if path.name in names]
        if not paths:
            raise InputError(f'{folder}: none of the images that {ann} lists')
    order = np.random.default_rng(seed).permutation(len(paths))
    return [paths[i] for i in order[:num]]


def main() -> None:
    """Restore, write and say what was written."""
    args = parse_args()
    first, *others = read_ncnn_convolutions(args.param, args.weights)
    net_input = InputNorm(args.mean, args.std, bgr=not args.rgb)
    backbone = PoseShuffleNetV2(args.widen_factor, act_cfg=first.activation)
    load_folded(backbone, [refer_to_input(first, net_input, OURS), *others],
                args.param)
    paths = choose_images(args.images, args.ann, args.num, args.seed)
    count = restore_batch_norms(
        backbone, image_inputs(paths, args.sizes, OURS, args.seed))
    weights = {f'backbone.{name}': value
               for name, value in backbone.state_dict().items()}
    meta = dict(source=Path(args.param).name)
    try:
        Path(args.out).parent.mkdir(parents=True, exist_ok=True)
        with open(args.out, 'wb') as file:
            torch.save(dict(state_dict=weights, meta=meta), file)
    except OSError as error:
        raise InputError(f'{args.out}: cannot be written ({error.strerror}); '
                         'name another file') from error
    print(f'{args.out}: the backbone of {args.param} with batch norms of '
          f'{count} images; act_cfg={first.activation}')


if __name__ == '__main__':
    install_excepthook()
    main()
