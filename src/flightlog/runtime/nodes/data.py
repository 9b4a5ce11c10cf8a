"""The editFields and validate nodes, which process their incoming data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from flightlog.errors import InvalidInputError
from flightlog.runtime.expressions import Static
from flightlog.runtime.node import Node
from flightlog.runtime.schemas import check_schema

__all__ = ["edit_fields", "validate"]


async def edit_fields(
    node: Node, *, fields: Mapping[str, Any], mode: Literal["merge", "replace"] = "merge"
) -> dict[str, Any]:
    """
    Set members of the incoming data.

    Args:
        node: The node.
        fields: Values by name; the values may contain expressions.
        mode: `merge` keeps the other members; `replace` drops them.

    Returns:
        The object with the members.

    Raises:
        InvalidInputError: The mode is `merge`, but the incoming data is no object.
        InvalidExpressionError: An expression can't be evaluated.
    """
    data = node.take_data()
    edited = {name: node.resolve(value) for name, value in fields.items()}
    if mode == "replace" or data is None:
        return edited
    if not isinstance(data, Mapping):
        raise InvalidInputError("input", f"is {type(data).__name__}, not an object to merge with")
    return {**data, **edited}


async def validate(node: Node, *, schema: Mapping[str, Any] | bool) -> Any:
    """
    Validate the incoming data with a JSON Schema, and pass on the data.

    Args:
        node: The node.
        schema: The schema; texts in a schema are never expressions.

    Returns:
        The incoming data.

    Raises:
        InvalidInputError: The data doesn't match; the message says where and why.
    """
    data = node.take_data()
    wanted = schema.value if isinstance(schema, Static) else schema
    check_schema(data, wanted, "input")
    return data
