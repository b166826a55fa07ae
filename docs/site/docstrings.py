"""Griffe extension: the docstrings' Sphinx roles as Markdown."""
from __future__ import annotations

import re
import textwrap

import griffe

DIRECTIVE = re.compile(r'^( *)\.\. math::\n+((?:\1 +.*\n?|\n)+)', re.MULTILINE)


def to_markdown(text: str) -> str:
    r"""Turn roles and formulas of a docstring into Markdown.

    ``:math:`x``` becomes ``\(x\)``, ``.. math::`` a block between ``\[`` and
    ``\]``, and any other role plain code.
    """
    text = DIRECTIVE.sub(
        lambda match: textwrap.indent(
            f'\\[\n{textwrap.dedent(match[2]).strip()}\n\\]\n\n', match[1]),
        text)
    text = re.sub(r':math:`([^`]+)`', r'\\(\1\\)', text)
    text = re.sub(r':\w+:`~?([^`]+)`', r'`\1`', text)
    return re.sub(r'::$', ':', text, flags=re.MULTILINE)


class SphinxRoles(griffe.Extension):
    """Converts each docstring once it is read."""

    def on_object(self, *, obj: griffe.Object, **kwargs) -> None:
        """Convert the docstring of a module, class, function or attribute."""
        if obj.docstring is not None:
            obj.docstring.value = to_markdown(obj.docstring.value)
