"""The output handles of nodes: `true` and `false` of a condition, and the cases of a switch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from flightlog.codegen.node_types import Condition, Config, Switch

DEFAULT: Final = "default"
PLAIN_HANDLES: Final = {None, "", "output"}
"""The handles of an edge that chooses nothing; the editor calls a node's only handle `output`."""


class Handles(Struct, frozen=True):
    """The output handles of one node."""

    names: tuple[str, ...] = ()
    """The handles' names; empty when the node doesn't choose."""
    aliases: dict[str, str] = {}
    """Alternative names in an edge's `sourceHandle`."""
    targets: tuple[tuple[str, str, tuple[str | int, ...]], ...] = ()
    """Targets that the config names: the handle, the target node, and the place in the config."""

    def find_handles(self, handle: str | None, target: str) -> Sequence[str | None] | None:
        """
        Find the handles that an edge takes.

        Args:
            handle: The edge's `sourceHandle`.
            target: The edge's target. An edge without a handle takes the handle that the config
                gives for this target.

        Returns:
            The handles; `[None]` means any; None when the node has no such handle.
        """
        if not self.names:
            return [None]
        if handle in self.names:
            return [handle]
        if handle in PLAIN_HANDLES:
            ways = [way for way, leads_to, _ in self.targets if leads_to == target]
            return ways or [None]
        if handle in self.aliases:
            return [self.aliases[handle]]
        return None


def find_output_handles(config: Config) -> Handles:
    """
    Find the output handles of a node.

    Args:
        config: The node's config.

    Returns:
        The handles.
    """
    if isinstance(config, Condition):
        targets = [
            (way, target, (field,))
            for way, field, target in (
                ("true", "trueTarget", config.true_target),
                ("false", "falseTarget", config.false_target),
            )
            if target
        ]
        return Handles(
            ("true", "false"), {"trueTarget": "true", "falseTarget": "false"}, tuple(targets)
        )
    if isinstance(config, Switch):
        return _find_switch_handles(config)
    return Handles()


def list_case_handles(config: Switch) -> list[str]:
    """
    Name the handle of each case of a switch.

    Args:
        config: The switch's config.

    Returns:
        For each case its value as text, or `case-NUMBER` if the text is empty or already used.
    """
    names: list[str] = []
    for number, case in enumerate(config.cases):
        name = _write_text(case.value)
        names.append(name if name not in {*names, DEFAULT, ""} else f"case-{number}")
    return names


def _find_switch_handles(config: Switch) -> Handles:
    names = list_case_handles(config)
    aliases: dict[str, str] = {}
    for number, name in enumerate(names):
        for other in (f"case-{number}", f"case_{number}", f"case{number}", f"case:{name}"):
            if other not in names:
                aliases[other] = name
    targets: list[tuple[str, str, tuple[str | int, ...]]] = [
        (name, case.target, ("cases", number, "target"))
        for number, (name, case) in enumerate(zip(names, config.cases, strict=True))
        if case.target
    ]
    if config.default:
        targets.append((DEFAULT, config.default, ("default",)))
    return Handles((*names, DEFAULT), aliases, tuple(targets))


def _write_text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
