"""
Compile an expression to a search of the index: the executions that may match it.

The index gives candidates. A condition that the index can't narrow gives none, and then the whole
history is scanned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, TypeAlias

import apsw
from msgspec import Struct

from flightlog.query.expressions import (
    And,
    AnyOf,
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
from flightlog.store.results import IndexContent
from flightlog.store.sqlite.index_terms import (
    ALWAYS,
    PART_CHARACTERS,
    VERSION,
    is_identifier,
    list_number_terms,
    list_text_terms,
    split_words,
)
from flightlog.store.sqlite.queries import fetch_all, fetch_one

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


class _Terms(Struct, frozen=True):
    """All of some terms, in one table of the index."""

    table: Literal["search_words", "search_parts"]
    terms: tuple[str, ...]


class _All(Struct, frozen=True):
    """The executions that all choices have."""

    choices: tuple[_Choice, ...]


class _Any(Struct, frozen=True):
    """The executions that one of the choices has."""

    choices: tuple[_Choice, ...]


_Choice: TypeAlias = _Terms | _All | _Any


class Candidates(Struct, frozen=True):
    """A search of the index."""

    sql: str
    """Selects the ordinals of the executions that may match; it may repeat them."""
    bound: tuple[Any, ...]
    """The bound values."""

    def are_more_than(self, connection: apsw.Connection, number: int) -> bool:
        """
        Check whether there are more candidates than a number.

        Args:
            connection: Any connection.
            number: The number.

        Returns:
            True if there are more; candidates that the search repeats count each time.
        """
        sql = f"SELECT count(*) FROM ({self.sql} LIMIT ?)"
        row = fetch_one(connection, sql, (*self.bound, number + 1))
        return row is not None and row[0] > number

    def select_between(self, connection: apsw.Connection, low: int, high: int) -> set[int]:
        """
        List the candidates in a range.

        Args:
            connection: Any connection.
            low: The lowest ordinal.
            high: The highest ordinal.

        Returns:
            Their ordinals.
        """
        sql = f"SELECT ordinal FROM ({self.sql}) WHERE ordinal BETWEEN ? AND ?"
        return {row[0] for row in fetch_all(connection, sql, (*self.bound, low, high))}


def read_content(connection: apsw.Connection) -> IndexContent:
    """
    Read what the index holds.

    Args:
        connection: Any connection.

    Returns:
        The content.
    """
    row = fetch_one(connection, "SELECT content FROM search_settings")
    content: IndexContent = "off" if row is None else row[0]
    return content


def is_outdated(connection: apsw.Connection) -> bool:
    """
    Check whether the index has the terms of another version of Flightlog.

    Args:
        connection: Any connection.

    Returns:
        True if the index must be built anew, and can't be searched.
    """
    row = fetch_one(connection, "SELECT version FROM search_settings WHERE content <> 'off'")
    return row is not None and row[0] != VERSION


def find_candidates(expression: Expression, content: IndexContent) -> Candidates | None:
    """
    Compile an expression to a search of the index.

    Args:
        expression: The expression.
        content: The content of the index.

    Returns:
        The search; None if the index does not narrow the expression.
    """
    if content == "off":
        return None
    chosen = _Compiler(is_full=content == "full").compile(expression)
    if chosen is None:
        return None
    sql, bound = _write(_Any((chosen, _Terms("search_words", (ALWAYS,)))))
    return Candidates(f"{sql} UNION ALL SELECT ordinal FROM search_pending", bound)


class _Compiler:
    def __init__(self, *, is_full: bool) -> None:
        self._is_full = is_full

    def compile(self, expression: Expression) -> _Choice | None:
        if isinstance(expression, Condition):
            return self._condition(expression)
        if isinstance(expression, And):
            return _all(map(self.compile, expression.terms))
        if isinstance(expression, Or):
            return _any([self.compile(term) for term in expression.terms])
        return None

    def _condition(self, condition: Condition) -> _Choice | None:
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
        if found is None:
            # The value says nothing, but each name of the path is in the payload.
            return _words(word for name in names for word in split_words(name.casefold()))
        return found

    def _text(self, test: Test) -> _Choice | None:
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

    def _value(self, test: Test, name: str | None) -> _Choice | None:
        if isinstance(test, Exact):
            return self._exact(test, name)
        if isinstance(test, Fragment):
            return _all(self._leaf(*leaf) for leaf in _list_leaves(read_json(test.json.encode())))
        return self._part(test)

    def _exact(self, test: Exact, name: str | None) -> _Choice | None:
        text = self._leaf(name, test.text)
        if not test.is_literal or read_number(test.text) is None:
            return text
        return _any([text, self._leaf(name, Number(test.text))])

    def _leaf(self, name: str | None, value: Any) -> _Choice | None:
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

    def _part(self, test: Test) -> _Choice | None:
        if not self._is_full or not isinstance(test, Part | Pattern):
            return None
        folded = test.text.casefold()
        pieces = folded.split("*") if isinstance(test, Pattern) else [folded]
        runs = [run for piece in pieces for run in piece.split()]
        return _parts(run for run in runs if is_identifier(run))


def _column(test: Test) -> _Choice | None:
    if not isinstance(test, Exact | Part | Pattern):
        return None
    folded = test.text.casefold()
    return _parts(folded.split("*") if isinstance(test, Pattern) else [folded])


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


def _words(words: Iterable[str]) -> _Choice | None:
    longest = sorted(dict.fromkeys(words), key=len, reverse=True)[:_MOST_TERMS]
    return _Terms("search_words", tuple(longest)) if longest else None


def _parts(texts: Iterable[str]) -> _Choice | None:
    parts = dict.fromkeys(
        part
        for text in texts
        for start in range(len(text) - PART_CHARACTERS + 1)
        if "\0" not in (part := text[start : start + PART_CHARACTERS])
    )
    if not parts:
        return None
    some = list(parts)[:: max(1, len(parts) // _MOST_TERMS)]
    return _Terms("search_parts", tuple(some))


def _all(choices: Iterable[_Choice | None]) -> _Choice | None:
    known = [choice for choice in choices if choice is not None]
    if not known:
        return None
    return known[0] if len(known) == 1 else _All(tuple(known))


def _any(choices: Sequence[_Choice | None]) -> _Choice | None:
    known = [choice for choice in choices if choice is not None]
    if not known or len(known) < len(choices):
        return None
    return known[0] if len(known) == 1 else _Any(tuple(known))


def _write(choice: _Choice) -> tuple[str, tuple[Any, ...]]:
    pure = _match(choice)
    if pure is not None:
        table, match = pure
        return f"SELECT rowid AS ordinal FROM {table} WHERE {table} MATCH ?", (match,)
    assert not isinstance(choice, _Terms), "terms of one table are one match"
    parts = [_write(each) for each in _join_by_table(choice)]
    bound = tuple(value for _, values in parts for value in values)
    if isinstance(choice, _Any):
        return " UNION ALL ".join(f"SELECT ordinal FROM ({sql})" for sql, _ in parts), bound
    (first, _), *rest = parts
    more = " AND ".join(f"ordinal IN ({sql})" for sql, _ in rest)
    return f"SELECT ordinal FROM ({first}) WHERE {more}", bound


def _join_by_table(choice: _All | _Any) -> list[_Choice]:
    by_table: dict[str, list[_Choice]] = {}
    joined: list[_Choice] = []
    for each in choice.choices:
        pure = _match(each)
        if pure is None:
            joined.append(each)
        else:
            by_table.setdefault(pure[0], []).append(each)
    return [type(choice)(tuple(some)) for some in by_table.values()] + joined


def _match(choice: _Choice) -> tuple[str, str] | None:
    """Write a choice within one table as a query of FTS5."""
    if isinstance(choice, _Terms):
        quoted = (term.replace('"', '""') for term in choice.terms)
        return choice.table, " AND ".join(f'"{term}"' for term in quoted)
    matches = [_match(each) for each in choice.choices]
    known = [match for match in matches if match is not None]
    if len(known) < len(matches) or len({table for table, _ in known}) > 1:
        return None
    word = " AND " if isinstance(choice, _All) else " OR "
    return known[0][0], word.join(f"({match})" for _, match in known)
