"""
Run many rules at once: a pack is one RE2 program, which reads a region of a text once.

A rule runs alone only where its pack has matched, so that the number of rules hardly changes the
time. Whether a match is a secret is decided here too: by its entropy and the rule's allowlists.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

from flightlog.redaction.tokens.raw_patterns import compiled, compiled_set, lead, raw_pattern
from flightlog.redaction.tokens.rule_files import Allowlist, TokenRule

_LONGEST_TOKEN: Final = 1024 * 1024
_LONGEST_CHECKED: Final = 4096
_LONGEST_ESCAPE: Final = len(r"\u0070")


class Token(NamedTuple):
    """A token in a text."""

    start: int
    """Where the token starts."""
    end: int
    """Where the token ends."""
    number: int
    """The number of the rule that found the token."""


class Pack:
    """
    Some rules.

    Args:
        rules: The rules, each with its number among all rules.
    """

    def __init__(self, rules: Sequence[tuple[int, TokenRule]]) -> None:
        self._rules = [_Rule(number, rule) for number, rule in rules]

    @cached_property
    def _pattern(self) -> Any:
        return compiled("|".join(f"(?:{rule.raw.text})" for rule in self._rules))

    @cached_property
    def _set(self) -> Any:
        return compiled_set([rule.raw.text for rule in self._rules])

    def find(self, text: bytes, start: int, end: int) -> Iterator[Token]:
        """
        Find the tokens of this pack in a region.

        Args:
            text: The text, its escapes not undone.
            start: Where the region starts.
            end: Where the region ends; a token that begins in the region may end after it.

        Yields:
            The tokens, in order, without overlaps.
        """
        while start < end:
            matched = self._pattern.search(text, start, end)
            if matched is None:
                return
            first, start = matched.span()
            for at in sorted(self._set.Match(text[first:start]) or ()):
                rule = self._rules[at]
                span, match_end = rule.secret(text, first, start, is_whole=start < end)
                start = max(start, match_end)
                if span is not None:
                    yield Token(span[0], span[1], rule.number)
                    break


class _Rule:
    def __init__(self, number: int, rule: TokenRule) -> None:
        self.number = number
        self._rule = rule
        self.raw = raw_pattern(rule.regex)

    @cached_property
    def _pattern(self) -> Any:
        return compiled(self.raw.text, captures=True)

    @cached_property
    def _has_groups(self) -> bool:
        return bool(self._pattern.groups)

    @cached_property
    def _allowed(self) -> list[tuple[Allowlist, list[Any]]]:
        return [
            (part, [compiled(pattern) for pattern in part.regexes])
            for part in self._rule.allowlists
        ]

    def secret(
        self, text: bytes, first: int, end: int, *, is_whole: bool
    ) -> tuple[tuple[int, int] | None, int]:
        """
        Find the secret of a match.

        Args:
            text: The text.
            first: Where the match of the pack starts.
            end: Where it ends.
            is_whole: Whether the match ended before its region.

        Returns:
            Where the secret is, None if it is no secret after all; and where the match ends.
        """
        start = first
        if not is_whole or self._has_groups:
            # Without the region's end, because a token may be longer than its region.
            match = self._pattern.match(text, first, first + _LONGEST_TOKEN)
            if match is None:
                return None, end
            end = match.end()
            start, secret_end = match.span(self._group(match)) if self._has_groups else (first, end)
        else:
            secret_end = end
        if self.raw.has_lead and start == first:
            start += lead(text, start, secret_end)
        start, secret_end = _within_escapes(text, start, secret_end)
        is_secret = start < secret_end and self._is_secret(text, start, secret_end, (first, end))
        return ((start, secret_end) if is_secret else None), end

    def _is_secret(self, text: bytes, start: int, end: int, match: tuple[int, int]) -> bool:
        secret = text[start : min(end, start + _LONGEST_CHECKED)]
        if self._rule.entropy and _entropy(secret) < self._rule.entropy:
            return False
        whole = text[match[0] : min(match[1], match[0] + _LONGEST_CHECKED)]
        return not any(_is_allowed(part, tests, secret, whole) for part, tests in self._allowed)

    def _group(self, match: Any) -> int:
        wanted = self._rule.secret_group
        if not wanted:
            wanted = next((at for at, group in enumerate(match.groups(), 1) if group), 0)
        return wanted if match.group(wanted) else 0


def _is_allowed(part: Allowlist, tests: Sequence[Any], secret: bytes, match: bytes) -> bool:
    target = secret if part.regex_target in {"", "secret"} else match
    results = []
    if tests:
        results.append(any(test.search(target) is not None for test in tests))
    if part.stopwords:
        lower = secret.lower()
        results.append(any(word.lower().encode() in lower for word in part.stopwords))
    return all(results) if part.needs_all else any(results)


def _entropy(secret: bytes) -> float:
    size = len(secret)
    return -sum(n / size * math.log2(n / size) for n in Counter(secret).values())


def _within_escapes(text: bytes, start: int, end: int) -> tuple[int, int]:
    # A span must not hold a quote or a part of an escape, because its removal would change the
    # meaning of what remains.
    if text.find(b"\\", start - 1 if start else 0, end) < 0 and text.find(b'"', start, end) < 0:
        return start, end
    if _is_escaped(text, start):
        start += 1
    quote = text.find(b'"', start, end)
    if quote >= 0:
        end = quote
    while end > start and text[end - 1 : end] == b"\\":
        end -= 1
    cut = text.rfind(b"\\u", max(start, end - _LONGEST_ESCAPE + 1), end)
    if cut >= 0 and _is_escaped(text, cut + 1):
        end = cut
    return start, end


def _is_escaped(text: bytes, place: int) -> bool:
    before = text[max(0, place - 64) : place]
    return (len(before) - len(before.rstrip(b"\\"))) % 2 == 1
