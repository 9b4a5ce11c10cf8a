"""
Find tokens: one automaton finds keywords, and the packs of their rules read what is around them.

The time is linear in the length of any text: where keywords are dense, the packs read the text as
a whole, and no keyword costs more than its discovery.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ahocorasick_rs import BytesAhoCorasick, Implementation

from flightlog.redaction.tokens.packs import Pack, Token
from flightlog.redaction.tokens.raw_patterns import literal_heads
from flightlog.redaction.tokens.rule_files import TokenRule, chosen_rules

_FOLDED: Final = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ123456789", b"abcdefghijklmnopqrstuvwxyz000000000"
)
_IN_WORDS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_ESCAPES: Final = frozenset(b"\\%[")
_LONGEST_ESCAPE: Final = len(r"\u0070")
_PACK_RULES: Final = 32
_BEFORE_BYTES: Final = 160
"""The longest part of a match before its keyword."""
_AFTER_BYTES: Final = 320
"""A match is recognised within so many bytes after its keyword; it may be longer."""
_PIECE_BYTES: Final = 64 * 1024
_DENSE_BYTES: Final = 96
"""Keywords are dense if there is more than one for so many bytes."""
_UNRESERVED_BYTES: Final = 4096
_RESERVED_PER_BYTE: Final = 96
"""The most memory of the automaton for each byte: few keywords begin at one byte."""


class TokenRules:
    """
    Finds tokens in texts; safe to use from several threads.

    Args:
        entries: Files of further rules, and `off:ID` for each rule to leave out.

    Attributes:
        ids: The ids of the rules in force, by their number.
        beginnings: The keywords, in lower case with every digit a 0, and how tokens with a keyword
            begin; without beginnings the keyword may stand elsewhere in a token.
        runs_always: Whether a rule has no keywords, so that each text must be searched.

    Raises:
        InvalidSettingError: A file can't be read, a rule is invalid, or no rule has a given id.
    """

    def __init__(self, entries: Iterable[str] = ()) -> None:
        rules = chosen_rules(entries)
        self.ids: Sequence[str] = tuple(rule.id for rule in rules)
        numbered = list(enumerate(rules))
        with_keywords = [(number, rule) for number, rule in numbered if rule.keywords]
        without = [(number, rule) for number, rule in numbered if not rule.keywords]
        self._packs: list[Pack] = []
        selected: dict[bytes, list[tuple[int, TokenRule]]] = {}
        for first in range(0, len(with_keywords), _PACK_RULES):
            rules_of_pack = with_keywords[first : first + _PACK_RULES]
            for _, rule in rules_of_pack:
                for keyword in _spellings(rule):
                    selected.setdefault(keyword, []).append((len(self._packs), rule))
            self._packs.append(Pack(rules_of_pack))
        self._always = [Pack([rule]) for rule in without]
        self._selected = [tuple({pack for pack, _ in found}) for found in selected.values()]
        self._heads = [
            _heads(keyword, [rule for _, rule in found]) for keyword, found in selected.items()
        ]
        self.beginnings: Sequence[tuple[bytes, tuple[bytes, ...]]] = tuple(
            zip(selected, self._heads, strict=True)
        )
        self.runs_always = bool(self._always)
        self._longest_keyword = max(map(len, selected), default=0)
        self._automaton = BytesAhoCorasick(list(selected), implementation=Implementation.DFA)

    def find(self, text: bytes) -> list[int]:
        """
        Find tokens.

        Args:
            text: JSON or any other text, its escapes not undone.

        Returns:
            Start, end and rule number of each token, one after the other, sorted by start and
            without overlaps; the number is an index of `ids`.

        Raises:
            MemoryError: There is too little memory for the search.
        """
        found = [token for pack in self._always for token in pack.find(text, 0, len(text))]
        done = [0] * len(self._packs)
        for pack, start, end in self._regions(text):
            # A token of an earlier region may reach into this one.
            for token in self._packs[pack].find(text, max(start, done[pack]), end):
                found.append(token)
                done[pack] = token.end
        return _flat(found) if found else []

    def may_begin(self, text: bytes, start: int, number: int) -> bool:
        """
        Check whether a token may begin where its keyword stands; within a word most don't.

        Args:
            text: The text, its escapes not undone.
            start: Where the keyword starts.
            number: The keyword's number in `beginnings`.

        Returns:
            False if no token with this keyword begins there.
        """
        heads = self._heads[number]
        return not heads or _may_begin(text, start, heads)

    def _regions(self, text: bytes) -> Iterator[tuple[int, int, int]]:
        """Yield the packs to run, and the regions to run them in, in order for each pack."""
        folded = text.translate(_FOLDED)
        size = len(text)
        for first in range(0, size, _PIECE_BYTES):
            piece = folded
            if size > _PIECE_BYTES:
                piece = folded[first : first + _PIECE_BYTES + self._longest_keyword]
            hits = self._search(piece)
            if len(hits) > len(piece) // _DENSE_BYTES + 8:
                keywords = {keyword for keyword, _, _ in hits}
                start, end = max(0, first - _BEFORE_BYTES), first + _PIECE_BYTES + _AFTER_BYTES
                for pack in {pack for keyword in keywords for pack in self._selected[keyword]}:
                    yield pack, start, min(size, end)
            elif hits:
                yield from self._surroundings(text, first, hits)

    def _surroundings(
        self, text: bytes, first: int, hits: list[tuple[int, int, int]]
    ) -> Iterator[tuple[int, int, int]]:
        regions: dict[int, list[int]] = {}
        for keyword, place, _ in hits:
            start = first + place
            heads = self._heads[keyword]
            if heads and not _may_begin(text, start, heads):
                continue
            before, after = max(0, start - _BEFORE_BYTES), min(len(text), start + _AFTER_BYTES)
            for pack in self._selected[keyword]:
                known = regions.setdefault(pack, [before, after])
                if before <= known[-1]:
                    known[-1] = max(known[-1], after)
                else:
                    known += (before, after)
        for pack, known in regions.items():
            for start, end in zip(known[::2], known[1::2], strict=True):
                yield pack, start, end

    def _search(self, folded: bytes) -> list[tuple[int, int, int]]:
        if len(folded) > _UNRESERVED_BYTES and is_memory_limited():
            # Reserve the memory first, because the automaton aborts the process when it can't get
            # memory for its results.
            bytes(_RESERVED_PER_BYTE * len(folded))
        try:
            return self._automaton.find_matches_as_indexes(folded, overlapping=True)
        except BaseException as fault:
            # Rust panics when Python can't make a list, and the panic is no `Exception`.
            if type(fault).__module__ == "pyo3_runtime":
                raise MemoryError from fault
            raise


def is_memory_limited() -> bool:
    """
    Say whether the operating system may refuse memory to this process.

    Returns:
        Whether a limit on the process's memory is set; true where limits are unknown.
    """
    try:
        import resource  # noqa: PLC0415 - missing on Windows
    except ImportError:
        return True
    limits = (resource.RLIMIT_AS, resource.RLIMIT_DATA)
    return any(resource.getrlimit(limit)[0] != resource.RLIM_INFINITY for limit in limits)


def _spellings(rule: TokenRule) -> set[bytes]:
    folded = [keyword.encode().translate(_FOLDED) for keyword in rule.keywords]
    return {*folded, *(keyword.replace(b"/", rb"\/") for keyword in folded)}


def _heads(keyword: bytes, rules: Sequence[TokenRule]) -> tuple[bytes, ...]:
    """How tokens with this keyword begin; empty if the keyword may stand elsewhere in them."""
    heads: list[bytes] = []
    for rule in rules:
        begins = [
            head
            for head in literal_heads(rule.regex)
            if (folded := head.translate(_FOLDED)).startswith(keyword) or keyword.startswith(folded)
        ]
        if not begins:
            return ()
        heads += begins
    return tuple(heads)


def _may_begin(text: bytes, start: int, heads: tuple[bytes, ...]) -> bool:
    if not text.startswith(heads, start):
        return False
    before = text[max(0, start - _LONGEST_ESCAPE) : start]
    return not before or before[-1] not in _IN_WORDS or not _ESCAPES.isdisjoint(before)


def _flat(found: list[Token]) -> list[int]:
    found.sort()
    flat: list[int] = []
    for start, end, number in found:
        if flat and start < flat[-2]:
            # Tokens that overlap are one token; the first rule names it.
            flat[-2] = max(flat[-2], end)
        else:
            flat += (start, end, number)
    return flat
