r"""
Make a pattern that is written for plain text match the same text within JSON, at any depth.

Redaction reads payloads without undoing their escapes: `"` may be written `\"` or `\\\"`, `/` as
`\/`, and a word may begin after `\n` or `%20`, where RE2 sees no word boundary. `raw_pattern`
rewrites these places of a pattern, and leaves everything else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

_BOUNDARY: Final = (
    r"(?:\b|\\(?:[nrtbf]|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})|%[0-9a-fA-F]{2}|\[[0-9;]{0,12}m)"
)
_LEAD: Final = re.compile(
    rb"\\(?:[nrtbf]|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})|%[0-9a-fA-F]{2}|\[[0-9;]{0,12}m"
)
_FLAGS: Final = re.compile(r"\(\?[imsU]+\)")
_CLASS: Final = re.compile(r"\[(\^?)\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]", re.DOTALL)
_QUOTES: Final = "\"'"
_HEAD: Final = re.compile(
    r"\(\?:(?:[\w.$-]|\\[.$])+(?:\|(?:[\w.$-]|\\[.$])+)*\)|\[[A-Za-z]{2,5}\]|\\[.$]|[\w:-]"
)
_MOST_HEADS: Final = 32
_MAX_PROGRAM_BYTES: Final = 64 << 20


class RawPattern(NamedTuple):
    """A pattern for texts whose escapes are not undone."""

    text: str
    """The pattern, RE2."""
    has_lead: bool
    """Whether a match may begin with the escape before the token; `lead` measures it."""


def raw_pattern(pattern: str) -> RawPattern:
    r"""
    Rewrite a pattern for texts whose escapes are not undone.

    Args:
        pattern: RE2, for plain text.

    Returns:
        The pattern that also matches quotes, slashes and white space in their escapes, and that
        takes an escape for a word boundary where the pattern begins with `\b`.
    """
    flags = _FLAGS.match(pattern)
    place = flags.end() if flags else 0
    parts = [pattern[:place]]
    has_lead = pattern.startswith(r"\b", place)
    if has_lead:
        parts.append(_BOUNDARY)
        place += 2
    while place < len(pattern):
        end, part = _rewritten(pattern, place)
        parts.append(part)
        place = end
    return RawPattern("".join(parts), has_lead)


def lead(text: bytes, start: int, end: int) -> int:
    r"""
    Measure the escape with which a match begins.

    Args:
        text: The text.
        start: Where the match starts.
        end: Where the match ends.

    Returns:
        The length of `\n`, `%20` and the like; 0 if the match begins with the token.
    """
    found = _LEAD.match(text, start, end)
    return found.end() - start if found else 0


def literal_heads(pattern: str) -> tuple[bytes, ...]:
    r"""
    Read from a pattern how its matches begin.

    Args:
        pattern: RE2, for plain text.

    Returns:
        Texts with one of which each match begins, after `\b`; empty if the pattern doesn't say.
    """
    if not pattern.startswith(r"\b"):
        return ()
    heads, place = [""], 2
    while place < len(pattern) and len(heads) < _MOST_HEADS:
        found = _HEAD.match(pattern, place)
        if found is None or pattern[found.end() : found.end() + 1] in set("?*{+"):
            break
        choices = _choices(found[0])
        heads = [head + choice for head in heads for choice in choices]
        place = found.end()
    return tuple(head.encode() for head in heads) if all(heads) else ()


def _choices(part: str) -> list[str]:
    if part.startswith("(?:"):
        return part[3:-1].replace("\\", "").split("|")
    return list(part[1:-1]) if part[0] == "[" else [part.removeprefix("\\")]


def compiled(pattern: str, *, captures: bool = False) -> Any:
    """
    Compile a pattern for bytes.

    Args:
        pattern: RE2.
        captures: Whether matches have groups.

    Returns:
        The compiled pattern.

    Raises:
        ValueError: RE2 refuses the pattern; the message is RE2's.
    """
    re2 = _re2()
    try:
        return re2.compile(pattern.encode(), _options(captures=captures))
    except re2.error as error:
        reason = error.args[0] if error.args else "unknown"
        raise ValueError(reason.decode() if isinstance(reason, bytes) else str(reason)) from error


def compiled_set(patterns: Sequence[str]) -> Any:
    """
    Compile patterns so that one search says which of them match at the beginning of a text.

    Args:
        patterns: RE2, each accepted by `compiled`.

    Returns:
        An `re2.Set`; its `Match` returns the numbers of the patterns.
    """
    made = _re2().Set.MatchSet(_options(captures=False))
    for pattern in patterns:
        made.Add(pattern.encode())
    made.Compile()
    return made


def _re2() -> Any:
    # Only a payload that may hold a token pays for RE2's import.
    import re2  # type: ignore[import-untyped]  # noqa: PLC0415 - and has no stubs

    return re2


def _options(*, captures: bool) -> Any:
    options = _re2().Options()
    # Bytes of the text are matched one by one, whatever their encoding is.
    options.encoding = options.Encoding.LATIN1
    options.max_mem = _MAX_PROGRAM_BYTES
    options.never_capture = not captures
    options.log_errors = False
    return options


def _rewritten(pattern: str, place: int) -> tuple[int, str]:
    character = pattern[place]
    if character == "[":
        found = _CLASS.match(pattern, place)
        if found is not None:
            return found.end(), found[0] if found[1] else _with_escapes(found[0])
    if character == "\\" and place + 1 < len(pattern):
        escape = pattern[place : place + 2]
        if escape == r"\s":
            return place + 2, r"(?:\s|\\+[nrt])"
        return place + 2, _literal(escape[1]) or escape
    return place + 1, _literal(character) or character


def _literal(character: str) -> str:
    return rf"(?:\\*{character})" if character in _QUOTES + "/" else ""


def _with_escapes(group: str) -> str:
    escaped = "/" if "/" in group else ""
    escaped += "".join(quote for quote in _QUOTES if quote in group)
    if r"\s" in group or r"\n" in group:
        escaped += "nrt"
    return rf"(?:{group}|\\+[{escaped}])" if escaped else group
