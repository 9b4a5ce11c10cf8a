"""The decorator and the parameters that all handlers share."""

from __future__ import annotations

import pytest
from litestar import get

from flightlog.errors import InvalidQueryError
from flightlog.receiver.routing import parse_time_parameter, remove_repetitions, route


def test_time_parameter_becomes_canonical() -> None:
    """A time with any offset is the same time in UTC; an absent parameter stays absent."""
    assert parse_time_parameter("after", None) is None
    written = parse_time_parameter("after", "2026-11-22T20:04:11+01:00")
    assert written == "2026-11-22T19:04:11.000000Z"


def test_time_that_is_none_is_named_with_its_parameter() -> None:
    """The value is shown in part, and the hint has an example."""
    with pytest.raises(InvalidQueryError, match="no ISO 8601 time") as caught:
        parse_time_parameter("before", "yesterday" * 100)
    assert "before" in caught.value.message
    assert len(caught.value.message) < 200
    assert "%2B" in caught.value.hint


def test_repetitions_are_removed_in_order() -> None:
    """Each value stays once, at its first place."""
    assert remove_repetitions(["b", "a", "b"]) == ("b", "a")
    assert remove_repetitions(None) == ()


def test_handler_is_described_by_its_function() -> None:
    """The summary is the docstring, and the operation is named after the function."""

    @route(get, "/api/things")
    def read_things() -> bytes:
        """Read all things."""
        return b"[]"

    assert read_things.summary == "Read all things."
    assert read_things.paths == {"/api/things"}
    assert read_things.operation_id == "readThings"
