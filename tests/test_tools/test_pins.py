"""Set-up installs the pinned packages without asking what these require."""
from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PINNED = Path(__file__).resolve().parents[2] / 'requirements' / 'pinned'


def read(name: str) -> list[Requirement]:
    """Read a file of pins, those for other Pythons left out."""
    lines = (PINNED / f'{name}.txt').read_text().splitlines()
    found = [Requirement(line) for line in lines if line and line[0] != '#']
    return [pin for pin in found if pin.marker is None or pin.marker.evaluate()]


@pytest.mark.parametrize('name', ['build', 'base', 'deploy', 'dev'])
def test_what_a_pinned_package_requires_is_pinned_too(name):
    pinned = {canonicalize_name(pin.name): str(pin.specifier).removeprefix('==')
              for path in PINNED.glob('*.txt') for pin in read(path.stem)}
    for pin in read(name):
        for text in importlib.metadata.requires(pin.name) or ():
            wanted = Requirement(text)
            if wanted.marker is not None and not wanted.marker.evaluate(
                    {'extra': ''}):
                continue
            version = pinned.get(canonicalize_name(wanted.name))
            assert version is not None, f'{pin.name} requires {text}'
            assert version in wanted.specifier, (
                f'{pin.name} requires {text}, pinned is {version}')
