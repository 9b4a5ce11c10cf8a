"""
What stands where a secret's value could stand, and is none: prose, literals, source code.

`password: must be at least 8 characters`, `token=None`, `api_key=settings.api_key`.
"""

from __future__ import annotations

import re
from typing import Final

from flightlog.redaction.vocabulary import LITERALS, PROSE

_WORD: Final = re.compile(rb"[A-Za-z']+")
_MASK: Final = re.compile(rb"(?:\*+|\.+|x+|X+|#+|-+|(?:\xe2\x80\xa2)+)")
PLACEHOLDER: Final = re.compile(
    rb"\?|<[^<>]{0,40}>|\{[a-z_.]{1,40}\}|\$\{\{?[\w .-]{1,80}\}?\}|\{\{[^{}]{1,80}\}\}"
    rb"|%(?:\(\w{1,40}\))?s"
    rb"|\$(?:[A-Z_][A-Z0-9_]{0,80}|[0-9]{1,2})\b"
)
"""What stands for a value that is put in later, or was taken out."""
_SOURCE: Final = re.compile(
    rb"(?:self|cls|args|config|settings|cfg|os|request|req|response|kwargs|env|options|opts|params)"
    rb"(?:\.[A-Za-z_]\w{0,60}){1,6}[(\[]?.{0,200}"
    rb"|[A-Za-z_][a-zA-Z_.]{0,60}[(\[](?:[^0-9].{0,200})?",
    re.DOTALL,
)
_SAME_AGAIN: Final = re.compile(
    rb"(?i)(?:\w{1,40}\.){0,6}_{0,2}(?:(?:api|access|secret|private|auth|user|new|old|db|the|my)_?)*"
    rb"(?:password|passwd|secret|token|key|credentials?|cookies?|auth|apikey)"
)


def is_prose(text: bytes) -> bool:
    """Whether a word or line is a sentence's, by the small words in it."""
    words = _WORD.findall(text.lower())
    return any(word.decode() in PROSE for word in words[:12])


def is_literal(value: bytes) -> bool:
    """Whether a value says that there is none, or shows a mask or a placeholder."""
    if len(value) > 4 * 40:
        return False
    lowered = value.lower().rstrip(b".,")
    return (
        not lowered
        or lowered.decode(errors="replace") in LITERALS
        or _MASK.fullmatch(value) is not None
        or PLACEHOLDER.fullmatch(value) is not None
    )


def is_reference(value: bytes, after: bytes) -> bool:
    """
    Whether an unquoted value is source code that names a secret rather than being one.

    Args:
        value: The value.
        after: The character after it.
    """
    head = value[: 4 * 64]
    if _SAME_AGAIN.fullmatch(head):
        return True
    return (
        _SOURCE.fullmatch(head) is not None
        and (after in {b"", b"\n", b"\r", b" ", b")", b",", b"]", b'"', b"'", b"}"})
        and (b"(" in head or b"[" in head or b"." in head)
    )
