"""Write drawn images of people with annotations in COCO's format.

The images come from a program: a result on them says that the code works; it
does not say how good a model is on photographs.
"""
import argparse

from sasd_mmpose.errors import install_excepthook

from .. import SyntheticPeople


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out', help='folder to write to')
    parser.add_argument('--num', type=int, default=200, help='of images')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument(
        '--size',
        type=int,
        nargs=2,
        default=(640, 640),
        metavar=('W', 'H'),
        help='in pixels')
    parser.add_argument(
        '--max-people', type=int, default=5, help='per image')
    return parser.parse_args()


def main() -> None:
    """Draw and write the set."""
    args = parse_args()
    dataset = SyntheticPeople(
        num_images=args.num,
        image_size=tuple(args.size),
        max_people=args.max_people,
        seed=args.seed,
        cache=0)
    print(f'\nwrote {dataset.export(args.out)}')


if __name__ == '__main__':
    install_excepthook()
    main()
