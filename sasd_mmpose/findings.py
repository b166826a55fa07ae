"""What a check found: how bad, where, and what to do about it.

A check lists everything it finds, so that a command can show all of it at
once; training ends with the first error.
"""
from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from mmengine.logging import print_log

from .errors import InputError, one_line


class Severity(str, Enum):
    """How bad a finding is."""
    ERROR = 'error'
    WARNING = 'warning'


class Finding(NamedTuple):
    """One thing that a check found.

    Attributes:
        severity (Severity): An error ends what was to be done; a warning says
            what is done about it.
        place (str): The record and key, such as ``annotations[17].bbox``.
        message (str): What is wrong, and what to do; one line.
        records (Sequence[int]): Places of all records that have it, in the
            section that the place names; empty where it is not about records.
    """
    severity: Severity
    place: str
    message: str
    records: Sequence[int] = ()

    def __str__(self) -> str:
        return f'{self.place}: {self.message}'


def error(place: str, message: str, records: Sequence[int] = ()) -> Finding:
    """Make an error."""
    return Finding(Severity.ERROR, place, message, records)


def warning(place: str, message: str, records: Sequence[int] = ()) -> Finding:
    """Make a warning."""
    return Finding(Severity.WARNING, place, message, records)


def errors_of(findings: Iterable[Finding]) -> list[Finding]:
    """Select the errors."""
    return [f for f in findings if f.severity is Severity.ERROR]


def raise_first_error(findings: Iterable[Finding], source: str) -> None:
    """Raise the first error as one line.

    Args:
        findings (Iterable[Finding]): What a check found.
        source (str): The file or key that was checked.

    Raises:
        InputError: There is an error.
    """
    for finding in errors_of(findings):
        raise InputError(f'{source}: {finding}')


def log_warnings(findings: Iterable[Finding], source: str) -> None:
    """Log each warning as one line.

    Args:
        findings (Iterable[Finding]): What a check found.
        source (str): The file or key that was checked.
    """
    for finding in findings:
        if finding.severity is Severity.WARNING:
            print_log(one_line(f'{source}: {finding}'), logger='current',
                      level=logging.WARNING)
