"""One clear line for what a user can mend.

An :class:`InputError` names the file or key at fault and what to do. Commands
end with that one line and a non-zero exit status; a traceback is shown for
everything else, since everything else is a bug.
"""
from __future__ import annotations

import re
import sys
from types import TracebackType


class InputError(RuntimeError):
    """Bad input: its message is one line a user can act upon."""


def find_input_error(error: BaseException | None) -> str | None:
    """Return the original message of an :class:`InputError` in a chain.

    MMEngine's registries wrap what a constructor raises, and data loader
    workers send theirs as text; both hide the line that matters.

    Args:
        error (BaseException | None): The exception that reached the top.

    Returns:
        str | None: The innermost message, or None where nothing in the chain
        is an :class:`InputError`.
    """
    message = None
    while error is not None:
        if isinstance(error, InputError):
            message = str(error)
        error = error.__cause__ or error.__context__
    if message is None:
        return None
    # What a worker sends is its whole traceback, the message last.
    worker = re.findall(r'InputError: (.+)', message)
    return worker[-1] if worker else message


def one_line(text: str) -> str:
    """Escape control characters and bytes that are no text, as of files' names."""
    text = text.encode('utf-8', 'backslashreplace').decode()
    return re.sub(r'[\x00-\x1f\x7f]', lambda found: repr(found[0])[1:-1], text)


def _excepthook(kind: type[BaseException], error: BaseException,
                traceback: TracebackType | None) -> None:
    message = find_input_error(error)
    if message is None:
        sys.__excepthook__(kind, error, traceback)
    else:
        print(f'error: {one_line(message)}', file=sys.stderr)


def install_excepthook() -> None:
    """Let programs that import the package end with one line on bad input.

    A hook that someone else installed before is left alone. Python itself
    exits with status 1 after the hook, whichever it is.
    """
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _excepthook
