"""Patterns for plain text match the same text within JSON."""

from __future__ import annotations

import json

import pytest

from flightlog.redaction.tokens.raw_patterns import compiled, literal_heads, raw_pattern


@pytest.mark.parametrize(
    ("pattern", "plain"),
    [
        (r"https?://hooks\.example/\w+", "https://hooks.example/a1"),
        (r"[A-Za-z0-9+/]{9}=", "ab/+/9/xy="),
        (r'key["\s:=]{1,5}\d+', 'key": \n"77'),
        (r"key['\"\s=:]{0,5}x", "key='x"),
        (r'say "\w+"', 'say "word"'),
        (r"a\sb\/c", "a\nb/c"),
        (r"(?i)\bKEY[^\n]{0,9}[]/]z", "key 1 /z"),
    ],
)
@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("slash", ["/", "\\/"])
def test_a_pattern_matches_within_json(pattern: str, plain: str, depth: int, slash: str) -> None:
    """Quotes, slashes and line ends match in their escapes, at any depth."""
    text = plain
    for _ in range(depth):
        text = json.dumps(text)[1:-1]
        text = text.replace("/", slash)
    assert compiled(raw_pattern(pattern).text).search(text.encode()) is not None


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"\bghp_[a-z]{3}", (b"ghp_",)),
        (r"\b(?:ab|c\.)-x?", (b"ab-", b"c.-")),
        (r"\b[MNO][\w-]+", (b"M", b"N", b"O")),
        (r"\bSG\.[\w]{3}", (b"SG.",)),
        (r"\bdiscord(?:app)?\.com", (b"discord",)),
        (r"\bgl(?:a|b)-[x]", (b"gla-", b"glb-")),
        (r"ghp_", ()),
        (r"\b\d{3}", ()),
        (r"\b(?:\d|a)", ()),
    ],
)
def test_the_beginning_of_matches_is_read(pattern: str, expected: tuple[bytes, ...]) -> None:
    """Literal beginnings are read as far as the pattern has them."""
    assert literal_heads(pattern) == expected
