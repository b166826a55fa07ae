"""The direction of imports: each part may use those before it, never after."""
from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Files and folders of the package, from the ground up.
ORDER = ('version', 'errors', 'paths', 'locking', 'findings', 'metainfo', 'environment',
         'images', 'compat', 'models', 'datasets', 'engine', 'visualization',
         'inference', 'evaluation', 'deploy', 'registration', 'cli')
PROJECTS = sorted(path.name for path in (ROOT / 'projects').iterdir()
                  if any(path.rglob('*.py')))


def imported(path: Path) -> Iterator[str]:
    """List the modules that a file imports, with their full names."""
    package = path.relative_to(ROOT).with_suffix('').parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else ()
            module = '.'.join((*base, *filter(None, [node.module])))
            yield from (f'{module}.{alias.name}' for alias in node.names)


def sources(folder: str) -> list[Path]:
    """List the Python files of a folder, tests and configs left out."""
    return [path for path in sorted((ROOT / folder).rglob('*.py'))
            if not {'tests', 'configs'} & set(path.relative_to(ROOT).parts)]


def test_every_part_has_its_place():
    parts = {path.stem if path.is_file() else path.name
             for path in (ROOT / 'sasd_mmpose').iterdir()
             if path.suffix == '.py' or (path / '__init__.py').is_file()}
    assert parts - {'__init__', '__main__'} <= set(ORDER)


@pytest.mark.parametrize('part', ORDER)
def test_a_part_imports_only_what_comes_before_it(part):
    before = ORDER[:ORDER.index(part) + 1]
    file = ROOT / 'sasd_mmpose' / f'{part}.py'
    for path in [file] if file.is_file() else sources(f'sasd_mmpose/{part}'):
        for module in imported(path):
            top, _, rest = module.partition('.')
            assert top != 'projects', f'{path}: the package imports a project'
            name = rest.split('.')[0]
            if top == 'sasd_mmpose' and name in ORDER:
                assert name in before, f'{path} imports {module}'


def test_projects_do_not_import_each_other_in_circles():
    graph = {name: {
        module.split('.')[1] for path in sources(f'projects/{name}')
        for module in imported(path) if module.startswith('projects.')
    } - {name} for name in PROJECTS}
    order = list(TopologicalSorter(graph).static_order())  # raises on a circle
    assert set(PROJECTS) <= set(order)
