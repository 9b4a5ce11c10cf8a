"""
The one query of every store: which executions, in which order, from which place on.

`HistoryFilter` chooses executions for lists, summaries, counts and statistics. `ExecutionQuery`
adds the page.

A cursor is the text of a position in a list. Clients send it back, and every text that matches a
cursor's pattern is a usable cursor. A whole number is written as its digits, and a text as the
hexadecimal digits of its UTF-8; points separate the parts. The OpenAPI document describes the
pattern exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, Literal, Self, get_args

from msgspec import Struct
from msgspec.structs import asdict, replace

from flightlog.errors import InvalidQueryError
from flightlog.query.expressions import And, AnyOf, Between, Condition, Exact, Expression
from flightlog.record.model import ExecutionMode, ExecutionStatus

Order = Literal["newest", "oldest"]
MAX_IDS: Final = 500
"""The largest number of executions that a filter can name by their ids."""

_STARRED: Final = Condition("is", Exact("starred"))


class HistoryFilter(Struct, frozen=True, kw_only=True):
    """The executions to list or to count; each field narrows the result."""

    ids: tuple[str, ...] | None = None
    """Only these executions, at most `MAX_IDS`; None means all."""
    workflow_ids: tuple[str, ...] = ()
    """Only executions of these workflows; empty means all."""
    project_id: str | None = None
    """Only executions of this project."""
    statuses: tuple[ExecutionStatus, ...] = ()
    """Only executions with one of these statuses; empty means all."""
    execution_mode: ExecutionMode | None = None
    """Only executions with this mode."""
    trigger_type: str | None = None
    """Only executions that a trigger of this type started."""
    started_from: str | None = None
    """Canonical time; only executions that started at this time or later."""
    started_before: str | None = None
    """Canonical time; only executions that started before this time."""
    min_duration_ms: float | None = None
    """Only executions that took at least this time, milliseconds."""
    max_duration_ms: float | None = None
    """Only executions that took at most this time, milliseconds."""
    text: str | None = None
    """
    Part of the workflow's name or id, part of the error, or the start of the id; case is ignored.
    """
    node_id: str | None = None
    """Only executions that failed at this node."""
    starred: bool = False
    """Only executions that people have starred."""
    expression: Expression | None = None
    """Only executions that this expression of the query language chooses."""

    def narrow(self, expression: Expression | None) -> Self:
        """
        Add an expression to the filter.

        Terms that every result must match become the filter's own fields where an index serves
        these fields.

        Args:
            expression: The expression; None adds nothing.

        Returns:
            The narrower filter.
        """
        if expression is None:
            return self
        chosen, left = self, []
        terms = expression.terms if isinstance(expression, And) else (expression,)
        for term in (*terms, *([] if self.expression is None else [self.expression])):
            narrowed = chosen._with_term(term)
            if narrowed is None:
                left.append(term)
            else:
                chosen = narrowed
        if len(left) > 1:
            return replace(chosen, expression=And(tuple(left)))
        return replace(chosen, expression=left[0] if left else None)

    def _with_term(self, term: Expression) -> Self | None:
        if not isinstance(term, Condition):
            return None
        test = term.test
        if term.field == "started" and isinstance(test, Between):
            if not test.with_low or (test.high is not None and test.with_high):
                return None
            latest = max(filter(None, (self.started_from, test.low)), default=None)
            earliest = min(filter(None, (self.started_before, test.high)), default=None)
            return replace(self, started_from=latest, started_before=earliest)
        if term == _STARRED:
            return replace(self, starred=True)
        if term.field == "status" and not self.statuses:
            tests = test.tests if isinstance(test, AnyOf) else (test,)
            texts = {each.text for each in tests if isinstance(each, Exact)}
            statuses = tuple(status for status in get_args(ExecutionStatus) if status in texts)
            return replace(self, statuses=statuses) if len(statuses) == len(texts) else None
        return None

    def make_page_query(self, **page: Any) -> ExecutionQuery:
        """
        Make a query for a page of the executions.

        Args:
            page: The fields that `ExecutionQuery` adds to the filter.

        Returns:
            The query.
        """
        chosen = {name: getattr(self, name) for name in HistoryFilter.__struct_fields__}
        return ExecutionQuery(**chosen, **page)

    def is_countable(self) -> bool:
        """
        Check whether the running aggregates can count the executions without reading them.

        Returns:
            False if the filter narrows the executions by more than the workflow, the project and
            the time.
        """
        return next(self._list_uncountable(), None) is None

    def check_countable(self) -> None:
        """
        Refuse a filter that is not countable.

        Raises:
            InvalidQueryError: The running aggregates can't count the executions.
        """
        for name in self._list_uncountable():
            raise InvalidQueryError(
                name, "can't be used for counts", hint=f"Use {', '.join(_COUNTABLE)}."
            )

    def _list_uncountable(self) -> Iterator[str]:
        for name, value in _UNCOUNTABLE:
            if getattr(self, name) != value:
                yield name


EVERYTHING: Final = HistoryFilter()
"""The filter that chooses all executions."""
_COUNTABLE: Final = ("workflow_ids", "project_id", "started_from", "started_before")
_UNCOUNTABLE: Final = tuple(
    (name, value) for name, value in asdict(EVERYTHING).items() if name not in _COUNTABLE
)


class ExecutionQuery(HistoryFilter, frozen=True, kw_only=True):
    """A page of executions."""

    order: Order = "newest"
    """The order of the start times, and so the direction in which the pages continue."""
    limit: int = 50
    """The largest number of executions: 1 to 1,000, or 1 to 500 for summaries."""
    offset: int = 0
    """The number of executions to skip first. Skipping costs time, so prefer `cursor`."""
    cursor: str | None = None
    """The cursor of another page, from which to continue; the filter must be the same."""
    at: str | None = None
    """
    Canonical time; begin at the newest execution that started at this time or earlier, as if a
    cursor stood before this execution. This is not a filter, because newer executions can be
    reached from this page.
    """
    payloads: bool = False
    """
    Also read the payloads. Without payloads, the size of the payloads does not affect the cost.
    """
    max_nodes: int | None = None
    """
    The largest number of node executions on the page; None means all. If this limit is set, the
    page also holds at most about 64 MiB of payloads. A page that reaches a limit ends early, or
    holds one execution with its first node executions.
    """


MAX_NUMBER: Final = 10**18 - 1
"""The largest number that a cursor can hold."""

_PARTS: Final = {int: "[0-9]{1,18}", str: "(?:[0-9a-f]{2})*"}


class Cursor:
    """
    The format of one list's cursors.

    Args:
        parameter: The name of the parameter that holds the cursor.
        parts: The types of a position's parts, `int` or `str`.
    """

    def __init__(self, parameter: str, *parts: type[int | str]) -> None:
        self._parameter = parameter
        self._parts = parts
        self.pattern = "^" + r"\.".join(_PARTS[part] for part in parts) + "$"
        """The regular expression that every cursor matches."""
        self._whole = re.compile(self.pattern[1:-1])

    def write(self, *position: int | str) -> str:
        """
        Write a position as a cursor.

        Args:
            position: The parts of the position.

        Returns:
            The cursor's text.
        """
        return ".".join(
            str(part) if isinstance(part, int) else part.encode().hex() for part in position
        )

    def read(self, text: str) -> tuple[int | str, ...]:
        """
        Read the position of a cursor.

        Args:
            text: The cursor's text.

        Returns:
            The parts of the position.

        Raises:
            InvalidQueryError: The text is not a cursor of this list.
        """
        if not self._whole.fullmatch(text):
            raise InvalidQueryError(
                self._parameter,
                "is not one of ours",
                hint="Use the cursor of a page as it is, or leave it out to begin anew.",
            )
        return tuple(
            int(part) if kind is int else bytes.fromhex(part).decode(errors="replace")
            for kind, part in zip(self._parts, text.split("."), strict=True)
        )


EXECUTION_CURSOR: Final = Cursor("cursor", str, int)
"""The start of an execution, canonical time, and its ordinal."""
NODE_CURSOR: Final = Cursor("nodesCursor", int, str)
"""The sequence and the node id of a node execution."""
WORKFLOW_CURSOR: Final = Cursor("cursor", int, str, str)
"""
The number of a workflow's executions, the workflow's id, and its project's id or an empty text.
"""
PROJECT_CURSOR: Final = Cursor("cursor", str)
"""The id of a project."""
