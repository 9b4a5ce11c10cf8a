r"""
Credentials after an authentication scheme, and values that look as if they were secret.

RE2 finds them, in time linear in the text. Every alternative is a distinctive beginning and a run
of characters after it, so that a try that fails has looked at little and one that succeeds has
used up what it looked at. What an alternative can't say is checked afterwards.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final, NamedTuple


class Format(NamedTuple):
    """One family of secrets."""

    needles: str
    """Texts in lower case, with every digit a 0, one of which stands in each."""
    pattern: str
    """RE2, without what must stand before it."""


_FORMATS: Final = (
    Format("bearer", r"(?i:bearer)(?:[ \t:]|%20|\\[nt])+[\w.~+/%-]{8,}=*"),
    Format("digest username", r"(?i:digest)[ \t]+username=[^\r\n]{8,}"),
    Format("basic", r"(?i:basic)(?:[ \t]|%20|\\[nt])+[\w+/%-]{8,}=*"),
)

_DIGIT: Final = re.compile(rb"[0-9]")
_SCHEME: Final = re.compile(
    rb"(?i)(?:bearer|basic|bot|token|negotiate|apikey|api-key|key|jwt|genie-?key)"
    rb"(?:[ \t:]|%20|\\[nt])+"
)


def needles() -> dict[bytes, bool]:
    """
    What to look for.

    Returns:
        Texts, in lower case with every digit a 0, one of which stands in all that `find` finds;
        and whether it does so at the beginning, where a word begins.
    """
    found: dict[bytes, bool] = {}
    for known in _FORMATS:
        for needle in known.needles.split():
            found[needle.encode()] = True
    return found


def may_hold(json: bytes) -> bool:
    r"""Whether text, or JSON whose escapes aren't undone, may hold what `find` finds."""
    return _loose().search(json) is not None


def find(text: bytes) -> Iterator[tuple[int, int]]:
    """
    Find secrets by their looks.

    Args:
        text: With its escapes undone.

    Yields:
        Where each starts and ends; of `Bearer x` that is `x`.
    """
    for found in _strict().finditer(text):
        start, end = found.span()
        accepted = _accepted(text[start:end])
        if accepted:
            yield start + accepted[0], start + accepted[1]


def scheme_length(value: bytes) -> int:
    """How long the `Bearer ` is with which credentials begin; 0 where there is none."""
    found = _SCHEME.match(value)
    return found.end() if found and found.end() < len(value) else 0


def _accepted(found: bytes) -> tuple[int, int] | None:
    scheme = scheme_length(found)
    if not scheme:
        return 0, len(found)
    credentials = found[scheme:]
    if found[:1] in b"bB" and found[1:2] in b"aA" and not _is_basic(credentials):
        return None
    return (scheme, len(found)) if looks_random(credentials, 8) else None


def _is_basic(credentials: bytes) -> bool:
    digits = credentials.rstrip(b"=").replace(b"%3D", b"").replace(b"%3d", b"")
    try:
        said = base64.b64decode(digits[: len(digits) // 4 * 4] + b"", altchars=b"-_")
    except binascii.Error:
        return False
    return b":" in said or not said.isascii() or not said.isalpha()


_WORDLIKE: Final = re.compile(rb"[A-Z]?[a-z]+|[A-Z]+")
_UUID: Final = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_RANDOM: Final = re.compile(rb"[\w.~+/=%:-]+")
_CHOSEN: Final = (re.compile(rb"[A-Za-z]"), _DIGIT, re.compile(rb"[!#$%^&*+?~]"))
_SHORTEST_CHOSEN: Final = 6


def looks_random(value: bytes, shortest: int = 16) -> bool:
    """
    Whether a value looks as if a machine had drawn it.

    Args:
        value: One word.
        shortest: Nothing shorter does.
    """
    if len(value) < shortest or not _RANDOM.fullmatch(value) or _UUID.fullmatch(value):
        return False
    letters = sum(map(len, _WORDLIKE.findall(value)))
    has_digit = _DIGIT.search(value) is not None
    if not letters:
        return False
    mixed = value != value.lower() and value != value.upper()
    return has_digit or (mixed and len(_WORDLIKE.findall(value)) > len(value) / 5)


def looks_chosen(value: bytes) -> bool:
    """
    Whether a value looks as if a person had chosen it for a password: letters, digits and a sign.

    Args:
        value: One word.
    """
    return len(value) >= _SHORTEST_CHOSEN and all(part.search(value) for part in _CHOSEN)


@cache
def _strict() -> Any:
    return _compiled(
        lambda known: known.pattern if known.pattern[0] == "\\" else rf"\b{known.pattern}"
    )


@cache
def _loose() -> Any:
    return _compiled(lambda known: known.pattern)


def _compiled(write: Callable[[Format], str]) -> Any:
    # Only a payload that may hold a secret pays for RE2's import.
    import re2  # type: ignore[import-untyped]  # noqa: PLC0415 - and has no stubs

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = 64 << 20
    options.never_capture = True
    options.log_errors = False
    return re2.compile("|".join(map(write, _FORMATS)).encode("latin-1"), options)
