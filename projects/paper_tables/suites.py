"""Which rows a table of experiments has, and where their results are."""
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from mmengine.config import Config

from sasd_mmpose.engine.config import load_config
from sasd_mmpose.errors import InputError

from .configs.rows import SUITES

FORMS = ('mini', 'full')
ROOT = Path(__file__).resolve().parents[2]
# The config that the rows of each form change.
BASES = dict(
    mini=Path(__file__).resolve().parent / 'configs' / 'mini.py',
    full=ROOT / 'configs' / 'sasd_xs_coco.py')


class Row(NamedTuple):
    """One row of a table.

    Attributes:
        name (str): Its name on the command line.
        title (str): What it is, in words.
        paper_ap (float | None): AP that the paper prints, in percent.
        overrides (Mapping): Changes to the config, as for ``--cfg-options``.
        remove (tuple[str, ...]): Dotted keys that the row's config lacks.
    """
    name: str
    title: str
    paper_ap: float | None = None
    overrides: Mapping = {}
    remove: tuple[str, ...] = ()

    def apply(self, cfg: Config) -> None:
        """Change a config, in place, into that of the row."""
        for key in self.remove:
            parent, _, name = key.rpartition('.')
            owner = cfg
            for part in parent.split('.') if parent else ():
                owner = owner[part]
            del owner[name]
        cfg.merge_from_dict(dict(self.overrides))


class Suite(NamedTuple):
    """A table of experiments.

    Attributes:
        name (str): Its name on the command line, such as ``table3``.
        title (str): What it compares.
        rows (tuple[Row, ...]): Its rows; the first is what others are
            compared with.
        root (Path): Folder with ``results``.
        bases (Mapping): Config that the rows change, by form.
    """
    name: str
    title: str
    rows: tuple[Row, ...]
    root: Path = ROOT
    bases: Mapping[str, Path] = BASES

    def config(self, row: Row, form: str) -> Config:
        """Make the config of a row."""
        cfg = load_config(self.bases[form])
        row.apply(cfg)
        return cfg

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


def read_suites(root: Path = ROOT) -> dict[str, Suite]:
    """Return all suites of ``configs/rows.py``, by name.

    Args:
        root (Path): Folder with ``results``.
    """
    return {
        name: Suite(name, suite['title'], tuple(
            Row(row, **entry) for row, entry in suite['rows'].items()), root)
        for name, suite in SUITES.items()
    }
