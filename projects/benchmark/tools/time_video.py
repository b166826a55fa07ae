"""How much longer a video takes than the net alone.

Takes turns, in one run: the net on frames that are decoded already; reading,
net and writing one after another; and all three at the same time, as `sasd
predict` does. On a single core the last two take as long as each other.

    python -m projects.benchmark.tools.time_video VIDEO --out results/video.json
"""
from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import cv2

from projects.result_files import write_result
from projects.synthetic_people.motion import WalkingPeople
from sasd_mmpose import PoseEstimator
from sasd_mmpose.environment import processor, versions
from sasd_mmpose.errors import InputError, install_excepthook
from sasd_mmpose.inference.overlap import in_background, read_ahead
from sasd_mmpose.inference.prediction_writer import DrawnVideo, PredictionWriter
from sasd_mmpose.inference.sources import VideoSource


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('video', nargs='?', help='a file; drawn by default')
    parser.add_argument('--model', help='as for sasd predict')
    parser.add_argument('--runtime', help='as for sasd predict')
    parser.add_argument('--runs', type=int, default=5)
    parser.add_argument('--out', required=True, help='json file to write')
    return parser.parse_args()


def draw_video(path: Path, frames: int = 60) -> None:
    """Write a video of drawn people, 640 x 480 at 25 frames a second."""
    people = WalkingPeople(4, size=(640, 480))
    video = DrawnVideo(path, people.fps, people.size)
    for index in range(frames):
        video.add(people.frame(index)[0], index / people.fps)
    video.close()


def net_alone(estimator: PoseEstimator, video: Path, folder: Path) -> float:
    """Return the seconds that the net takes for all frames."""
    frames = list(VideoSource(video))
    start = time.perf_counter()
    for _ in estimator.stream_frames(frames):
        pass
    return time.perf_counter() - start


def one_after_another(estimator: PoseEstimator, video: Path,
                      folder: Path) -> float:
    """Return the seconds of reading, net and writing in one thread."""
    start = time.perf_counter()
    source = VideoSource(video)
    with PredictionWriter(folder, source) as writer:
        for result in estimator.stream_frames(source):
            writer.add(result)
    return time.perf_counter() - start


def at_the_same_time(estimator: PoseEstimator, video: Path,
                     folder: Path) -> float:
    """Return the seconds where each has a thread of its own."""
    start = time.perf_counter()
    source = VideoSource(video)
    with PredictionWriter(folder, source) as writer, in_background(
            writer.add) as write, closing(read_ahead(source)) as frames:
        for result in estimator.stream_frames(frames):
            write(result)
    return time.perf_counter() - start


WAYS: tuple[Callable[[PoseEstimator, Path, Path], float], ...] = (
    net_alone, one_after_another, at_the_same_time)


def measure(estimator: PoseEstimator, video: Path, runs: int) -> dict:
    """Take turns, and return seconds and ratios; the first turn warms up."""
    seconds: dict[str, list[float]] = {way.__name__: [] for way in WAYS}
    with TemporaryDirectory() as folder:
        for number in range(runs + 1):
            for way in WAYS:
                took = way(estimator, video, Path(folder))
                if number:
                    seconds[way.__name__].append(took)
    ratios = {
        f'{way.__name__} / net_alone': median(
            whole / net for whole, net in zip(
                seconds[way.__name__], seconds['net_alone'], strict=True))
        for way in WAYS[1:]}
    return dict(seconds={k: median(v) for k, v in seconds.items()},
                ratios=ratios)


def main() -> None:
    """Measure, and write the file."""
    args = parse_args()
    if args.runs < 1:
        raise InputError(f'--runs {args.runs}: must be at least 1')
    cv2.setNumThreads(1)
    estimator = PoseEstimator(args.model, runtime=args.runtime)
    with TemporaryDirectory() as folder:
        video = Path(args.video or Path(folder) / 'drawn.mp4')
        if args.video is None:
            draw_video(video)
        found = measure(estimator, video, args.runs)
    cores = (len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity')
             else os.cpu_count())
    for name, ratio in found['ratios'].items():
        print(f'{name} = {ratio:.3f}')
    write_result(Path(args.out), dict(
        video='drawn people, 640 x 480, 60 frames' if args.video is None
        else Path(args.video).name, runs=args.runs, cores=cores,
        runtime=estimator.runtime.name, input=list(estimator.size),
        processor=processor(),
        versions=versions(['ncnn', 'onnxruntime', 'opencv-python-headless']),
        **found))


if __name__ == '__main__':
    install_excepthook()
    main()
