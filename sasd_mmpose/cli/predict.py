"""Find the poses in an image, a folder, a video or a camera's view.

Writes into the folder --out: predictions.json (results in COCO's format),
images.json (ids, names and sizes of the images), and the images with their
skeletons, as drawn/ or drawn.mp4; with --save csv also predictions.csv. All of
it is written as it comes; Ctrl-C, SIGTERM or a closed terminal stops it and
loses nothing.

The net is the published one, or --model, or that of --config and --checkpoint,
which take torch and MMPose.
"""
from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import InputError, one_line

if TYPE_CHECKING:
    from ..inference.estimator import PoseEstimator
    from ..inference.pose_result import PoseResult
    from ..inference.prediction_writer import PredictionWriter
    from ..inference.sources import ImageSource, VideoSource


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command line takes."""
    parser.add_argument(
        'input', help='image, folder, video file, camera as 0 or cam0, or an '
        'address as rtsp://...')
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
    video = parser.add_argument_group('videos')
    video.add_argument(
        '--track', action='store_true',
        help='give each person a number that lasts from frame to frame')
    video.add_argument(
        '--smooth', action='store_true',
        help='steady the keypoints from frame to frame; does what --track does '
        'as well')
    video.add_argument(
        '--show', action='store_true',
        help='show the frames in a window as they come; q closes it and stops')
    results = parser.add_argument_group('results')
    results.add_argument(
        '--save', type=names, default=('coco', 'drawn'), metavar='KIND,...',
        help='what to write, some of coco, csv, drawn (default: coco,drawn)')
    results.add_argument(
        '--boxes', action='store_true', help='draw the boxes too')
    results.add_argument(
        '--thickness', type=int, help="of the drawn bones, in pixels; by each "
        "person's size by default")
    results.add_argument(
        '--legend', action='store_true',
        help='write into the images which colours are left and right')


def names(text: str) -> tuple[str, ...]:
    """Split a list at its commas."""
    return tuple(name.strip() for name in text.split(',') if name.strip())


def run(args: argparse.Namespace) -> int:
    """Predict, and return the exit status."""
    from ..inference.estimator import PoseEstimator
    from ..inference.prediction_writer import PredictionWriter
    from ..inference.sources import open_source
    from ..visualization.pose_drawer import DrawingStyle
    check(args)
    source = open_source(args.input)
    estimator = PoseEstimator(
        args.model, runtime=args.runtime, config=args.config,
        checkpoint=args.checkpoint, device=args.device, threads=args.threads,
        size=args.size, score_thr=args.score_thr, flip_test=args.flip_test)
    style = DrawingStyle(
        args.keypoint_thr, args.boxes, args.thickness, args.legend)
    stopped, stops = False, stop_signals()
    # A second signal must not keep the files from being finished.
    with window(args.show, args.input) as show, on_signals(
            stops, signal.SIG_IGN), PredictionWriter(
                args.out, source, style, args.save) as writer:
        try:
            with on_signals(stops, interrupt):
                stopped = predict(source, finder(estimator, args), writer, show)
        except KeyboardInterrupt:
            stopped = True
        if stopped:
            print('stopped; what was computed is written')
    return report(writer, source.total, stopped and not source.endless)


def check(args: argparse.Namespace) -> None:
    """Raise InputError for what the estimator does not check."""
    from ..inference.prediction_writer import FORMATS
    if not 0 <= args.keypoint_thr <= 1:
        raise InputError(f'--keypoint-thr {args.keypoint_thr}: must be from 0 to 1')
    if args.thickness is not None and not 1 <= args.thickness <= 100:
        raise InputError(f'--thickness {args.thickness}: must be from 1 to 100')
    unknown = sorted({*args.save} - {*FORMATS})
    if unknown or not args.save:
        raise InputError(f'--save {",".join(args.save)}: must be some of '
                         f'{", ".join(FORMATS)}, with commas between them')


def finder(estimator: PoseEstimator, args: argparse.Namespace
           ) -> Callable[[Iterator[Any]], Iterator[PoseResult]]:
    """Return what turns frames into results, as the arguments ask for."""
    from ..inference.smoothing import PoseSmoother
    from ..inference.tracking import PoseTracker, follow
    if not args.track and not args.smooth:
        return estimator.stream_frames
    smoother = PoseSmoother() if args.smooth else None
    return lambda frames: follow(
        estimator.stream_frames(frames), PoseTracker(), smoother)


def predict(source: ImageSource | VideoSource,
            find: Callable[[Iterator[Any]], Iterator[PoseResult]],
            writer: PredictionWriter, show: Any | None) -> bool:
    """Read, find and write at the same time.

    Args:
        source (ImageSource | VideoSource): Where the images come from.
        find (Callable): Turns frames into results.
        writer (PredictionWriter): Takes the results.
        show (LiveWindow | None): The window, if there is one.

    Returns:
        bool: Whether the window was closed before the end.
    """
    from ..inference.overlap import in_background, read_ahead
    what = 'images' if source.fps is None else 'frames'

    def add(pair: tuple[PoseResult, Any]) -> None:
        writer.add(*pair)

    with in_background(add) as write, closing(
            read_ahead(source, live=source.endless)) as frames, progress() as bar:
        for result in bar.track(find(frames), source.total, description=what):
            drawn = None
            if show is not None and result.problem is None:
                drawn = result.draw(**writer.style._asdict())
                show.show(drawn)
            write((result, drawn))
            if show is not None and show.closed:
                return True
    return False


@contextmanager
def window(wanted: bool, title: str) -> Iterator[Any | None]:
    """Open a window, if one is wanted, and take it away in the end."""
    if not wanted:
        yield None
        return
    from ..visualization.live_window import LiveWindow
    with closing(LiveWindow(title)) as opened:
        yield opened


def interrupt(number: int, frame: object) -> None:
    """Do what Ctrl-C does."""
    raise KeyboardInterrupt


@contextmanager
def on_signals(numbers: list[int], handler: Any) -> Iterator[None]:
    """Let signals do something else for a while."""
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def stop_signals() -> list[int]:
    """Return SIGTERM and, where it is not ignored as by nohup, SIGHUP."""
    numbers: list[int] = [signal.SIGTERM]
    hangup = getattr(signal, 'SIGHUP', None)  # Windows has none
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        numbers.append(hangup)
    return numbers


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
    what = 'image' if writer.fps is None else 'frame'
    print(f'{writer.num_persons} {"person" if writer.num_persons == 1 else "people"} '
          f'in {writer.num_images} {what}{"" if writer.num_images == 1 else "s"}')
    if 'coco' in writer.formats:
        print(f'  poses     {writer.predictions_file}')
    if 'csv' in writer.formats:
        print(f'  table     {writer.table_file}')
    if 'drawn' in writer.formats and writer.drawn.exists():
        print(f'  drawings  {writer.drawn}')
    for problem in writer.problems:
        print(f'warning: {one_line(problem)}', file=sys.stderr)
    return int(failed or bool(writer.problems))
