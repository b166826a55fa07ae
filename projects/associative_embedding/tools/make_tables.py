"""Write the tables of the READMEs of LitePose and HigherHRNet from results/.

With --measure, the sizes of the nets are counted anew first.
"""
from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path

from sasd_mmpose.errors import install_excepthook

from ...markdown import fill_tables, markdown

ROOT = Path(__file__).parents[3]
RESULTS = ROOT / 'results' / 'projects'
PROJECTS = ('litepose', 'higherhrnet')
# Counted there: everything grows exactly with the area of the input.
SMALL = 128
NONE = '–'


def measure(project: str) -> None:
    """Count parameters and MACs of a project's configs.

    Args:
        project (str): Its name.
    """
    from sasd_mmpose.engine.config import load_config
    from sasd_mmpose.models.complexity import model_complexity

    from ..runtime import AERuntime
    sizes = {}
    for name in read(f'{project}_quoted')['models']:
        cfg = load_config(config_path(project, name))
        counted = model_complexity(cfg.model, SMALL)
        per_pixel = counted.macs / SMALL**2
        nominal = cfg.input_size[0]
        width, height = AERuntime.from_config(cfg).input_size(640, 480)
        sizes[name] = dict(
            size=nominal, params=counted.params,
            macs=round(per_pixel * nominal**2), image=[width, height],
            macs_of_image=round(per_pixel * width * height))
    path = RESULTS / f'{project}_sizes.json'
    path.write_text(json.dumps(sizes, indent=2) + '\n')
    print(f'wrote {path.relative_to(ROOT)}')


def read(name: str) -> dict:
    """Read a result file of the projects."""
    return json.loads((RESULTS / f'{name}.json').read_text())


def config_path(project: str, name: str) -> Path:
    """Return the path of a config."""
    return ROOT / 'projects' / project / 'configs' / f'{name}.py'


def size_table(project: str) -> str:
    """Sizes as measured, and sizes and accuracy as quoted."""
    sizes = read(f'{project}_sizes')
    rows = []
    for name, said in read(f'{project}_quoted')['models'].items():
        counted = sizes[name]
        width, height = counted['image']
        rows.append([
            f'[{name}](configs/{name}.py)', str(counted['size']),
            f'{counted["params"] / 1e6:.3f} M', f'{counted["macs"] / 1e9:.2f} G',
            f'{counted["macs_of_image"] / 1e9:.2f} G ({width} x {height})',
            *(NONE if said[key] is None else f'{said[key]:g}'
              for key in ('params_m', 'macs_g', 'ap'))
        ])
    return markdown([
        'config', 'nominal size', 'parameters (measured)',
        'MACs of the square (measured)', 'MACs of a 4:3 image (measured)',
        'parameters in M (quoted)', 'MACs in G (quoted)', 'AP (quoted)'
    ], rows)


def overfit_table(project: str) -> str:
    """What the overfitting check reached."""
    rows = []
    # The shorter name, from scratch, before what goes on from it.
    for path in sorted(RESULTS.glob(f'{project}*_overfit.json'),
                       key=lambda path: len(path.name)):
        run = json.loads(path.read_text())
        rows.append([
            run['config'], run['images'], f'{run["size"]}',
            f'{run["steps"]}'
            + ('' if run.get('from_scratch', True) else ' more'),
            f'{run["cpu_seconds"]}', f'{run["metrics"]["coco/AP"]:.3f}'
        ])
    return markdown([
        'config', 'images', 'pixels', 'steps', 'CPU seconds', 'AP (measured)'
    ], rows)


TABLES = dict(sizes=size_table, overfit=overfit_table)


def fill(text: str, project: str) -> str:
    """Replace the tables of a project's README.

    Args:
        text (str): The README.
        project (str): Its name.

    Returns:
        str: The README with every table made anew.
    """
    return fill_tables(text, {
        name: partial(make, project) for name, make in TABLES.items()
    })


def main() -> None:
    """Measure where asked to, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--measure', action='store_true',
        help='count the sizes of the nets anew')
    args = parser.parse_args()
    for project in PROJECTS:
        if args.measure:
            measure(project)
        path = ROOT / 'projects' / project / 'README.md'
        path.write_text(fill(path.read_text(), project))
        print(f'wrote the tables of {path.relative_to(ROOT)}')


if __name__ == '__main__':
    install_excepthook()
    main()
