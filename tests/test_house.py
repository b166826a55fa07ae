"""The direction of imports, each part after those it may use; and its size."""
from __future__ import annotations

import ast
import tokenize
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Files and folders of the package, from the ground up.
ORDER = ('version', 'errors', 'paths', 'locking', 'findings', 'metainfo', 'environment',
         'images', 'compat', 'models', 'datasets', 'engine', 'visualization',
         'inference', 'evaluation', 'deploy', 'registration', 'cli')
# Lines of code that the package stays under; see CONTRIBUTING.md.
MAX_LINES = 9000
# Tokens that alone make no line of code.
NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT,
           tokenize.DEDENT, tokenize.ENDMARKER}
DOCUMENTED = ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef
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


def lines_of_code(path: Path) -> int:
    """Count the lines of a file that are not blank, a comment or in a docstring."""
    lines = set()
    with tokenize.open(path) as file:
        for token in tokenize.generate_tokens(file.readline):
            if token.type not in NO_CODE:
                lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            text = node.body[0]
            lines.difference_update(range(text.lineno, text.end_lineno + 1))
    return len(lines)


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


def test_lines_of_code_are_counted_as_told(tmp_path: Path):
    path = tmp_path / 'counted.py'
    path.write_text('''"""A docstring
of two lines."""
import os  # 1

# A comment.
class A:  # 2
    """One."""
    text = """3
4
    """  # 5

    def f(self):  # 6
        """Two

        lines."""
        return os.path.join(  # 7
            # A comment within.

            'a', """b""")  # 8
''')
    assert lines_of_code(path) == 8


def test_the_package_stays_small():
    total = sum(map(lines_of_code, (ROOT / 'sasd_mmpose').rglob('*.py')))
    assert 0 < total < MAX_LINES
