"""
Test expressions of the query language on rows, in Python; shared by the stores.

A store reads the values of `EXECUTION_COLUMNS` and `NODE_COLUMNS` and hands in how to test a
payload. The tests mean the same as SQLite's conditions (`sqlite/expressions.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from flightlog.models.prices import CallPricer
from flightlog.query.expressions import (
    And,
    AnyOf,
    Between,
    Condition,
    Costs,
    Exact,
    Expression,
    Not,
    Or,
    Path,
    list_conditions,
)
from flightlog.query.fields import FIELDS
from flightlog.query.grouping import group_by_node
from flightlog.query.operands import to_milliseconds
from flightlog.query.payloads import check_json, check_words
from flightlog.query.texts import TextCheck, Way, check_text
from flightlog.store.row_functions import Row

EXECUTION_COLUMNS: Final = (
    "id",
    "workflow_name",
    "workflow_id",
    "name",
    "project_id",
    "execution_mode",
    "status",
    "started_at",
    "completed_at",
    "duration_ms",
    "error_message",
    "error_kind",
    "error_type",
    "error_node_id",
    "trigger_type",
    "parent_execution_id",
    "retry_of",
    "is_simulated",
    "starred",
    "tags",
    "trigger_data",
)
"""The columns of an execution that tests read, in the order of a row."""
NODE_COLUMNS: Final = (
    "sequence",
    "node_id",
    "node_name",
    "node_type",
    "status",
    "duration_ms",
    "error_message",
    "input",
    "output",
    "logs",
)
"""The columns of a node execution that tests read, in the order of a row."""
FIELD_COLUMNS: Final = MappingProxyType(
    {
        "id": ("id",),
        "workflow": ("workflow_name", "workflow_id"),
        "name": ("name",),
        "project": ("project_id",),
        "mode": ("execution_mode",),
        "started": ("started_at",),
        "ended": ("completed_at",),
        "duration": ("duration_ms",),
        "error.kind": ("error_kind",),
        "error.type": ("error_type",),
        "error.node": ("error_node_id",),
        "trigger.type": ("trigger_type",),
        "parent": ("parent_execution_id",),
        "retry": ("retry_of",),
        "node": ("node_name", "node_id"),
        "node.type": ("node_type",),
        "node.status": ("status",),
        "node.duration": ("duration_ms",),
    }
)
"""The columns of each field, of an execution or, for fields of a node, of a node execution."""
CALL_FIELDS: Final = frozenset(("model", "tokens", "cost"))
"""The fields of the calls of language models."""
CALL_COLUMNS: Final = ("model", "input_tokens", "cached_tokens", "output_tokens")
"""The columns of a model's call that tests read, in the order of a row."""
TEXT_WAYS: Final[MappingProxyType[str, Way]] = MappingProxyType(
    {"start": "start", "part": "part", "text": "whole"}
)
"""How the texts of each kind of field are compared."""

_EXECUTION: Final = {name: place for place, name in enumerate(EXECUTION_COLUMNS)}
_NODE: Final = {name: place for place, name in enumerate(NODE_COLUMNS)}
_TAGS: Final = _EXECUTION["tags"]
_WORDS: Final = (
    "workflow_name",
    "workflow_id",
    "name",
    "error_message",
    "error_type",
    "error_node_id",
)
_NODE_WORDS: Final = ("node_name", "node_id", "error_message")
_CRASHED: Final = ("status", "error"), ("error_kind", "crashed")
_CHOICES: Final = MappingProxyType(
    {
        ("status", "crashed"): _CRASHED,
        ("is", "crashed"): _CRASHED,
        ("is", "starred"): (("starred", 1),),
        ("is", "running"): (("status", "running"),),
        ("is", "failed"): (("status", "error"),),
        ("is", "simulated"): (("is_simulated", 1),),
    }
)
_PRESENT: Final = MappingProxyType({"retry": "retry_of", "child": "parent_execution_id"})


class Subject(NamedTuple):
    """An execution to test."""

    execution: Row
    """The values of `EXECUTION_COLUMNS`."""
    nodes: Sequence[Row]
    """The values of `NODE_COLUMNS` of each node execution."""
    calls: Sequence[Row] = ()
    """The values of `CALL_COLUMNS` of each call of a language model."""


RowCheck: TypeAlias = Callable[[Row], bool]
SubjectCheck: TypeAlias = Callable[[Subject], bool]
PayloadTest: TypeAlias = Callable[[Condition, Any], bool]
"""Tests the value of a payload's column; the value may be None."""


