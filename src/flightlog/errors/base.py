"""The base class of all errors, and the text of their messages."""

from __future__ import annotations

from typing import ClassVar


def escape_surrogates(text: str) -> str:
    """
    Escape the parts of a text that can't be encoded as UTF-8.

    Python represents a byte that is not UTF-8, for example in a file's name, as a lone surrogate.

    Args:
        text: Any text.

    Returns:
        The same text; each lone surrogate is replaced by a backslash escape.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text


class FlightlogError(Exception):
    """
    The base class of all errors of Flightlog.

    Attributes:
        code: Stable text that programs can rely on.
        retryable: Whether the same call, unchanged, may succeed later.
        message: The fault and the value at fault, without the hint.
        hint: One sentence on what the reader can do.
    """

    code: ClassVar[str] = "flightlog_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str) -> None:
        # A file's name may hold bytes that are not UTF-8. Escape them, because a message with such
        # a name could be neither logged nor sent.
        message, hint = escape_surrogates(message), escape_surrogates(hint)
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"
