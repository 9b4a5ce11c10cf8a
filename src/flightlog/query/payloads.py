"""
Test the JSON of payloads.

Numbers are compared exactly by value, so that `1` finds `1.0` and `1e0`, and 30 digits are 30
digits. `texts` tests the texts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

from flightlog.query.expressions import AnyOf, Between, Exact, Fragment, Path, Pattern, Test
from flightlog.query.needles import find_test_needles
from flightlog.query.operands import read_number
from flightlog.query.scanner import is_literal
from flightlog.query.texts import check_text

Check: TypeAlias = Callable[[Any], bool]
At: TypeAlias = tuple[Path, Any]
"""A value and its path."""

_LITERALS: Final = {True: "true", False: "false", None: "null"}


class Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


def check_json(test: Test, path: Path, *, at_any_depth: bool) -> Callable[[bytes], bool]:
    """
    Make a check of payloads.

    Args:
        test: The test of the values.
        path: The place of the values. Names lead through lists; no path means every value.
        at_any_depth: Whether the path may begin anywhere in the payload.

    Returns:
        The check of a payload's JSON.
    """
    check = check_value(test)
    is_fragment = isinstance(test, Fragment)
    may_match = find_test_needles(test, path, is_text=False).may_match

    def matches(data: bytes) -> bool:
        if not may_match(data):
            return False
        value = read_json(data)
        if not path:
            return any(map(check, _parts(value) if is_fragment else _leaves(value)))
        starts = _parts(value) if at_any_depth else (value,)
        return any(check(found) for start in starts for _, found in follow(((), start), path))

    return matches


def check_words(test: Test) -> Callable[[bytes], bool]:
    """
    Make a check of payloads for free text, in the names and values.

    Args:
        test: The test.

    Returns:
        The check of a payload's JSON.
    """
    check = check_text(test, "words")
    may_match = find_test_needles(test, (), is_text=True).may_match
    return lambda data: may_match(data) and any(map(check, _texts(read_json(data))))


def check_value(test: Test) -> Check:
    """
    Make a check of single values.

    Args:
        test: The test.

    Returns:
        The check of a value that `read_json` has read.
    """
    return _fragment(test.json) if isinstance(test, Fragment) else _value(test)


def is_range_of_numbers(test: Between) -> bool:
    """
    Check whether a range is one of numbers; otherwise it is one of texts.

    Args:
        test: The range.

    Returns:
        True if each end is a JSON number.
    """
    ends = [end for end in (test.low, test.high) if end is not None]
    return all(is_literal(end) and end[-1].isdigit() for end in ends)


def read_json(data: bytes) -> Any:
    """
    Read JSON, and keep its numbers as they are written.

    Args:
        data: The JSON.

    Returns:
        The value; each number is a `Number`.
    """
    return json.loads(data, parse_int=Number, parse_float=Number, parse_constant=Number)


def _value(test: Test) -> Check:
    if isinstance(test, AnyOf):
        checks = [_value(each) for each in test.tests]
        return lambda value: any(check(value) for check in checks)
    if isinstance(test, Pattern) and not test.text.strip("*"):
        return lambda _: True
    if isinstance(test, Between):
        return _between(test)
    if isinstance(test, Exact):
        return _exact(test)
    check = check_text(test, "whole")
    return lambda value: (text := get_text(value)) is not None and check(text)


def _exact(test: Exact) -> Check:
    wanted = test.text.casefold()
    if not test.is_literal:
        return lambda value: type(value) is str and value.casefold() == wanted
    number = read_number(test.text)

    def matches(value: Any) -> bool:
        if type(value) is Number:
            return number is not None and read_number(value) == number
        text = get_text(value)
        return text is not None and text.casefold() == wanted

    return matches


def _between(test: Between) -> Check:
    if not is_range_of_numbers(test):
        check = check_text(test, "whole")
        return lambda value: type(value) is str and check(value)
    low = None if test.low is None else read_number(test.low)
    high = None if test.high is None else read_number(test.high)

    def matches(value: Any) -> bool:
        number = read_number(value) if type(value) is Number else None
        if number is None:
            return False
        if low is not None and not (number > low or (test.with_low and number == low)):
            return False
        return high is None or number < high or (test.with_high and number == high)

    return matches


def get_text(value: Any) -> str | None:
    """
    Return the text of a value.

    Args:
        value: A value that `read_json` has read.

    Returns:
        The text, or the JSON of a number, true, false or null; None for an object or a list.
    """
    if isinstance(value, str):
        return value
    return None if isinstance(value, dict | list) else _LITERALS[value]


def follow(start: At, path: Path) -> Iterator[At]:
    """
    Follow a path in a payload; names lead through lists.

    Args:
        start: The value at which the path begins, and the value's own path.
        path: The path.

    Yields:
        The values at the path, with their own paths. A list is followed by its items.
    """
    at, value = start
    if not path:
        yield start
        if isinstance(value, list):
            for place, item in enumerate(value):
                yield from follow(((*at, place), item), path)
        return
    step = path[0]
    if isinstance(value, list):
        if isinstance(step, int):
            if step < len(value):
                yield from follow(((*at, step), value[step]), path[1:])
            return
        for place, item in enumerate(value):
            yield from follow(((*at, place), item), path)
    elif isinstance(value, dict) and step in value:
        yield from follow(((*at, step), value[step]), path[1:])


def _parts(value: Any) -> Iterator[Any]:
    waiting = [value]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            waiting += part.values()


def _leaves(value: Any) -> Iterator[Any]:
    return (part for part in _parts(value) if not isinstance(part, dict | list))


def _texts(value: Any) -> Iterator[str]:
    for part in _parts(value):
        if isinstance(part, dict):
            yield from part
        elif (text := get_text(part)) is not None:
            yield text


def _fragment(fragment: str) -> Check:
    wanted = read_json(fragment.encode())
    return lambda value: _holds(value, wanted)


def _holds(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(
            name in value and _holds(value[name], part) for name, part in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(value, list)
            and len(value) == len(wanted)
            and all(map(_holds, value, wanted))
        )
    if type(wanted) is Number:
        number = read_number(wanted) if type(value) is Number else None
        return number is not None and read_number(value) == number
    return type(value) is type(wanted) and bool(value == wanted)
