"""``sasd``, and ``python -m sasd_mmpose``."""
from __future__ import annotations

import argparse
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper

from ..errors import install_excepthook
from ..version import __version__

COMMANDS = dict(
    predict='find the poses in an image, a folder, a video or a camera',
    export='write a trained net for ncnn, ONNX Runtime or OpenVINO',
    info='print the published models, or the size of a net',
    check='say everything that is wrong with a data set',
    convert='make COCO annotations of YOLO-pose labels and exports of tools',
    prune='write the deployed weights of a checkpoint',
    anchors='fit the anchors and the mean pose of a config to its data',
    browse="draw a config's augmented training samples and their targets")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all subcommands."""
    parser = argparse.ArgumentParser(
        prog='sasd', description='Multi-person pose estimation.',
        epilog='sasd COMMAND --help says what a command takes.')
    parser.add_argument(
        '--version', action='version', version=f'sasd_mmpose {__version__}')
    commands = parser.add_subparsers(dest='command', metavar='COMMAND', required=True)
    for name, text in COMMANDS.items():
        module = import_module(f'.{name}', __package__)
        command = commands.add_parser(
            name, help=text, description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, by default the process's own.

    Returns:
        int: The exit status.
    """
    accept_any_letters()
    # Configs may name modules of the folder where the command runs.
    sys.path.append(os.getcwd())
    args = build_parser().parse_args(arguments)
    return args.run(args) or 0


def accept_any_letters() -> None:
    """Escape what the terminal lacks, as letters of a file's name."""
    for stream in sys.stdout, sys.stderr:
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors='backslashreplace')


def quiet_video_libraries() -> None:
    """Leave it to the command to say what a video or an address lacks.

    OpenCV and FFmpeg look at these variables when they are loaded.
    """
    os.environ.setdefault('OPENCV_LOG_LEVEL', 'ERROR')
    os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '-8')  # nothing at all


def quiet_mmpose() -> None:
    """Drop MMPose's warning that it found its own file of COCO's keypoints."""
    warnings.filterwarnings('ignore', message='The metainfo config file')


def console() -> None:
    """The entry point: bad input ends with one line, and so does Ctrl-C."""
    install_excepthook()
    quiet_video_libraries()
    quiet_mmpose()
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print('stopped', file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
