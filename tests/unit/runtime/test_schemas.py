"""Values are validated with JSON Schema."""

from __future__ import annotations

from typing import Any

import pytest

from flightlog.errors import InvalidInputError, InvalidWorkflowError
from flightlog.runtime.schemas import check_schema, make_validator

ORDER = {
    "type": "object",
    "properties": {"lines": {"type": "array", "items": {"type": "integer"}}},
    "required": ["lines"],
}


def test_value_that_matches_is_accepted() -> None:
    """A matching value raises nothing, and the schema `true` accepts everything."""
    check_schema({"lines": [1, 2]}, ORDER, "input")
    check_schema(object(), True, "input")


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"lines": [1, "x"]}, "`input.lines[1]`"),
        ({}, "`input`"),
        ([], "`input`"),
    ],
)
def test_value_that_differs_is_refused_with_its_place(value: Any, place: str) -> None:
    """The message names the place within the value."""
    with pytest.raises(InvalidInputError) as caught:
        check_schema(value, ORDER, "input")
    assert place in caught.value.message


def test_long_reason_is_cut_at_its_beginning() -> None:
    """A large value is not repeated in the message."""
    with pytest.raises(InvalidInputError) as caught:
        check_schema("x" * 10_000, {"type": "integer"}, "input")
    assert len(caught.value.message) < 400
    assert "is not of type 'integer'" in caught.value.message


@pytest.mark.parametrize("schema", ["text", 7, None, {"type": "no-type"}, {"$schema": 7}])
def test_what_is_no_schema_is_refused_by_name(schema: Any) -> None:
    """The error names the schema and where to correct it."""
    with pytest.raises(InvalidWorkflowError, match="`outputSchema` is no JSON Schema") as caught:
        make_validator(schema, "outputSchema")
    assert "manifest" in caught.value.hint
