"""Griffe extension: what the API reference makes of the sources."""
from __future__ import annotations

import re
import textwrap

import griffe

DIRECTIVE = re.compile(r'^( *)\.\. math::\n+((?:\1 +.*\n?|\n)+)', re.MULTILINE)


def to_markdown(text: str) -> str:
    r"""Turn Sphinx roles and formulas of a docstring into Markdown.

    ``:math:`x``` becomes ``\(x\)``, ``.. math::`` a block between ``\[`` and
    ``\]``, and any other role plain code.
    """
    text = DIRECTIVE.sub(
        lambda match: textwrap.indent(
            f'\\[\n{textwrap.dedent(match[2]).strip()}\n\\]\n\n', match[1]),
        text)
    text = re.sub(r':math:`([^`]+)`', r'\\(\1\\)', text)
    text = re.sub(r':\w+:`~?([^`]+)`', r'`\1`', text)
    # Alone on its line the mark of a code block stands for nothing.
    text = re.sub(r'^ *::$', '', text, flags=re.MULTILINE)
    return re.sub(r'::$', ':', text, flags=re.MULTILINE)


class Sources(griffe.Extension):
    """Converts docstrings, and shows each class in its own module only."""

    def on_object(self, *, obj: griffe.Object, **kwargs) -> None:
        """Convert the docstring of a module, class, function or attribute."""
        if obj.docstring is not None:
            obj.docstring.value = to_markdown(obj.docstring.value)

    def on_package(self, *, pkg: griffe.Module, **kwargs) -> None:
        """Forget what folders export from their modules."""
        folders = [pkg]
        while folders:
            module = folders.pop()
            folders += [part for part in module.modules.values()
                        if not part.is_alias]
            if module.is_init_module:
                module.exports = None
