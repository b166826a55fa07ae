"""Run command lines within the test's own process."""
from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from sasd_mmpose.cli.main import main

TOOLS = Path(__file__).parents[1] / 'tools'


def load_tool(name: str) -> ModuleType:
    """Import ``tools/<name>.py``, or a command of a project by its module."""
    if name.startswith('projects.'):
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(
        f'tool_{name}', TOOLS / f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def command(name: str, monkeypatch) -> Callable[..., int | None]:
    """Return a function that runs a tool with the arguments it is given.

    Args:
        name (str): Name of the tool, or module of a project's command.
        monkeypatch: pytest's fixture, which puts ``sys.argv`` back.

    Returns:
        Callable: Returns what the tool's ``main`` returns.
    """
    module = load_tool(name)

    def run(*args: object) -> int | None:
        monkeypatch.setattr(sys, 'argv', [name, *map(str, args)])
        return module.main()

    return run


def sasd(*args: object) -> int:
    """Run the command ``sasd`` with arguments; return its exit status."""
    return main([str(arg) for arg in args])
