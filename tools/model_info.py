"""Print parameters and multiply-accumulates of a config's net."""
from __future__ import annotations

import argparse
import json
import logging

from mmengine.config import Config

import sasd_mmpose.registration  # noqa: F401, I001  (before mmpose)
from sasd_mmpose.engine.config import check_input_multiple, load_config
from sasd_mmpose.errors import install_excepthook
from sasd_mmpose.models.complexity import model_complexity


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--size', type=int,
        help="side of the square input in pixels; the config's by default")
    parser.add_argument(
        '--aux', action='store_true',
        help='what is trained, rather than what is deployed')
    parser.add_argument(
        '--json', action='store_true',
        help='one json object with the keys params, macs and size')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    # MMEngine logs to stdout, which is for the answer.
    logging.disable(logging.INFO)
    cfg: Config = load_config(args.config)
    size = args.size or cfg.input_size[0]
    check_input_multiple(size, cfg.model)
    info = model_complexity(cfg.model, size, args.aux)
    if args.json:
        print(json.dumps(info._asdict()))
        return
    what = 'trained' if args.aux else 'deployed'
    print(f'{args.config}, {what}, input {size} x {size}')
    print(f'  parameters {info.params / 1e6:8.3f} M')
    print(f'  MACs       {info.macs / 1e9:8.3f} G  (convolutions)')


if __name__ == '__main__':
    install_excepthook()
    main()
