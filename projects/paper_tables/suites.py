"""Which rows a table of experiments has, and where things of theirs are."""
from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from sasd_mmpose.errors import InputError

FORMS = ('mini', 'full')


class Row(NamedTuple):
    """One row of a table.

    Attributes:
        name (str): Name of its config.
        title (str): What it is, in words.
        paper_ap (float | None): AP that the paper prints, in percent.
    """
    name: str
    title: str
    paper_ap: float | None


class Suite(NamedTuple):
    """A table of experiments.

    Attributes:
        name (str): Its name on the command line, such as ``table3``.
        title (str): What it compares.
        rows (tuple[Row, ...]): Its rows; the first is what others are
            compared with.
        root (Path): Folder of the project.
    """
    name: str
    title: str
    rows: tuple[Row, ...]
    root: Path

    def config_path(self, row: str, form: str) -> Path:
        """Return the config of a row."""
        folder = self.root / 'configs' / 'ablations'
        if form == 'mini':
            folder /= 'mini'
        return folder / self.name.replace('-', '_') / f'{row}.py'

    def result_folder(self, form: str) -> Path:
        """Return the folder with a json of each run."""
        return self.root / 'results' / 'experiments' / self.name / form

    def result_path(self, row: str, form: str, seed: int) -> Path:
        """Return the json of one run."""
        return self.result_folder(form) / f'{row}-seed{seed}.json'

    def select(self, names: list[str] | None) -> tuple[Row, ...]:
        """Return the rows with these names, or all.

        Raises:
            InputError: One of them is no row of this suite.
        """
        known = {row.name: row for row in self.rows}
        for name in names or ():
            if name not in known:
                raise InputError(f'{name}: no row of {self.name}; its rows are '
                                 f'{", ".join(known)}')
        return tuple(known[name] for name in names) if names else self.rows


def read_suites(root: Path) -> dict[str, Suite]:
    """Read all suites of the project.

    Args:
        root (Path): Folder of the project.

    Returns:
        dict[str, Suite]: By name.

    Raises:
        InputError: The file that lists them cannot be read.
    """
    path = root / 'configs' / 'ablations' / 'suites.json'
    try:
        suites = json.loads(path.read_text())['suites']
        return {
            name: Suite(name, suite['title'],
                        tuple(Row(**row) for row in suite['rows']), root)
            for name, suite in suites.items()
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f'{path}: not a list of suites that can be read; take '
                         'it from a fresh clone') from error
