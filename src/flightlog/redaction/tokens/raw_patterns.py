r"""
Make a pattern that is written for plain text match the same text within JSON, at any depth.

Redaction reads payloads without undoing their escapes: `"` may be written `\"` or `\\\"`, `/` as
`\/`, and a word may begin after `\n` or `%20`, where RE2 sees no word boundary. `raw_pattern`
rewrites these places of a pattern, and leaves everything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from flightlog.redaction.patterns import Pattern

LEAD: Final = r"\\(?:[nrtbf]|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})|%[0-9a-fA-F]{2}|\[[0-9;]{0,12}m"
"""An escape before a word, which ends the word before."""
_FLAGS: Final = re.compile(r"\(\?[imsU]+\)")
_CLASS: Final = re.compile(r"\[(\^?)\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]", re.DOTALL)
_QUOTES: Final = "\"'"
_ITEM: Final = re.compile(
    r"\((?:\?i?:)(?P<group>(?:[\w.$ -]|\\[.$])+(?:\|(?:[\w.$ -]|\\[.$])+)*)\)(?![?*+{])"
    r"|\(?(?P<class>\[[^\]\\^]+\]|\[\\w[^\]\\]*\]|\\[wd])"
    r"(?:\{(?P<least>[0-9]+)(?:,[0-9]*)?\}|\+|(?![?*{]))"
    r"|(?:\\[.$|{}]|[\w:@/-])(?![?*+{])"
)
_SHORT_CLASS: Final = re.compile(r"\[[A-Za-z]{2,8}\]")
_MOST_HEADS: Final = 1024
_MOST_REPEATED: Final = 6
_SHORTEST_HEAD: Final = 3
_ENOUGH: Final = f"{{{_MOST_REPEATED}}}"
_MAX_PROGRAM_BYTES: Final = 64 << 20


class RawPattern(NamedTuple):
    """A pattern for texts whose escapes are not undone."""

    text: str
    """The pattern, RE2."""
    has_lead: bool
    """Whether a match may begin with the escape before the token."""


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
        parts.append(rf"(?:\b|{LEAD})")
        place += 2
    while place < len(pattern):
        end, part = _rewritten(pattern, place)
        parts.append(part)
        place = end
    return RawPattern("".join(parts), has_lead)


class Beginning(NamedTuple):
    """How the matches of a pattern begin."""

    text: str
    """A pattern of a few bytes, RE2: each match begins so; empty if only the keywords say how."""
    heads: tuple[bytes, ...]
    """Texts with one of which each match begins, in small letters."""
    is_word: bool
    """Whether a match begins where a word does."""
    rest: str = ""
    """What follows a head; empty unless the heads' case is free."""


def beginning(pattern: str, keywords: Iterable[str]) -> Beginning | None:
    r"""
    Read from a pattern how its matches begin.

    Args:
        pattern: RE2, for plain text.
        keywords: Texts of which one stands in each match, in small letters.

    Returns:
        The beginning, without a leading `\b`; None if matches don't begin with literal text.
    """
    is_word = pattern.startswith(r"\b")
    place, heads, parts = 2 * is_word, [""], []
    if pattern.startswith("(?i:", place):
        names = _ITEM.match(pattern, place)
        if names is None:
            return None
        heads = _choices(names)
        folded = tuple(head.lower().encode() for head in heads)
        return Beginning("", folded, is_word, pattern[names.end() :])
    while (item := _ITEM.match(pattern, place)) and len(heads) < _MOST_HEADS:
        place = item.end()
        choices = _choices(item)
        if not choices:
            least = int(item["least"] or 1)
            if not least:
                break
            parts.append(f"{_rewritten(item['class'], 0)[1]}{{{min(least, _MOST_REPEATED)}}}")
            break
        parts.append(_literal(item[0]) or item[0])
        heads = [head + choice for head in heads for choice in choices]
    text = "".join(parts)
    least = 2 if text.endswith(_ENOUGH) else _SHORTEST_HEAD
    if not text.endswith("}") or min(map(len, heads)) < least:
        begun = {k: h for k in keywords for h in heads if h and k.startswith(h.lower())}
        if len(begun) == len(set(keywords)):
            # Many words begin as the matches do; the keywords say more.
            heads = list(begun)
            text = "|".join(_with_head(head, keyword) for keyword, head in begun.items())
    if min(map(len, heads)) < least:
        return None
    return Beginning(text, tuple(head.lower().encode() for head in heads), is_word)


def _with_head(head: str, keyword: str) -> str:
    rest = keyword_pattern(keyword[len(head) :])
    return f"{re.escape(head)}(?i:{rest})" if rest else re.escape(head)


def keyword_pattern(keyword: str) -> str:
    """
    Write a pattern for a keyword, in which a digit stands for any digit.

    Args:
        keyword: The keyword, in small letters.

    Returns:
        The pattern, RE2.
    """
    return re.sub("[0-9]", "[0-9]", re.escape(keyword)).replace("/", _literal("/"))


def _choices(item: re.Match[str]) -> list[str]:
    """List the texts that a part of a pattern matches; none where they are too many."""
    if item["class"]:
        is_short = not item["least"] and _SHORT_CLASS.fullmatch(item["class"])
        return list(item["class"][1:-1]) if is_short else []
    if item["group"]:
        return item["group"].replace("\\", "").split("|")
    return [item[0].removeprefix("\\")]


def compiled(pattern: str, *, captures: bool = False) -> Pattern:
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
    return Pattern(pattern.encode(), captures=captures, max_memory=_MAX_PROGRAM_BYTES)


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
    return rf"(?:\\*{character})" if character in {*_QUOTES, "/"} else ""


def _with_escapes(group: str) -> str:
    escaped = "/" if "/" in group else ""
    escaped += "".join(quote for quote in _QUOTES if quote in group)
    if r"\s" in group or r"\n" in group:
        escaped += "nrt"
    return rf"(?:{group}|\\+[{escaped}])" if escaped else group
