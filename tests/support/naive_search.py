"""The naive answer to a query: every record is decoded, and every value is compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from msgspec import Raw

from flightlog.query.expressions import (
    And,
    AnyOf,
    Between,
    Condition,
    Exact,
    Expression,
    Fragment,
    Not,
    Or,
    Part,
    Path,
    Pattern,
    Test,
)
from flightlog.query.operands import to_milliseconds
from flightlog.query.texts import Way, check_text
from flightlog.record.model import NodeExecution, WorkflowExecution


class Digits(str):
    """A JSON number as it is written."""

    __slots__ = ()


def matches(record: WorkflowExecution, expression: Expression) -> bool:
    """Whether a record matches an expression."""
    if isinstance(expression, Not):
        return not matches(record, expression.term)
    if isinstance(expression, Or):
        return any(matches(record, term) for term in expression.terms)
    if isinstance(expression, And):
        return _all(record, expression.terms)
    if _is_of_node(expression):
        return any(_node(node, expression) for node in record.node_executions)
    return _condition(record, expression)


NODE_COLUMNS = {"node", "node.type", "node.status", "node.duration"}
NODE_FIELDS = NODE_COLUMNS | {"input", "output", "logs"}


def _is_of_node(term: Expression) -> bool:
    return isinstance(term, Condition) and term.field in NODE_FIELDS


def _joins_node(term: Expression) -> bool:
    while isinstance(term, Not):
        term = term.term
        if isinstance(term, Condition) and term.field == "node":
            return False
    return _is_of_node(term)


def _all(record: WorkflowExecution, terms: tuple[Expression, ...]) -> bool:
    anchored = any(isinstance(term, Condition) and term.field in NODE_COLUMNS for term in terms)
    alone = [term for term in terms if not (anchored and _joins_node(term))]
    if not all(matches(record, term) for term in alone):
        return False
    groups: list[list[Expression]] = [[]]
    named = False
    for term in terms:
        if term in alone and not (anchored and _joins_node(term)):
            continue
        if isinstance(term, Condition) and term.field == "node":
            if named:
                groups.append([])
            named = True
        groups[-1].append(term)
    return all(
        any(all(_node(node, term) for term in group) for node in record.node_executions)
        for group in groups
        if group
    )


def _node(node: NodeExecution, term: Expression) -> bool:
    if isinstance(term, Not):
        return not _node(node, term.term)
    assert isinstance(term, Condition)
    test = term.test
    if term.field == "node":
        return _any_text(test, "whole", node.node_name, node.node_id)
    if term.field == "node.type":
        return _any_text(test, "whole", node.node_type)
    if term.field == "node.status":
        return _any_text(test, "whole", node.status)
    if term.field == "node.duration":
        return _number(test, node.duration_ms)
    payload = {"input": node.input, "output": node.output, "logs": node.logs}[term.field]
    return _payload(payload, test, term.path, anywhere=False)


def _condition(  # noqa: C901, PLR0911, PLR0912 - one case for each field
    record: WorkflowExecution, term: Condition
) -> bool:
    test, error, trigger = term.test, record.error, record.trigger
    nodes = record.node_executions
    data = None if trigger is None else trigger.data
    match term.field:
        case "text":
            return _words(record, test)
        case "id":
            return _any_text(test, "start", record.id)
        case "workflow":
            return _any_text(test, "whole", record.workflow_name, record.workflow_id)
        case "name":
            return _any_text(test, "whole", record.name)
        case "project":
            return _any_text(test, "whole", record.project_id)
        case "mode":
            return _any_text(test, "whole", record.execution_mode)
        case "status" | "is":
            return any(_is(record, text) for text in _texts(test))
        case "started":
            return _between(test, record.started_at)
        case "ended":
            return _between(test, record.completed_at)
        case "duration":
            return _number(test, record.duration_ms)
        case "error":
            errors = [error, *(node.error for node in nodes)]
            return _any_text(test, "part", *(each.message for each in errors if each is not None))
        case "error.kind":
            return _any_text(test, "whole", None if error is None else error.kind)
        case "error.type":
            return _any_text(test, "part", None if error is None else error.type)
        case "error.node":
            return _any_text(test, "whole", None if error is None else error.node_id)
        case "trigger.type":
            return _any_text(test, "whole", None if trigger is None else trigger.type)
        case "parent":
            return _any_text(test, "whole", record.parent_execution_id)
        case "retry":
            return _any_text(test, "whole", record.retry_of)
        case "model" | "tokens" | "cost":
            return False  # these histories have no calls
        case "tag":
            name = (".".join(map(str, term.path)),) if term.path else ()
            return record.tags is not None and _value(dict(record.tags), test, name, anywhere=False)
        case "trigger":
            return _payload(data, test, term.path, anywhere=False)
        case "any":
            payloads = [data, *(each for node in nodes for each in (node.input, node.output))]
            return any(_payload(each, test, term.path, anywhere=True) for each in payloads)
    raise AssertionError(term.field)


def _texts(test: Test) -> list[str]:
    tests = test.tests if isinstance(test, AnyOf) else (test,)
    return [each.text for each in tests if isinstance(each, Exact)]


def _is(record: WorkflowExecution, text: str) -> bool:
    crashed = record.error is not None and record.error.kind == "crashed"
    return {
        "crashed": record.status == "error" and crashed,
        "starred": record.starred,
        "failed": record.status == "error",
        "simulated": record.trigger is not None and record.trigger.is_simulated is True,
        "retry": record.retry_of is not None,
        "child": record.parent_execution_id is not None,
    }.get(text, record.status == text)


def _any_text(test: Test, way: Way, *texts: str | None) -> bool:
    return any(text is not None and check_text(test, way)(text) for text in texts)


def _between(test: Test, value: Any) -> bool:
    assert isinstance(test, Between)
    if value is None:
        return False
    if test.low is not None and not (value > test.low or (test.with_low and value == test.low)):
        return False
    return test.high is None or value < test.high or (test.with_high and value == test.high)


def _number(test: Test, value: float | None) -> bool:
    assert isinstance(test, Between)
    low = None if test.low is None else to_milliseconds(test.low)
    high = None if test.high is None else to_milliseconds(test.high)
    if value is None:
        return False
    if low is not None and not (value > low or (test.with_low and value == low)):
        return False
    return high is None or value < high or (test.with_high and value == high)


def _words(record: WorkflowExecution, test: Test) -> bool:
    error, trigger = record.error, record.trigger
    parts: list[str | None] = [record.workflow_name, record.workflow_id, record.name]
    if error is not None:
        parts += [error.message, error.type, error.node_id]
    payloads: list[Any] = [] if trigger is None else [trigger.data]
    for node in record.node_executions:
        parts += [node.node_name, node.node_id, None if node.error is None else node.error.message]
        payloads += [node.input, node.output, node.logs]
    inner = [_decode(each) for each in payloads if isinstance(each, Raw)]
    inner += [] if record.tags is None else [dict(record.tags)]
    return (
        _any_text(test, "start", record.id)
        or _any_text(test, "part", *parts)
        or any(_any_text(test, "words", *_names_and_values(each)) for each in inner)
    )


def _decode(payload: Raw) -> Any:
    return json.loads(bytes(payload), parse_int=Digits, parse_float=Digits)


def _payload(payload: Any, test: Test, path: Path, *, anywhere: bool) -> bool:
    if not isinstance(payload, Raw):
        return False
    return _value(_decode(payload), test, path, anywhere=anywhere)


def _value(value: Any, test: Test, path: Path, *, anywhere: bool) -> bool:
    if not path:
        return any(
            _leaf(leaf, test) for leaf in _inside(value) if not isinstance(leaf, dict | list)
        )
    starts = _inside(value) if anywhere else [value]
    return any(_leaf(found, test) for start in starts for found in _at(start, path))


def _inside(value: Any) -> Iterator[Any]:
    yield value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        yield from _inside(part)


def _names_and_values(value: Any) -> Iterator[str]:
    for part in _inside(value):
        if isinstance(part, dict):
            yield from part
        elif not isinstance(part, list):
            yield part if isinstance(part, str) else json.dumps(part)


def _at(value: Any, path: Path) -> Iterator[Any]:
    if isinstance(value, list) and not (path and isinstance(path[0], int)):
        if not path:
            yield value
        for item in value:
            yield from _at(item, path)
    elif not path:
        yield value
    elif isinstance(value, list):
        assert isinstance(path[0], int)
        if path[0] < len(value):
            yield from _at(value[path[0]], path[1:])
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


def _leaf(value: Any, test: Test) -> bool:  # noqa: C901, PLR0911 - one case for each test
    if isinstance(test, AnyOf):
        return any(_leaf(value, each) for each in test.tests)
    if isinstance(test, Pattern) and set(test.text) == {"*"}:
        return True
    if isinstance(value, dict | list):
        return False
    text = value if isinstance(value, str) else json.dumps(value)
    if isinstance(test, Pattern | Part):
        return check_text(test, "whole")(text)
    if isinstance(test, Exact):
        if isinstance(value, Digits):
            return test.is_literal and _fraction(test.text) == Fraction(value)
        if test.is_literal or isinstance(value, str):
            return text.casefold() == test.text.casefold()
        return False
    assert isinstance(test, Between), Fragment
    ends = [_fraction(end) for end in (test.low, test.high) if end is not None]
    if None in ends:
        return type(value) is str and check_text(test, "whole")(value)
    if not isinstance(value, Digits):
        return False
    low = None if test.low is None else Fraction(test.low)
    high = None if test.high is None else Fraction(test.high)
    number = Fraction(value)
    if low is not None and not (number > low or (test.with_low and number == low)):
        return False
    return high is None or number < high or (test.with_high and number == high)


def _fraction(text: str) -> Fraction | None:
    try:
        return None if "/" in text or "_" in text else Fraction(text)
    except ValueError:
        return None