@lru_cache(maxsize=256)
def make_payload_check(condition: Condition) -> Callable[[bytes], bool]:
    """
    Make the check of a payload's JSON.

    Args:
        condition: The condition.

    Returns:
        The check.
    """
    if condition.field == "text":
        check = check_words(condition.test)
    else:
        any_depth = condition.field == "any"
        check = check_json(condition.test, condition.path, at_any_depth=any_depth)

    def matches(data: bytes) -> bool:
        try:
            return check(data)
        except RecursionError:
            # Records are never nested so deeply: the receiver refuses them.
            return False

    return matches


def name_tag(condition: Condition) -> Condition:
    """
    Write a condition of tags with the tag's whole name, because a name may have points.

    Args:
        condition: The condition.

    Returns:
        The condition with at most one step in its path.
    """
    path: Path = (".".join(map(str, condition.path)),) if condition.path else ()
    return Condition(condition.field, condition.test, path)


def reads_nodes(expression: Expression) -> bool:
    """
    Check whether node executions must be read for an expression.

    Args:
        expression: The expression.

    Returns:
        True if a condition is about nodes or may be met by one.
    """
    if isinstance(expression, Condition):
        return FIELDS[expression.field].of_node or expression.field in {"text", "any", "error"}
    if isinstance(expression, Not):
        return reads_nodes(expression.term)
    return any(map(reads_nodes, expression.terms))


def reads_calls(expression: Expression) -> bool:
    """
    Check whether calls of language models must be read for an expression.

    Args:
        expression: The expression.

    Returns:
        True if a condition is about calls.
    """
    return any(each.field in CALL_FIELDS for each in list_conditions(expression))


class Evaluator:
    """
    Makes tests of expressions.

    Args:
        test_payload: Tests the value of a payload's column.
    """

    def __init__(self, test_payload: PayloadTest) -> None:
        self._test_payload = test_payload

    def compile(self, expression: Expression) -> SubjectCheck:
        """
        Make the test of an expression.

        Args:
            expression: The expression.

        Returns:
            The test of an execution.
        """
        if isinstance(expression, Not):
            check = self.compile(expression.term)
            return lambda subject: not check(subject)
        if isinstance(expression, Or):
            return _check_any([self.compile(term) for term in expression.terms])
        if isinstance(expression, And):
            others, groups = group_by_node(expression.terms)
            checks = [*map(self.compile, others), *map(self._one_node, groups)]
            return lambda subject: all(check(subject) for check in checks)
        if expression.field in CALL_FIELDS:
            return _calls(expression)
        if FIELDS[expression.field].of_node:
            return self._one_node([expression])
        return self._condition(expression)

    def list_findable(self, expression: Expression) -> Iterator[tuple[Condition, RowCheck]]:
        """
        List the conditions that hold at a place in the executions that an expression chooses.

        Args:
            expression: The expression.

        Yields:
            Each condition outside of NOT, and the test of the node executions in which the place
            can be.
        """
        if isinstance(expression, Condition):
            yield expression, lambda _: True
        elif isinstance(expression, Or):
            for term in expression.terms:
                yield from self.list_findable(term)
        elif isinstance(expression, And):
            others, groups = group_by_node(expression.terms)
            for term in others:
                yield from self.list_findable(term)
            for group in groups:
                of_node = self._check_all(group)
                yield from ((term, of_node) for term in group if isinstance(term, Condition))

    def _one_node(self, terms: Sequence[Expression]) -> SubjectCheck:
        check = self._check_all(terms)
        return lambda subject: any(map(check, subject.nodes))

    def _check_all(self, terms: Sequence[Expression]) -> RowCheck:
        checks = [self._node_condition(term) for term in terms]
        return lambda row: all(check(row) for check in checks)

    def _node_condition(self, term: Expression) -> RowCheck:
        if isinstance(term, Not):
            check = self._node_condition(term.term)
            return lambda row: not check(row)
        assert isinstance(term, Condition)
        field = FIELDS[term.field]
        if field.kind == "payload":
            return self._payload(term, _NODE[term.field])
        places = [_NODE[column] for column in FIELD_COLUMNS[term.field]]
        if field.kind == "choice":
            texts = set(_list_choices(term))
            return lambda row: row[places[0]] in texts
        if field.kind in {"time", "duration"}:
            return _between(term, places[0])
        return _text(term, TEXT_WAYS[field.kind], places)

    def _condition(self, condition: Condition) -> SubjectCheck:
        field = FIELDS[condition.field]
        if field.kind == "words":
            return self._words(condition)
        if field.kind == "payload":
            return self._payload_condition(condition)
        if field.kind == "choice":
            checks = [_choice(field.name, text) for text in _list_choices(condition)]
            return lambda subject: any(check(subject.execution) for check in checks)
        if field.name == "error":
            own = _text(condition, "part", [_EXECUTION["error_message"]])
            of_node = _text(condition, "part", [_NODE["error_message"]])
            return _check_any([_of_execution(own), _of_any_node(of_node)])
        places = [_EXECUTION[column] for column in FIELD_COLUMNS[condition.field]]
        if field.kind in {"time", "duration"}:
            return _of_execution(_between(condition, places[0]))
        return _of_execution(_text(condition, TEXT_WAYS[field.kind], places))

    def _payload(self, condition: Condition, place: int) -> RowCheck:
        test = self._test_payload
        return lambda row: test(condition, row[place])

    def _payload_condition(self, condition: Condition) -> SubjectCheck:
        if condition.field == "tag":
            return _of_execution(_tags(name_tag(condition)))
        trigger = _of_execution(self._payload(condition, _EXECUTION["trigger_data"]))
        if condition.field == "trigger":
            return trigger
        return _check_any([trigger, self._node_payloads(condition, "input", "output")])

    def _node_payloads(self, condition: Condition, *columns: str) -> SubjectCheck:
        places = [_NODE[column] for column in columns]
        test = self._test_payload
        return _of_any_node(lambda row: any(test(condition, row[place]) for place in places))

    def _words(self, condition: Condition) -> SubjectCheck:
        trigger = self._payload(condition, _EXECUTION["trigger_data"])
        return _check_any(
            [
                _of_execution(_text(condition, "start", [_EXECUTION["id"]])),
                _of_execution(_text(condition, "part", [_EXECUTION[name] for name in _WORDS])),
                _of_execution(_tags(condition)),
                _of_any_node(_text(condition, "part", [_NODE[name] for name in _NODE_WORDS])),
                _of_execution(trigger),
                self._node_payloads(condition, "input", "output", "logs"),
            ]
        )


