"""Find the poses in an image, a folder, a video or a camera's view.

Writes into the folder --out: predictions.json (results in COCO's format),
images.json (ids, names and sizes of the images), and the images with their
skeletons, as drawn/ or drawn.mp4. All of it is written as it comes; Ctrl-C
or SIGTERM stops and loses nothing.

The net is the published one, or --model, or that of --config and --checkpoint,
which take torch and MMPose.
"""
from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command line takes."""
    parser.add_argument(
        'input', help='image, folder, video file, or camera as 0 or cam0')
    parser.add_argument('--out', required=True, help='folder to write to')
    parser.add_argument(
        '--model', help='name of a published model, or a folder that sasd export '
        'wrote')
    parser.add_argument('--config', help='config file, in place of --model')
    parser.add_argument('--checkpoint', help='its weights, pruned or not')
    parser.add_argument(
        '--runtime', help='ncnn, onnxruntime, openvino or torch; by default the '
        'first that is installed and runs the model')
    parser.add_argument(
        '--threads', type=int, help='threads to compute with (default: 1)')
    parser.add_argument(
        '--device', help='for torch, such as cpu or cuda:0; a GPU by default, if '
        'there is one')
    parser.add_argument(
        '--size', type=int,
        help="side of the square network input; the model's by default")
    parser.add_argument(
        '--score-thr', type=float, default=0.3,
        help='leave out persons below this score (default: %(default)s)')
    parser.add_argument(
        '--keypoint-thr', type=float, default=0.3,
        help='do not draw keypoints below this score (default: %(default)s)')
    parser.add_argument(
        '--flip-test', action='store_true',
        help='average over the mirrored image too, in twice the time; for torch')


def run(args: argparse.Namespace) -> int:
    """Predict, and return the exit status."""
    from ..inference.estimator import PoseEstimator
    from ..inference.prediction_writer import PredictionWriter
    from ..inference.sources import open_source
    if not 0 <= args.keypoint_thr <= 1:
        raise InputError(f'--keypoint-thr {args.keypoint_thr}: must be from 0 to 1')
    source = open_source(args.input)
    estimator = PoseEstimator(
        args.model, runtime=args.runtime, config=args.config,
        checkpoint=args.checkpoint, device=args.device, threads=args.threads,
        size=args.size, score_thr=args.score_thr, flip_test=args.flip_test)
    stopped = False
    with PredictionWriter(args.out, source, args.keypoint_thr) as writer:
        try:
            with stoppable(), progress() as bar:
                what = 'images' if source.fps is None else 'frames'
                for result in bar.track(estimator.stream_frames(source),
                                        source.total, description=what):
                    writer.add(result)
        except KeyboardInterrupt:
            stopped = True
            print('stopped; what was computed is written')
    return report(writer, source.total, stopped and not source.endless)


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does."""
    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def progress() -> Any:
    """Return a progress bar that also serves where the end is not known."""
    try:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )
    except ImportError as error:
        raise InputError('rich: not installed; pip install rich') from error
    return Progress(
        TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True))


def report(writer: Any, total: int | None, failed: bool) -> int:
    """Say what there is and where, and return the exit status."""
    if total == len(writer.problems) == 1 and not writer.num_images:
        raise InputError(writer.problems[0].partition(': ')[2])
    what = 'images' if writer.fps is None else 'frames'
    print(f'{writer.num_persons} people in {writer.num_images} {what}')
    print(f'  poses     {writer.predictions_file}')
    if writer.drawn.exists():
        print(f'  drawings  {writer.drawn}')
    for problem in writer.problems:
        print(f'warning: {problem}', file=sys.stderr)
    return int(failed or bool(writer.problems))
