"""Nodes over data: editFields, validate, log, delay."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final, Literal

from flightlog.errors import InvalidInputError
from flightlog.runtime.functions import text_of
from flightlog.runtime.node import Node
from flightlog.runtime.schemas import check_schema

_LEVELS: Final[Mapping[str, int]] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}


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


async def validate(node: Node, *, schema: Mapping[str, Any]) -> Any:
    """
    Hold what flows in against a JSON Schema, and pass it on.

    Args:
        node: The node.
        schema: The schema.

    Raises:
        InvalidInputError: It doesn't match; says where and why.
    """
    data = node.take_data()
    check_schema(data, schema, "input")
    return data


async def log(
    node: Node,
    *,
    message: Any,
    level: Literal["debug", "info", "warn", "error"] = "info",
    data: Any = None,
) -> dict[str, Any]:
    """
    Write a line to the workflow's log (`flightlog.workflow.ID` of Python's logging).

    Args:
        node: The node.
        message: The line; it may hold expressions.
        level: How important it is.
        data: What to write beside it.
    """
    node.take_data()
    told: dict[str, Any] = {"level": level, "message": text_of(node.resolve(message))}
    if data is not None:
        told["data"] = node.resolve(data)
    line = f"{told['message']} {text_of(told['data'])}" if data is not None else told["message"]
    node.logger.log(_LEVELS.get(level, logging.INFO), "%s", node.session.secrets.conceal(line))
    return told


async def delay(node: Node, *, ms: Any) -> Any:
    """
    Wait, then pass on what flowed in.

    Args:
        node: The node.
        ms: How long, milliseconds, or its expression.

    Raises:
        InvalidInputError: That is no number of milliseconds.
    """
    data = node.take_data()
    wait_ms = node.resolve(ms)
    if isinstance(wait_ms, str):
        try:
            wait_ms = float(wait_ms)
        except ValueError:
            wait_ms = None
    if isinstance(wait_ms, bool) or not isinstance(wait_ms, (int, float)) or not wait_ms >= 0:
        raise InvalidInputError("ms", "is no number of milliseconds")
    await asyncio.sleep(wait_ms / 1_000)
    return data
