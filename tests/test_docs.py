"""README and docs: what they name is there; how they become a site."""
from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType, SimpleNamespace

import cv2
import numpy as np
import pytest

from sasd_mmpose import PoseEstimator
from sasd_mmpose.cli.main import build_parser

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / 'README.md', ROOT / 'CONTRIBUTING.md',
                 *ROOT.glob('docs/**/*.md'), *ROOT.glob('projects/*/README.md')))
FOLDERS = 'configs|docs|projects|requirements|results|sasd_mmpose|tests|tools|weights'
PATH = re.compile(rf'(?<![\w/.-])(?:{FOLDERS})/[\w./-]+')
# Files of the reader's own in examples, and what builds and commands write.
OTHERS = re.compile(
    r'configs/(mine|cats)\.py|projects/\w+/build/|(results|docs)/training_cost\.')


def load(name: str) -> ModuleType:
    """Import a module of docs/site, which is no package."""
    spec = importlib.util.spec_from_file_location(
        f'docs_site_{name}', ROOT / 'docs/site' / f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def code_of(document: str) -> str:
    """Return the code of a document, in blocks and in lines."""
    text = (ROOT / document).read_text()
    blocks = re.findall(r'^ *```\w*\n(.*?)^ *```$', text, re.DOTALL | re.MULTILINE)
    lines = re.findall(r'`([^`\n]+)`', text)
    return '\n'.join(blocks + lines)


@pytest.mark.parametrize('document', DOCUMENTS)
def test_paths_in_code_exist(document: str):
    """Placeholders are in capitals, and patterns in braces or stars."""
    code = code_of(document)
    missing = []
    for match in PATH.finditer(code):
        path, following = match[0].rstrip('.'), code[match.end():match.end() + 1]
        if OTHERS.match(path) or (
                re.search('[A-Z]{3}', path) and not path.endswith('README.md')):
            continue
        if following in tuple('*{'):
            path = path.rpartition('/')[0]
        folders = ROOT, (ROOT / document).parent
        if not any((folder / path).exists() for folder in folders):
            missing.append(path)
    assert not missing


@pytest.mark.parametrize('document', DOCUMENTS)
def test_modules_in_code_exist(document: str):
    for name in re.findall(r'python -m ((?:projects|sasd_mmpose)[\w.]*)',
                           code_of(document)):
        if name.endswith('NAME'):
            continue
        found = importlib.util.find_spec(name)
        assert found is not None, name
        if found.submodule_search_locations is not None:
            assert importlib.util.find_spec(f'{name}.__main__'), name


@pytest.mark.parametrize('document', DOCUMENTS)
def test_sasd_takes_the_commands_of_the_documents(document: str):
    parser = build_parser()
    code = code_of(document).replace('\\\n', ' ')
    for line in re.findall(r'^sasd .*', code, re.MULTILINE):
        arguments = shlex.split(line, comments=True)[1:]
        if arguments[0].startswith('-'):
            continue
        if len(arguments) == 1:  # the name of a command, in a sentence
            arguments.append('--help')
        with pytest.raises(SystemExit) if '--help' in arguments else nullcontext(
        ) as ended:
            parser.parse_args(arguments)
        assert ended is None or ended.value.code == 0, line


def test_python_blocks_compile():
    blocks = [
        (document, block) for document in DOCUMENTS for block in re.findall(
            r'^( *)```python\n(.*?)^\1```$', (ROOT / document).read_text(),
            re.DOTALL | re.MULTILINE)]
    assert len(blocks) > 5
    for document, (indent, block) in blocks:
        code = re.sub(rf'^{indent}', '', block, flags=re.MULTILINE)
        compile(code, document, 'exec')


def test_the_example_is_what_the_published_net_finds():
    """Otherwise: python docs/figures/draw_example.py."""
    figures = ROOT / 'docs/figures'
    shown = cv2.imread(str(figures / 'example.jpg')).astype(int)
    drawn = PoseEstimator()(figures / 'astronaut.jpg').draw()
    different = np.abs(shown - drawn).max(axis=2) > 64
    assert different.mean() < 1e-3
    bare = cv2.imread(str(figures / 'astronaut.jpg'))
    assert (np.abs(shown - bare).max(axis=2) > 64).mean() > 1e-2


@pytest.mark.parametrize(('origin', 'before', 'after'), [
    ('docs/a.md', '[b](b.md#part)', '[b](b.md#part)'),
    ('docs/api/a.md', '[b](../b.md)', '[b](../b.md)'),
    ('README.md', '[b](docs/b.md)', '[b](b.md)'),
    ('README.md', '![b](docs/figures/b.png)', '![b](figures/b.png)'),
    ('README.md', '[c](LICENSE)', '[c](LICENSE)'),
    ('docs/a.md', '[home](../README.md#models)', '[home](index.md#models)'),
    ('docs/api/a.md', '[c](../../CHANGELOG.md)', '[c](../changelog.md)'),
    ('docs/a.md', '[c](../configs/sasd_xs_coco.py)',
     '[c](configs/sasd_xs_coco.py)'),
    ('docs/a.md', '[p](../projects/litepose)', '[p](projects/litepose.md)'),
    ('docs/a.md', 'a [folder](../results) here', 'a folder here'),
    ('projects/litepose/README.md', '[h](../../docs/b.md)', '[h](../b.md)'),
    ('docs/a.md', '[far](https://example.org/a.md)',
     '[far](https://example.org/a.md)'),
    ('docs/a.md', '```\n[c](../results)\n```', '```\n[c](../results)\n```'),
])
def test_links_move_into_the_site(origin: str, before: str, after: str):
    assert load('hooks').move_links(before, origin) == after


def test_linked_files_are_those_outside_docs():
    text = '[a](b.md) [b](../README.md) [c](../LICENSE) [d](../results) [e](x:y)'
    assert list(load('hooks').linked_files(text, 'docs/a.md')) == ['LICENSE']


def test_docstrings_become_markdown(monkeypatch):
    monkeypatch.setitem(sys.modules, 'griffe', SimpleNamespace(Extension=object))
    before = ('Title.\n\n::\n\n    code\n\n'
              'The level :math:`P_i` of :class:`~a.B`, as in::\n\n    code\n\n'
              '.. math::\n    a + b\n    = c\n\nEnd.')
    after = ('Title.\n\n\n\n    code\n\n'
             'The level \\(P_i\\) of `a.B`, as in:\n\n    code\n\n'
             '\\[\na + b\n= c\n\\]\n\nEnd.')
    assert load('docstrings').to_markdown(before) == after
