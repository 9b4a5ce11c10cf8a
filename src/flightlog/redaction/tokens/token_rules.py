"""
Find tokens: where a text looks as a token begins, the rules with that beginning are tried.

Only rules that are tried are compiled. Whether a match is a secret is decided here too: by its
entropy and the rule's allowlists.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Final, TypeAlias

from flightlog.redaction.anchors import searcher
from flightlog.redaction.patterns import Matcher, Pattern, Spans
from flightlog.redaction.tokens.raw_patterns import (
    LEAD,
    beginning,
    compiled,
    keyword_pattern,
    raw_pattern,
)
from flightlog.redaction.tokens.rule_files import Allowlist, TokenRule, chosen_rules

Token: TypeAlias = tuple[int, int, int]
"""Where a token starts and ends, and the number of its rule."""
Covered: TypeAlias = dict[int, tuple[int, int, int]]
"""By a rule's number: up to where its keywords were read, the bytes of the last reading, and the
end of its last token."""

_Tried: TypeAlias = "tuple[tuple[_Rule, tuple[bytes, ...]], ...]"
_FOLDED: Final = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ123456789", b"abcdefghijklmnopqrstuvwxyz000000000"
)
_LEAD: Final = re.compile(LEAD.encode())
_LEADS: Final = frozenset(b"\\%[")
_IN_WORDS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_HEAD_BYTES: Final = 3
_LONGEST_HEAD: Final = 32
_SHORT_NAME: Final = 3
_MOST_KNOWN: Final = 8192
_NOWHERE: Final = (0, 0, 0)
_LONG_REJECTED: Final = 256
_BEFORE_BYTES: Final = 160
"""The longest part of a match before its keyword."""
_AFTER_BYTES: Final = 480
"""A match is recognised within so many bytes; it may be longer."""
_LONGEST_TOKEN: Final = 1024 * 1024
_MOST_COVERED: Final = 64 * 1024
_LONGEST_CHECKED: Final = 4096
_LONGEST_ESCAPE: Final = len(r"\u0070")


class TokenRules:
    """
    Finds tokens in texts; safe to use from several threads.

    Args:
        entries: Files of further rules, and `off:ID` for each rule to leave out.

    Attributes:
        ids: The ids of the rules in force, by their number.
        pattern: RE2 for all places at which a token, or its keyword, may stand.
        always: The rules without keywords, which read each text.

    Raises:
        InvalidSettingError: A file can't be read, a rule is invalid, or no rule has a given id.
    """

    def __init__(self, entries: Iterable[str] = ()) -> None:
        rules = [_Rule(number, rule) for number, rule in enumerate(chosen_rules(entries))]
        self.ids: Sequence[str] = tuple(rule.id for rule in rules)
        self.always = [rule for rule in rules if not rule.keywords]
        self._by_head: dict[bytes, list[tuple[bytes, _Rule]]] = {}
        self._rules_with = lru_cache(_MOST_KNOWN)(self._find_rules)
        words: dict[str, None] = {}
        anywhere: dict[str, None] = {}
        for rule in rules:
            for head in rule.heads:
                self._by_head.setdefault(head[:_HEAD_BYTES], []).append((head, rule))
            (words if rule.begins_word else anywhere).update(dict.fromkeys(rule.beginnings()))
        self.pattern = (
            rf"(?:\b|{LEAD})(?:{'|'.join(words)})|{'|'.join(anywhere)}".encode()
            if words and anywhere
            else "|".join([*(rf"(?:\b|{LEAD})(?:{word})" for word in words), *anywhere]).encode()
        )

    def may_begin(self, first: bytes) -> bool:
        """
        Check whether a token, or a keyword of a rule, may begin with these three bytes.

        Args:
            first: The bytes.

        Returns:
            Whether one may.
        """
        return first[0] in _LEADS or bool(self._rules_with(first.translate(_FOLDED)))

    def look(self, text: bytes, start: int, covered: Covered) -> tuple[list[Token], int, bool]:
        """
        Find the tokens at a place, or around the keyword that stands there.

        Args:
            text: The text, its escapes not undone.
            start: The place.
            covered: What was read of the text before.

        Returns:
            The tokens; where to go on, 0 if nothing was found; and whether a rule was tried.
        """
        is_word = start == 0 or text[start - 1] not in _IN_WORDS
        if text[start] in _LEADS and (lead := _LEAD.match(text, start)):
            start, is_word = lead.end(), True
        ahead = text[start : start + _LONGEST_HEAD].translate(_FOLDED)
        found: list[Token] = []
        end, is_tried = 0, False
        for rule, heads in self._rules_with(ahead[:_HEAD_BYTES]):
            if not ahead.startswith(heads) or start < covered.get(rule.number, _NOWHERE)[0]:
                continue
            is_tried = True
            if not rule.is_headed:
                found += rule.around(text, start, covered)
            elif is_word or not rule.begins_word:
                token, end = rule.match(text, start, covered, heads)
                if token is not None:
                    return [token], end, True
        return found, max(end, max(found)[1] if found else 0), is_tried

    def find(self, text: bytes) -> list[Token]:
        """
        Find the tokens of a text, in order.

        Args:
            text: The text, its escapes not undone.

        Returns:
            The tokens.
        """
        found = [token for rule in self.always for token in rule.within(text, 0, len(text))]
        covered: Covered = {}
        search = searcher(self.pattern)
        start, _ = search(text, 0)
        while start >= 0:
            tokens, end, _ = self.look(text, start, covered)
            found += tokens
            start, _ = search(text, end if end > start else start + 1)
        return sorted(found)

    def _find_rules(self, begun: bytes) -> _Tried:
        tried: dict[_Rule, list[bytes]] = {}
        for length in range(1, len(begun) + 1):
            for head, rule in self._by_head.get(begun[:length], ()):
                tried.setdefault(rule, []).append(head)
        return tuple((rule, tuple(heads)) for rule, heads in tried.items())


class _Rule:
    """One rule, compiled when it is tried."""

    def __init__(self, number: int, rule: TokenRule) -> None:
        self.number = number
        self._rule = rule
        self.id = rule.id
        self.keywords = [keyword.encode().translate(_FOLDED) for keyword in rule.keywords]
        self._beginning = beginning(rule.regex, rule.keywords) if rule.keywords else None
        self._rest = self._beginning.rest if self._beginning else ""
        self.is_headed = self._beginning is not None
        self.begins_word = self._beginning is not None and self._beginning.is_word
        heads = self._beginning.heads if self._beginning else self.keywords
        # A slash may be escaped.
        folded = (head.translate(_FOLDED)[:_LONGEST_HEAD] for head in heads)
        self.heads = [head.partition(b"/")[0] or head for head in folded]

    def beginnings(self) -> Iterator[str]:
        """List patterns of how a token begins, or of its keywords."""
        if self._beginning and self._beginning.text:
            yield self._beginning.text
            return
        for keyword in self._rule.keywords:
            folded = keyword_pattern(keyword)
            if len(keyword) > _SHORT_NAME or not keyword.isalpha():
                yield f"(?i:{folded})"
            else:
                # Many words have a short name within them: it begins a word, or a part of one.
                yield rf"(?:\b|_)(?i:{folded})(?:[^a-z]|$)|[a-z0-9]{folded.title()}(?:[^a-z]|$)"

    @cached_property
    def _pattern(self) -> tuple[Matcher, bool]:
        """The search, and whether a match may begin with the escape before the token."""
        regex = self._rule.regex.removeprefix(r"\b" if self.begins_word else "")
        raw = raw_pattern(self._rest or regex)
        captures = compiled(raw.text, captures=True).group_count > 0
        search = compiled(raw.text, captures=captures).matcher(is_anchored=self.is_headed)
        return search, raw.has_lead

    @cached_property
    def _again(self) -> Matcher:
        raw = raw_pattern(self._rule.regex.removeprefix(r"\b" if self.begins_word else ""))
        return compiled(raw.text, captures=True).matcher(is_anchored=True)

    @cached_property
    def _allowed(self) -> list[tuple[Allowlist, list[Pattern]]]:
        return [(part, list(map(compiled, part.regexes))) for part in self._rule.allowlists]

    def match(
        self, text: bytes, start: int, covered: Covered, heads: Sequence[bytes]
    ) -> tuple[Token | None, int]:
        """
        Find the token that begins at a place, with one of some heads.

        Returns:
            The token, None if there is none; and where to go on, 0 if that isn't known.
        """
        end = min(start + _AFTER_BYTES, len(text))
        spans = (
            self._after_head(text, start, end, heads)
            if self._rest
            else self._pattern[0](text, start, end)
        )
        if spans[0][0] < 0:
            return None, 0
        if spans[0][1] - start <= _LONG_REJECTED or not self._is_monotonous(text, *spans[0]):
            spans = self._whole(text, spans, end)
            if token := self._token(text, spans):
                return token, token[1]
        # Text that is no secret after all isn't read again: else hostile text takes quadratic time.
        end = spans[0][1]
        covered[self.number] = (end, 0, end)
        return None, end if end - start > _LONG_REJECTED else 0

    def _after_head(self, text: bytes, start: int, end: int, heads: Sequence[bytes]) -> Spans:
        # An expression with hundreds of names takes long to find its groups.
        spans: Spans = ((-1, -1),)
        for head in heads:
            if text[start : start + len(head)].translate(_FOLDED) == head:
                spans = self._pattern[0](text, start + len(head), end)
                if spans[0][0] >= 0:
                    return ((start, spans[0][1]), *spans[1:])
        return spans

    def around(self, text: bytes, start: int, covered: Covered) -> Iterator[Token]:
        """Find the tokens around a keyword of this rule that stands at a place."""
        end, width, done = covered.get(self.number, _NOWHERE)
        # Where keywords are dense, more is read at once, so that each byte is read about once.
        width = min(2 * width, _MOST_COVERED) if start - end < width else _AFTER_BYTES
        end = start + width - _AFTER_BYTES + 1
        for token in self.within(text, max(0, start - _BEFORE_BYTES, done), start + width):
            done = token[1]
            yield token
        covered[self.number] = (end, width, done)

    def within(self, text: bytes, start: int, end: int) -> Iterator[Token]:
        """Find the tokens that begin in a part of a text."""
        end = min(end, len(text))
        while start < end and (spans := self._pattern[0](text, start, end))[0][0] >= 0:
            spans = self._whole(text, spans, end)
            start = max(spans[0][1], spans[0][0] + 1)
            if token := self._token(text, spans):
                yield token

    def _whole(self, text: bytes, spans: Spans, limit: int) -> Spans:
        """Match again where a token may be longer than the part that was read."""
        if spans[0][1] < limit or limit == len(text):
            return spans
        last = min(spans[0][0] + _LONGEST_TOKEN, len(text))
        longer = self._again(text, spans[0][0], last)
        return longer if longer[0][0] >= 0 else spans

    def _token(self, text: bytes, spans: Spans) -> Token | None:
        """Find the secret of a match; None if it is none after all."""
        start, end = spans[self._group(spans)]
        if self._pattern[1] and start == spans[0][0] and (lead := _LEAD.match(text, start, end)):
            start = lead.end()
        start, end = _within_escapes(text, start, end)
        is_secret = start < end and self._is_secret(text, start, end, spans[0])
        return (start, end, self.number) if is_secret else None

    def _is_monotonous(self, text: bytes, start: int, end: int) -> bool:
        secret = text[start : min(end, start + _LONGEST_CHECKED)]
        return bool(self._rule.entropy) and _entropy(secret) < self._rule.entropy

    def _group(self, spans: Spans) -> int:
        wanted = self._rule.secret_group
        if not wanted:
            wanted = next((at for at in range(1, len(spans)) if spans[at][0] < spans[at][1]), 0)
        return wanted if wanted < len(spans) and spans[wanted][0] < spans[wanted][1] else 0

    def _is_secret(self, text: bytes, start: int, end: int, match: tuple[int, int]) -> bool:
        if self._is_monotonous(text, start, end):
            return False
        secret = text[start : min(end, start + _LONGEST_CHECKED)]
        whole = text[match[0] : min(match[1], match[0] + _LONGEST_CHECKED)]
        return not any(_is_allowed(part, tests, secret, whole) for part, tests in self._allowed)


def _is_allowed(part: Allowlist, tests: Sequence[Pattern], secret: bytes, match: bytes) -> bool:
    target = secret if part.regex_target in {"", "secret"} else match
    results = []
    if tests:
        results.append(any(test.is_in(target) for test in tests))
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
