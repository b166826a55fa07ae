"""Score identities and smoothing on drawn videos of people who cross.

Writes a json file: IDF1 and identity switches of PoseTracker, of the same rules
on corners of boxes, and of ByteTrack where the package `trackers` is installed;
and the keypoints' error and jitter with and without PoseSmoother.

    python -m projects.synthetic_people.tools.score_tracking \\
        --out results/tracking.json
"""
from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path

from sasd_mmpose.environment import versions
from sasd_mmpose.errors import InputError, install_excepthook
from sasd_mmpose.inference.smoothing import PoseSmoother

from ...result_files import write_result
from ..found_people import walk
from ..tracking_scores import (
    by_box_corners,
    by_byte_track,
    by_keypoints,
    score,
    steadiness,
)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', required=True, help='json file to write')
    parser.add_argument(
        '--videos', type=int, default=8, help='how many (default: %(default)s)')
    parser.add_argument(
        '--frames', type=int, default=200,
        help='length of each (default: %(default)s)')
    parser.add_argument(
        '--people', type=int, default=5,
        help='who walk in each (default: %(default)s)')
    return parser.parse_args()


def main() -> None:
    """Draw, track, and write the file."""
    args = parse_args()
    if min(args.videos, args.frames - 1, args.people) < 1:
        raise InputError('--videos and --people must be at least 1, --frames 2')
    videos = [walk(seed, args.people, args.frames) for seed in range(args.videos)]
    trackers = {'PoseTracker': by_keypoints,
                'the same on box corners': by_box_corners}
    if find_spec('trackers') and find_spec('supervision'):
        trackers['ByteTrack of trackers'] = by_byte_track
    scores = {name: score(videos, track) for name, track in trackers.items()}
    for name, values in scores.items():
        print(f'{name:26} IDF1 {values["idf1"]:.3f}, '
              f'{values["switches"]} switches')
    found = [video for _, video in videos]
    smoothing = {'as found': steadiness(found, None),
                 'smoothed': steadiness(found, PoseSmoother)}
    for name, values in smoothing.items():
        print(f'{name:26} error {values["error"]:.2f}, jitter '
              f'{values["jitter"]:.2f} pixels')
    write_result(Path(args.out), dict(
        videos=args.videos, frames=args.frames, people=args.people,
        versions=versions(['motmetrics', 'trackers', 'supervision']),
        tracking=scores, smoothing=smoothing))


if __name__ == '__main__':
    install_excepthook()
    main()
