"""Tables in Markdown, for the documents that projects fill."""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out a table, its first column to the left.

    Columns are not padded: a new figure changes its own line alone.
    """
    lines = [header, ['---'] + ['---:'] * (len(header) - 1), *rows]
    return '\n'.join('| ' + ' | '.join(line) + ' |' for line in lines)


def fill_tables(text: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """Replace the tables of a document.

    Args:
        text (str): The document; a table stands between the comments
            ``<!-- table NAME -->`` and ``<!-- end NAME -->``.
        tables (Mapping): What makes each table, by name.

    Returns:
        str: The document with every table made anew.
    """
    for name, make in tables.items():
        pattern = rf'(<!-- table {name} -->\n).*?(<!-- end {name} -->)'
        text = re.sub(
            pattern, lambda m, make=make: f'{m[1]}\n{make()}\n\n{m[2]}', text,
            flags=re.DOTALL)
    return text
