"""
Choose the terms of the search index that an expression's executions must have; see `index_terms`.

A store looks the terms up, which gives candidates. A condition that the index can't narrow gives
none, and then the whole history is scanned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from flightlog.query.expressions import (
    And,
    AnyOf,
    Between,
    Condition,
    Exact,
    Expression,
    Fragment,
    Or,
    Part,
    Pattern,
    Test,
)
from flightlog.query.operands import read_number
from flightlog.query.payloads import Number, read_json
from flightlog.store.index_ranges import list_range_terms
from flightlog.store.index_terms import (
    ALWAYS,
    PART_CHARACTERS,
    find_words,
    has_rare_word,
    is_identifier,
    list_number_terms,
    list_text_terms,
    split_words,
)
from flightlog.store.results import IndexContent

_MOST_TERMS: Final = 24
"""The terms of one text that are looked up; more terms hardly narrow the search."""
_CHECKED_WORDS: Final = 2
"""The words of a value that are looked up beside its hash."""
_MOST_CHOICES: Final = 100
_INDEXED_COLUMNS: Final = frozenset(
    ("id", "name", "workflow", "error", "error.type", "error.node", "node")
)
"""The fields of texts that the index has, besides payloads and tags."""
_LITERALS: Final = {True: "true", False: "false", None: "null"}


class Terms(Struct, frozen=True):
    """The executions that have all of some terms of one kind."""

    kind: Literal["words", "parts"]
    """Words and hashes, or parts."""
    terms: tuple[str, ...]
    """The terms."""
    are_beginnings: bool = False
    """Whether the executions have words that begin with the terms."""


class AllChoices(Struct, frozen=True):
    """The executions that all choices have."""

    choices: tuple[Choice, ...]
    """The choices."""


class AnyChoice(Struct, frozen=True):
    """The executions that one of the choices has."""

    choices: tuple[Choice, ...]
    """The choices."""


Choice: TypeAlias = Terms | AllChoices | AnyChoice
"""Executions by their terms."""


def choose_terms(
    expression: Expression, content: IndexContent, *, with_beginnings: bool = False
) -> Choice | None:
    """
    Choose the terms of the executions that an expression may choose.

    Args:
        expression: The expression.
        content: The content of the index.
        with_beginnings: Whether the store finds words by their beginnings.

    Returns:
        The terms; None if the index does not narrow the expression. Executions that are not
        indexed as they are now are candidates, too.
    """
    if content == "off":
        return None
    compiler = _Compiler(is_full=content == "full", with_beginnings=with_beginnings)
    chosen = compiler.compile(expression)
    return None if chosen is None else AnyChoice((chosen, Terms("words", (ALWAYS,))))


class _Compiler:
    def __init__(self, *, is_full: bool, with_beginnings: bool) -> None:
        self._is_full = is_full
        self._with_beginnings = with_beginnings

    def compile(self, expression: Expression) -> Choice | None:
        if isinstance(expression, Condition):
            return self._condition(expression)
        if isinstance(expression, And):
            return _all(map(self.compile, expression.terms))
        if isinstance(expression, Or):
            return _any([self.compile(term) for term in expression.terms])
        return None

    def _condition(self, condition: Condition) -> Choice | None:
        tests = condition.test.tests if isinstance(condition.test, AnyOf) else (condition.test,)
        if len(tests) > _MOST_CHOICES:
            return None
        if condition.field == "text":
            return _any([self._text(test) for test in tests])
        if condition.field == "tag":
            name = ".".join(map(str, condition.path)) or None
            return _any([self._value(test, name) for test in tests])
        if not condition.reads_payloads:
            is_indexed = condition.field in _INDEXED_COLUMNS
            return _any([_column(test) for test in tests]) if is_indexed else None
        names = [step for step in condition.path if isinstance(step, str)]
        found = _any([self._value(test, names[-1] if names else None) for test in tests])
        if names and self._is_full and isinstance(condition.test, Between):
            found = _range(names[-1], condition.test)
        if found is None:
            # The value says nothing, but each name of the path is in the payload.
            return _words(word for name in names for word in split_words(name.casefold()))
        return found

    def _text(self, test: Test) -> Choice | None:
        if isinstance(test, Exact):
            folded = test.text.casefold()
            words = split_words(folded)
            in_names = _parts([folded])
            if in_names is None and folded == "".join(words) and _are_single(words):
                in_names = _words(words)
            # An identifier stands in a payload with all its parts, which are rarer than its words.
            identifiers = _parts(filter(is_identifier, folded.split())) if self._is_full else None
            return _any([_all([_words(words), identifiers]), in_names])
        return self._part(test)

    def _value(self, test: Test, name: str | None) -> Choice | None:
        if isinstance(test, Exact):
            return self._exact(test, name)
        if isinstance(test, Fragment):
            return _all(self._leaf(*leaf) for leaf in _list_leaves(read_json(test.json.encode())))
        return self._part(test)

    def _exact(self, test: Exact, name: str | None) -> Choice | None:
        text = self._leaf(name, test.text)
        if not test.is_literal or read_number(test.text) is None:
            return text
        return _any([text, self._leaf(name, Number(test.text))])

    def _leaf(self, name: str | None, value: Any) -> Choice | None:
        if type(value) is Number:
            if read_number(value) is None:
                return None
            return _words(list_number_terms(name if self._is_full else None, value))
        folded = (value if isinstance(value, str) else _LITERALS[value]).casefold()
        if not self._is_full:
            return _words(split_words(folded))
        # A hash can be that of a frequent value, too. Few executions with that value also have
        # the words.
        longest = sorted(dict.fromkeys(split_words(folded)), key=len)[-_CHECKED_WORDS:]
        return _words([*list_text_terms(name, folded), *longest])

    def _part(self, test: Test) -> Choice | None:
        if not self._is_full or not isinstance(test, Part | Pattern):
            return None
        folded = test.text.casefold()
        pieces = folded.split("*") if isinstance(test, Pattern) else [folded]
        rare = _all(self._rare_words(piece) for piece in pieces)
        if rare is not None:
            # Parts of other texts of the execution say nothing beside such a word.
            return rare
        runs = [run for piece in pieces for run in piece.split()]
        return _parts(run for run in runs if is_identifier(run))

    def _rare_words(self, piece: str) -> Choice | None:
        """Choose the rare words of a piece; the text may go on before it and after it."""
        found: list[Choice] = []
        for start, end in find_words(piece):
            word = piece[start:end]
            if start == 0 or not has_rare_word(word):
                continue
            if end < len(piece):
                found.append(Terms("words", (word,)))
            elif self._with_beginnings:
                found.append(Terms("words", (word,), are_beginnings=True))
        return _all(found[:_CHECKED_WORDS])


def _column(test: Test) -> Choice | None:
    if not isinstance(test, Exact | Part | Pattern):
        return None
    folded = test.text.casefold()
    return _parts(folded.split("*") if isinstance(test, Pattern) else [folded])


def _range(name: str, wanted: Between) -> Choice | None:
    terms = list_range_terms(name, wanted)
    return None if terms is None else _any([_words([term]) for term in terms])


def _are_single(words: Sequence[str]) -> bool:
    return bool(words) and all(word >= "\u2e80" for word in words)


def _list_leaves(value: Any, name: str | None = None) -> Iterable[tuple[str | None, Any]]:
    if isinstance(value, dict):
        for inner_name, inner in value.items():
            yield from _list_leaves(inner, inner_name)
    elif isinstance(value, list):
        for inner in value:
            yield from _list_leaves(inner, name)
    else:
        yield name, value


def _words(words: Iterable[str]) -> Choice | None:
    longest = sorted(dict.fromkeys(words), key=len, reverse=True)[:_MOST_TERMS]
    return Terms("words", tuple(longest)) if longest else None


def _parts(texts: Iterable[str]) -> Choice | None:
    parts = dict.fromkeys(
        part
        for text in texts
        for start in range(len(text) - PART_CHARACTERS + 1)
        if "\0" not in (part := text[start : start + PART_CHARACTERS])
    )
    if not parts:
        return None
    some = list(parts)[:: max(1, len(parts) // _MOST_TERMS)]
    return Terms("parts", tuple(some))


def _all(choices: Iterable[Choice | None]) -> Choice | None:
    known = [choice for choice in choices if choice is not None]
    if not known:
        return None
    return known[0] if len(known) == 1 else AllChoices(tuple(known))


def _any(choices: Sequence[Choice | None]) -> Choice | None:
    known = [choice for choice in choices if choice is not None]
    if not known or len(known) < len(choices):
        return None
    return known[0] if len(known) == 1 else AnyChoice(tuple(known))