def _check_any(checks: Sequence[SubjectCheck]) -> SubjectCheck:
    return lambda subject: any(check(subject) for check in checks)


def _of_execution(check: RowCheck) -> SubjectCheck:
    return lambda subject: check(subject.execution)


def _of_any_node(check: RowCheck) -> SubjectCheck:
    return lambda subject: any(map(check, subject.nodes))


def _text(condition: Condition, way: Way, places: Sequence[int]) -> RowCheck:
    check: TextCheck = check_text(condition.test, way)
    return lambda row: any((text := row[place]) is not None and check(text) for place in places)


def _tags(condition: Condition) -> RowCheck:
    check = make_payload_check(condition)
    return lambda row: (tags := row[_TAGS]) is not None and check(tags.encode())


def _calls(condition: Condition) -> SubjectCheck:
    test = condition.test
    if condition.field == "model":
        check = _text(condition, "whole", [CALL_COLUMNS.index("model")])
        return lambda subject: any(map(check, subject.calls))
    if isinstance(test, Costs):
        costs, pricer = _make_range_check(test.amount, float), CallPricer(test.prices)
        return lambda subject: costs(_add(pricer.compute_cost(*call) for call in subject.calls))
    assert isinstance(test, Between)
    tokens = _make_range_check(test, float)
    return lambda subject: tokens(
        _add((asked or 0) + (answered or 0) for _, asked, _, answered in subject.calls)
    )


def _add(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _between(condition: Condition, place: int) -> RowCheck:
    test = condition.test
    assert isinstance(test, Between)
    is_time = FIELDS[condition.field].kind == "time"
    check = _make_range_check(test, str if is_time else to_milliseconds)
    return lambda row: check(row[place])


def _make_range_check(test: Between, convert: Callable[[str], Any]) -> Callable[[Any], bool]:
    low, high = (None if end is None else convert(end) for end in (test.low, test.high))

    def matches(value: Any) -> bool:
        if value is None or (low is not None and value < low):
            return False
        if high is not None and value > high:
            return False
        is_low, is_high = low is not None and value == low, high is not None and value == high
        return (test.with_low or not is_low) and (test.with_high or not is_high)

    return matches


def _list_choices(condition: Condition) -> Iterator[str]:
    test = condition.test
    tests = test.tests if isinstance(test, AnyOf) else (test,)
    yield from (each.text for each in tests if isinstance(each, Exact))


def _choice(field: str, text: str) -> RowCheck:
    if field == "is" and text in _PRESENT:
        place = _EXECUTION[_PRESENT[text]]
        return lambda row: row[place] is not None
    column = "execution_mode" if field == "mode" else "status"
    wanted = _CHOICES.get((field, text), ((column, text),))
    places = [(_EXECUTION[name], value) for name, value in wanted]
    return lambda row: all(row[place] == value for place, value in places)
