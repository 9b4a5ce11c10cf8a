"""Reads the nodes of a workflow: checks each config by its type, and refuses unsupported types."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from flightlog.codegen.configs import normalize_config
from flightlog.codegen.conversion import convert, write_child_place
from flightlog.codegen.edges import Nodes
from flightlog.codegen.manifest import check_schema
from flightlog.codegen.manifest_model import Node, Workflow
from flightlog.codegen.node_types import (
    KINDS,
    NAMED_ONLY,
    REFUSED_TRIGGERS,
    TRIGGERS,
    Config,
    Loop,
    Parallel,
    Validate,
)
from flightlog.codegen.problems import Problems, format_place
from flightlog.codegen.usercode import UserCodeError, wrap_body

_NO_SETTING: Final = frozenset({"description"})


def read_nodes(workflow: Workflow, problems: Problems, notes: list[str]) -> Nodes:
    """
    Read the config of every node.

    Args:
        workflow: The workflow.
        problems: Collects invalid types and configs, each with its node.
        notes: Collects notes on ignored fields.

    Returns:
        The nodes with valid configs.
    """
    configs: dict[str, Config] = {}
    triggers = set()
    for node_id, node in workflow.nodes.items():
        place = format_place("workflows", workflow.id, "nodes", node_id)
        if node.type in TRIGGERS or node.type in REFUSED_TRIGGERS:
            triggers.add(node_id)
            notes += _trigger_notes(workflow, node, place)
            continue
        if node.type not in KINDS:
            _refuse_type(node.type, f"{place}.type", problems)
            continue
        config_place = f"{place}.config"
        given = normalize_config(node.type, node.config, config_place, problems, notes)
        config = convert(given, KINDS[node.type].config, config_place, problems, notes)
        if config is None:
            continue
        configs[node_id] = config
        _check(node, config, place, problems, notes)
    return Nodes(configs, frozenset(triggers))


def refuse_trigger(kind: str, place: str, problems: Problems) -> None:
    """
    Report a trigger that Flightlog doesn't support, with a replacement.

    Args:
        kind: The trigger's type.
        place: The trigger's place in the manifest.
        problems: Collects the fault.
    """
    if kind in REFUSED_TRIGGERS:
        problems.add(place, f"is {kind!r}, which can't be generated", REFUSED_TRIGGERS[kind])
    else:
        problems.add(place, f"is {kind!r}, which is no trigger", f"use {_join_choices(TRIGGERS)}")


def _trigger_notes(workflow: Workflow, node: Node, place: str) -> Iterator[str]:
    trigger = workflow.trigger
    if node.type != trigger.type:
        if node.type != "manual":
            yield (
                f"`{place}.type` is {node.type!r}, but the workflow's trigger is "
                f"{trigger.type!r}, which is used."
            )
        return
    for name, value in node.config.items():
        if name not in _NO_SETTING and value not in (None, "", trigger.config.get(name, value)):
            yield (
                f"`{write_child_place(f'{place}.config', name)}` is {value!r}, but the workflow's "
                f"trigger says {trigger.config[name]!r}, which is used."
            )


def _refuse_type(kind: str, place: str, problems: Problems) -> None:
    if kind in NAMED_ONLY:
        problems.add(place, f"is {kind!r}, which can't be generated", NAMED_ONLY[kind])
        return
    close = difflib.get_close_matches(kind, KINDS, 1)
    advice = f"perhaps {close[0]!r} is meant" if close else f"use {_join_choices(KINDS)}"
    problems.add(place, f"is {kind!r}, which is no type of node", advice)


def _join_choices(names: object) -> str:
    *first, last = sorted(map(str, names))  # type: ignore[call-overload]
    return f"{', '.join(first)} or {last}"


def _check(node: Node, config: Config, place: str, problems: Problems, notes: list[str]) -> None:
    if isinstance(config, Loop | Parallel):
        _check_group(config, f"{place}.config", problems)
    if node.cache is not None and node.cache.enabled and not node.cache.ttl:
        problems.add(
            f"{place}.cache.ttl", "is missing", "say for how many seconds the output is kept"
        )
    if node.on_error != "fallback" and node.fallback_value not in (None, UNSET):
        notes.append(f"`{place}.fallbackValue` is used only with `onError` fallback.")
    if isinstance(config, Validate):
        check_schema(config.schema, f"{place}.config.schema", problems)
    code = getattr(config, "code", None)
    if isinstance(code, str):
        try:
            wrap_body(code)
        except UserCodeError as error:
            add_code_problem(error, place, problems)


def add_code_problem(error: UserCodeError, place: str, problems: Problems) -> None:
    """
    Report a fault in a node's own code.

    Args:
        error: The fault.
        place: The node's place in the manifest.
        problems: Collects the fault.
    """
    line = "" if error.line is None else f" (line {error.line})"
    problems.add(f"{place}.config.code", f"{error.what}{line}", error.advice)


def _check_group(config: Loop | Parallel, place: str, problems: Problems) -> None:
    if isinstance(config, Parallel):
        if config.timeout is not None and config.timeout <= 0:
            problems.add(f"{place}.timeout", f"is {config.timeout}", "use more than 0 ms")
        return
    if not config.children:
        problems.add(f"{place}.children", "has no node in it", "name at least one")
    if not isinstance(config.items, str | list | dict):
        problems.add(f"{place}.items", "is no list", "give a list or an expression")
    if config.max_concurrency is not None and config.max_concurrency < 1:
        problems.add(f"{place}.maxConcurrency", f"is {config.max_concurrency}", "use 1 or more")
