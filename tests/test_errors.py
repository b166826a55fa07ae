"""Bad input ends with one line, whatever it was wrapped in; bugs do not."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.registry import Registry
from torch.utils.data import DataLoader, Dataset

from sasd_mmpose.errors import (
    InputError,
    find_input_error,
    install_excepthook,
    one_line,
)

LINE = 'photo.jpg: no such image; look again'
ROOT = Path(__file__).parents[1]


class Broken(Dataset):

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> torch.Tensor:
        raise InputError(LINE)


def caught(function) -> BaseException:
    with pytest.raises(Exception) as info:
        function()
    return info.value


def test_found_as_it_is():
    assert find_input_error(InputError(LINE)) == LINE


def test_found_inside_a_registry():
    registry = Registry('test')

    @registry.register_module()
    class Part:
        def __init__(self) -> None:
            raise InputError(LINE)

    @registry.register_module()
    class Whole:
        def __init__(self) -> None:
            registry.build(dict(type='Part'))

    error = caught(lambda: registry.build(dict(type='Whole')))
    assert find_input_error(error) == LINE


def test_found_inside_the_wrapping_of_older_registries():
    """They raise an error of the same type with the class before its text."""
    def build(depth: int) -> None:
        try:
            if depth == 0:
                raise InputError(LINE)
            build(depth - 1)
        except InputError as error:
            raise type(error)(f'class `Part` in part.py: {error}')  # noqa: B904

    error = caught(lambda: build(2))
    assert str(error) != LINE
    assert find_input_error(error) == LINE


@pytest.mark.parametrize('num_workers', [0, 1])
def test_found_in_what_a_loader_process_sends(num_workers):
    loader = DataLoader(Broken(), num_workers=num_workers)
    error = caught(lambda: list(loader))
    assert find_input_error(error) == LINE


def test_found_behind_other_errors():
    def fail():
        try:
            raise InputError(LINE)
        except InputError as error:
            raise ValueError('wrapped') from error

    assert find_input_error(caught(fail)) == LINE


def test_bugs_are_not_input_errors():
    assert find_input_error(ValueError('a bug')) is None
    assert find_input_error(None) is None


def run(code: str) -> subprocess.CompletedProcess:
    """Run a program that needs no more of the package than its errors."""
    preamble = (
        'import importlib.util\n'
        'spec = importlib.util.spec_from_file_location('
        f'"errors", {str(ROOT / "sasd_mmpose" / "errors.py")!r})\n'
        'errors = importlib.util.module_from_spec(spec)\n'
        'spec.loader.exec_module(errors)\n')
    return subprocess.run(
        [sys.executable, '-c', preamble + code], capture_output=True,
        text=True)


def test_a_program_ends_with_one_line_and_status_1():
    done = run('errors.install_excepthook()\n'
               f'raise errors.InputError({LINE!r})')
    assert done.returncode == 1
    assert done.stderr == f'error: {LINE}\n' and not done.stdout


def test_a_name_with_a_line_break_stays_on_one_line():
    done = run('errors.install_excepthook()\n'
               r'raise errors.InputError("a\nb\x1b[2J.jpg: broken")')
    assert done.stderr == 'error: a\\nb\\x1b[2J.jpg: broken\n'


def test_a_name_that_is_no_text_can_be_written_anywhere():
    """Such a name comes from Python itself; a log in UTF-8 takes none of it."""
    line = one_line('b\udce9b\u00e9.jpg: no such image')
    assert line == 'b\\udce9b\u00e9.jpg: no such image'


def test_a_bug_keeps_its_traceback():
    done = run('errors.install_excepthook()\nraise ValueError("a bug")')
    assert done.returncode == 1
    assert 'Traceback' in done.stderr and 'ValueError: a bug' in done.stderr


def test_the_hook_of_someone_else_is_left_alone(monkeypatch):
    def other(*args) -> None:
        pass

    monkeypatch.setattr(sys, 'excepthook', other)
    install_excepthook()
    assert sys.excepthook is other
