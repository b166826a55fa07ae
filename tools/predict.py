"""Find people's poses in a picture, a folder, a video or a camera's view.

Writes into the folder --out: predictions.json (results in COCO's format),
images.json (ids, names and sizes of the pictures), and the pictures with their
skeletons, as drawn/ or drawn.mp4. All of it is written as it comes; Ctrl-C
stops and loses nothing.

The net is that of --config and --checkpoint, or a deployed one, --model, which
needs neither torch nor MMPose; without any of them, the one under weights/.
"""
from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping

import numpy as np
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from sasd_mmpose.errors import InputError, install_excepthook
from sasd_mmpose.inference.model_zoo import published_models
from sasd_mmpose.inference.person import Person
from sasd_mmpose.inference.prediction_writer import PredictionWriter
from sasd_mmpose.inference.sources import open_source
from sasd_mmpose.visualization.pose_drawer import PoseDrawer


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        'input', help='picture, folder, video file, or camera as 0 or cam0')
    parser.add_argument('--config', help='config file')
    parser.add_argument('--checkpoint', help='its weights, pruned or not')
    parser.add_argument('--model', help='folder that tools/deploy.py made')
    parser.add_argument(
        '--backend', choices=['ncnn', 'onnxruntime', 'openvino'],
        help='runtime for --model; by default the one it is made for')
    parser.add_argument(
        '--threads', type=int, help='threads for --model (default: 1)')
    parser.add_argument('--out', required=True, help='folder to write to')
    parser.add_argument(
        '--score-thr', type=float, default=0.3,
        help='leave out persons below this score (default: %(default)s)')
    parser.add_argument(
        '--keypoint-thr', type=float, default=0.3,
        help='do not draw keypoints below this score (default: %(default)s)')
    parser.add_argument(
        '--flip-test', action='store_true',
        help='average over the mirrored picture too, in twice the time; not '
        'with --model')
    parser.add_argument(
        '--size', type=int,
        help="side of the square network input; the config's by default")
    parser.add_argument(
        '--device', help='such as cpu or cuda:0; a GPU by default, if any; not '
        'with --model')
    args = parser.parse_args()
    if args.config is args.checkpoint is args.model is None:
        choose_published(parser, args)
    check_choice(parser, args)
    return args


def choose_published(parser: argparse.ArgumentParser,
                     args: argparse.Namespace) -> None:
    """Name the net that comes with the project, in the form that is wanted.

    As an ncnn net, which starts at once, unless the arguments ask for torch.
    """
    models = published_models()
    if not models:
        parser.error('give --config and --checkpoint, or --model: no net comes '
                     'with the project')
    deployed = models[0].runtime_folder('ncnn')
    if args.flip_test or args.device or deployed is None:
        args.config = str(models[0].config)
        args.checkpoint = str(models[0].checkpoint)
    else:
        args.model = str(deployed)


def check_choice(parser: argparse.ArgumentParser,
                 args: argparse.Namespace) -> None:
    """End with usage unless the arguments name one net, and only its own."""
    trained = dict(config=args.config, checkpoint=args.checkpoint)
    for_trained = dict(trained, flip_test=args.flip_test, device=args.device)
    for_deployed = dict(backend=args.backend, threads=args.threads)
    if args.model is None and None in trained.values():
        parser.error('give --config and --checkpoint, or --model')
    odd = for_deployed if args.model is None else for_trained
    given = [f'--{name.replace("_", "-")}' for name, value in odd.items() if value]
    if given:
        parser.error(f'{", ".join(given)}: not {"with" if args.model else "without"}'
                     ' --model')


def load_net(args: argparse.Namespace
             ) -> tuple[Callable[[np.ndarray], list[Person]], Mapping]:
    """Return what finds persons in a picture, and what their drawing needs.

    Torch is imported only for a net that needs it.
    """
    if args.model is not None:
        from sasd_mmpose.inference.predictor import PosePredictor
        deployed = PosePredictor.from_dir(
            args.model, args.backend, args.threads or 1, args.score_thr, args.size)
        return deployed, deployed.description.drawing_metainfo
    from sasd_mmpose.inference.torch_predictor import Predictor
    predictor = Predictor(args.config, args.checkpoint, args.device,
                          args.size, args.flip_test, args.score_thr)
    return lambda image: predictor([image])[0], predictor.metainfo


def progress_bar() -> Progress:
    """Return a bar that also serves where the end is not known."""
    return Progress(
        TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True))


def main() -> int:
    """Predict, and return the exit status."""
    args = parse_args()
    source = open_source(args.input)
    find_persons, metainfo = load_net(args)
    drawer = PoseDrawer(metainfo, args.keypoint_thr)
    stopped = False
    with PredictionWriter(args.out, drawer, source) as writer:
        try:
            with progress_bar() as bar:
                for frame in bar.track(source, source.total, description=(
                        'pictures' if source.fps is None else 'frames')):
                    if frame.image is None:
                        writer.add_problem(frame)
                    else:
                        writer.add(frame, find_persons(frame.image))
        except KeyboardInterrupt:
            stopped = True
            print('stopped by Ctrl-C; what was computed is written')
    return report(writer, source.total, stopped and not source.endless)


def report(writer: PredictionWriter, total: int | None, failed: bool) -> int:
    """Say what there is and where, and return the exit status."""
    if total == len(writer.problems) == 1:
        raise InputError(writer.problems[0])
    what = 'pictures' if writer.fps is None else 'frames'
    print(f'{writer.num_persons} people in {writer.num_images} {what}')
    print(f'  poses     {writer.predictions_file}')
    if writer.drawn.exists():
        print(f'  drawings  {writer.drawn}')
    for problem in writer.problems:
        print(f'warning: not read: {problem}', file=sys.stderr)
    return int(failed or bool(writer.problems))


if __name__ == '__main__':
    install_excepthook()
    sys.exit(main())
