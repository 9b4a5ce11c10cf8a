"""The promptTemplate node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flightlog.errors import InvalidInputError
from flightlog.runtime.node import Node
from flightlog.runtime.nodes.completions import read_messages
from flightlog.runtime.template_parts import split_template
from flightlog.runtime.texts import to_text

__all__ = ["prompt_template"]


async def prompt_template(
    node: Node, *, messages: Any, system: Any = None, variables: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """
    Make messages for a model from a template.

    Args:
        node: The node.
        messages: `[{"role": …, "content": …}]`; texts may contain expressions, which can use the
            variables by their names. An unknown name is an empty text and a warning.
        system: The system prompt.
        variables: Values by name, for the messages and for `system`.

    Returns:
        `{"messages": […], "metadata": {"template_count": …, "variables_used": […]}}`, and `system`
        if there is one.

    Raises:
        InvalidInputError: The messages or variables can't be used.
    """
    named = node.resolve_or_empty(variables or {})
    if not isinstance(named, Mapping):
        raise InvalidInputError("variables", "is no object")
    given = {"messages": messages, **({} if system is None else {"system": system})}
    config = {name: node.resolve_or_empty(value, named) for name, value in given.items()}
    node.record_input({**config, "variables": named} if named else config)
    made = [
        {**message, "content": to_text(message["content"])}
        for message in read_messages(config["messages"])
    ]
    output: dict[str, Any] = {
        "messages": made,
        "metadata": {
            "template_count": len(made),
            "variables_used": sorted(set(_expressions(given))),
        },
    }
    return {**output, "system": to_text(config["system"])} if config.get("system") else output


def _expressions(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        parts = split_template(value, lenient=True)
        yield from (part.strip() for part, is_expression in parts if is_expression)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _expressions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _expressions(inner)
