"""Nodes over what flows in: editFields and validate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from flightlog.errors import InvalidInputError
from flightlog.runtime.expressions import Static
from flightlog.runtime.node import Node
from flightlog.runtime.schemas import check_schema


async def edit_fields(
    node: Node, *, fields: Mapping[str, Any], mode: Literal["merge", "replace"] = "merge"
) -> dict[str, Any]:
    """
    Set members of what flows in.

    Args:
        node: The node.
        fields: Values by name; they may hold expressions.
        mode: `merge` keeps the other members, `replace` doesn't.

    Raises:
        InvalidInputError: What flows in is no object to merge with.
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
    Hold what flows in against a JSON Schema, and pass it on.

    Args:
        node: The node.
        schema: The schema; text in it is never an expression.

    Raises:
        InvalidInputError: It doesn't match; says where and why.
    """
    data = node.take_data()
    wanted = schema.value if isinstance(schema, Static) else schema
    check_schema(data, wanted, "input")
    return data
