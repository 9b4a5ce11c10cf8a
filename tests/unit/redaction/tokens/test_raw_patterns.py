"""Patterns for plain text match the same text within JSON."""

from __future__ import annotations

import json

import pytest

from flightlog.redaction.tokens.raw_patterns import beginning, compiled, raw_pattern


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
    assert compiled(raw_pattern(pattern).text).is_in(text.encode())


@pytest.mark.parametrize(
    ("pattern", "keyword", "text", "heads"),
    [
        (r"\bghp_[a-z]{9}", "ghp_", "ghp_[a-z]{6}", (b"ghp_",)),
        (r"\b(?:ab|c\.)-x?", "-", r"(?:ab|c\.)-", (b"ab-", b"c.-")),
        (r"\bgl(?:a|b)-[x]", "gl", r"gl(?:a|b)-[x]{1}", (b"gla-", b"glb-")),
        (r"\bAC[0-9a-f]{32}", "ac", "AC[0-9a-f]{6}", (b"ac",)),
        (r"\bA(?:K|\d)x", "akx1", "A(?i:kx[0-9])", (b"akx1",)),
        (r"\bapi/v1/([a-z]{20})/x", "api/", r"api(?:\\*/)v1(?:\\*/)[a-z]{6}", (b"api/v1/",)),
        (r"(?i:ab|cd)\w{3}", "ab", "", (b"ab", b"cd")),
    ],
)
def test_the_beginning_of_matches_is_read(
    pattern: str, keyword: str, text: str, heads: tuple[bytes, ...]
) -> None:
    """Literal text is read as far as the pattern has it; short text is completed by keywords."""
    begun = beginning(pattern, [keyword])
    assert begun is not None
    assert (begun.text, begun.heads) == (text, heads)


@pytest.mark.parametrize("pattern", [r"\b\d{3}-x", r"\b[0-9]x", r"(?i)\bkey", r"x+y", r"\be[a-z]+"])
def test_a_pattern_without_a_literal_beginning_has_none(pattern: str) -> None:
    """Such a rule is tried around its keywords."""
    assert beginning(pattern, ["-x"]) is None
