"""
Evaluates JSONPath queries (RFC 9535) on a payload.

A query makes Python objects of the whole payload, so a payload may have at most `MAX_SELECT_BYTES`.
Filters use RE2 for regular expressions, because RE2 takes linear time. A query ends after
`SELECT_S`.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import ItemsView, Iterator
from typing import Any, Final, cast

import msgspec
import re2  # type: ignore[import-untyped]  # it has no stubs
from iregexp_check import check
from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError, JSONPathQuery
from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction

from flightlog.errors import InvalidQueryError, PayloadTooLargeError
from flightlog.fork_lock import fork_lock
from flightlog.payload.document import Document, join_pointer
from flightlog.payload.search import Match, Matches
from flightlog.payload.values import encode, find_value, shorten

MAX_SELECT_BYTES: Final = 4 * 2**20
SELECT_S: Final = 5.0
"""The time limit of a query, seconds; a query that reaches the limit reports incomplete results."""

_SKETCHED_ITEMS: Final = 8
_SKETCHED_CHARACTERS: Final = 100
_MAX_DIGITS: Final = 300
"""An integer with so many digits is within a double's range, so queries can compare the two."""
_HINT: Final = "Write e.g. $.items[?@.price > 10].name; RFC 9535 describes it."


def select(document: Document, query: str, limit: int, select_s: float = SELECT_S) -> Matches:
    """
    Find the places that a JSONPath query selects.

    Args:
        document: The payload.
        query: The query, e.g. `$.items[?@.price > 10]`.
        limit: The largest number of places.
        select_s: The time limit, seconds.

    Returns:
        The places; incomplete when a limit is reached.

    Raises:
        InvalidQueryError: The text is no valid JSONPath query.
        PayloadTooLargeError: The payload is too large for queries.
    """
    size = document.root.size_bytes
    if size > MAX_SELECT_BYTES:
        raise PayloadTooLargeError(size, MAX_SELECT_BYTES)
    try:
        compiled = _compile(query)
        value = _watch(_decode(document.root.json()), time.monotonic() + select_s)
        found: list[Match] = []
        for node in compiled.finditer(value):
            if len(found) == limit:
                return Matches(matches=tuple(found), complete=False)
            found.append(_match(node.location, node.value))
    except TimeoutError:
        return Matches(matches=tuple(found), complete=False)
    except JSONPathError as error:
        reason = str(error).partition(",")[0]
        raise InvalidQueryError("jsonpath", f"can't be used: {reason}", hint=_HINT) from error
    except RecursionError as error:
        raise InvalidQueryError(
            "jsonpath", "goes too deep", hint="This payload can be searched, or unfolded by hand."
        ) from error
    return Matches(matches=tuple(found), complete=True)


def _compile(query: str) -> JSONPathQuery:
    try:
        return _ENVIRONMENT.compile(query)
    except (ArithmeticError, ValueError) as error:
        # The library converts a query's numbers without a check of their range.
        raise InvalidQueryError(
            "jsonpath", "has a number that is out of range", hint=_HINT
        ) from error


class _LongNumber(float):
    """
    A number that Python can't hold exactly; queries compare the nearest float.

    Attributes:
        start: The beginning of the number's JSON.
    """

    start: str


def _decode(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except (ValueError, msgspec.MsgspecError):
        # The text has an integer with more digits than Python converts, or a float beyond a double.
        return json.loads(text, parse_int=_parse_integer, parse_float=_parse_float)


def _parse_integer(text: str) -> int | _LongNumber:
    return int(text) if len(text) <= _MAX_DIGITS else _make_long_number(text)


def _parse_float(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _make_long_number(text)


def _make_long_number(text: str) -> _LongNumber:
    number = _LongNumber(text)
    number.start = text[:_SKETCHED_CHARACTERS]
    return number


def _match(location: tuple[str | int, ...], value: object) -> Match:
    shown = find_value(encode(_sketch(value, 2)))
    return Match(
        path=join_pointer(location),
        key=location[-1] if location else None,
        kind=shown.kind,
        preview=shorten(shown),
    )


def _sketch(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value[:_SKETCHED_CHARACTERS]
    if isinstance(value, _LongNumber):
        return msgspec.Raw(value.start.encode())
    if isinstance(value, dict):
        some = list(value)[:_SKETCHED_ITEMS] if depth else []
        return {key: _sketch(value[key], depth - 1) for key in some}
    if isinstance(value, list):
        return [_sketch(item, depth - 1) for item in value[: _SKETCHED_ITEMS if depth else 0]]
    return value


def _watch(value: Any, deadline: float) -> Any:
    # A query can't be interrupted, so the containers check the time when the query iterates.
    def check_time() -> None:
        if time.monotonic() > deadline:
            raise TimeoutError

    class WatchedObject(dict[str, Any]):
        __slots__ = ()

        def items(self) -> ItemsView[str, Any]:  # type: ignore[override]  # a view all the same
            check_time()
            return super().items()

    class WatchedList(list[Any]):
        __slots__ = ()

        def __iter__(self) -> Iterator[Any]:
            check_time()
            return super().__iter__()

    def watched(part: Any) -> Any:
        if isinstance(part, dict):
            return WatchedObject((key, watched(member)) for key, member in part.items())
        if isinstance(part, list):
            return WatchedList(map(watched, part))
        return part

    return watched(value)


class _Matching(FilterFunction):
    arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012  the library's form
    return_type = ExpressionType.LOGICAL

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole

    def __call__(self, text: object, pattern: object) -> bool:
        if not isinstance(text, str) or not isinstance(pattern, str) or not check(pattern):
            return False
        find = re2.fullmatch if self._whole else re2.search
        try:
            with fork_lock: return find(pattern, text) is not None  # noqa: E701  # fmt: skip
        except re2.error:
            return False


def _make_environment() -> JSONPathEnvironment:
    environment = JSONPathEnvironment()
    environment.function_extensions["match"] = cast(FilterFunction, _Matching(whole=True))
    environment.function_extensions["search"] = cast(FilterFunction, _Matching(whole=False))
    return environment


_ENVIRONMENT: Final = _make_environment()
