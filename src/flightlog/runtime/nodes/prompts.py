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
    Make messages for a model of a template.

    Args:
        node: The node.
        messages: `[{"role": …, "content": …}]`; texts may hold expressions, and the
            variables by their names.
        system: What the model is told first.
        variables: Values by name, for the messages and for `system`.

    Returns:
        `{"system": …, "messages": […]}`.
    """
    named = node.resolve(variables or {})
    config = node.given(named, messages=messages, system=system)
    node.record_input({**config, "variables": named} if named else config)
    told, rest = split_system(config["messages"], config.get("system"))
    return {"system": told, "messages": rest}
