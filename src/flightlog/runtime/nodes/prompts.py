"""The promptTemplate node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flightlog.runtime.node import Node
from flightlog.runtime.nodes.completions import split_system


async def prompt_template(
    node: Node, *, messages: Any, system: Any = None, variables: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """
    Make messages for a model from a template.

    Args:
        node: The node.
        messages: `[{"role": …, "content": …}]`; texts may contain expressions, which can use the
            variables by their names.
        system: The system prompt.
        variables: Values by name, for the messages and for `system`.

    Returns:
        `{"system": …, "messages": […]}`.

    Raises:
        InvalidExpressionError: An expression can't be evaluated.
    """
    named = node.resolve(variables or {})
    config = node.given(named, messages=messages, system=system)
    node.record_input({**config, "variables": named} if named else config)
    told, rest = split_system(config["messages"], config.get("system"))
    return {"system": told, "messages": rest}
