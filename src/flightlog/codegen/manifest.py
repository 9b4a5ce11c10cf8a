"""
Reads the editor's workflow manifest into the records of `manifest_model`.

`conversion` checks types and fields, and this module checks values. `graph` checks the order of the
nodes, and `node_types` defines the nodes' configs. Unknown fields are ignored with a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from flightlog.codegen.conversion import convert, drop_faulty_members, write_child_place
from flightlog.codegen.manifest_model import (
    Edge,
    ExecutionConfig,
    InputField,
    Manifest,
    Metadata,
    Node,
    Output,
    ProjectConfig,
    Secret,
    TriggerConfig,
    Workflow,
)
from flightlog.codegen.problems import Problems, format_place
from flightlog.errors import InvalidWorkflowError
from flightlog.runtime.schemas import make_validator

MAX_DEPTH: Final = 64
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SUPPORTED_MAJOR: Final = "1"
_FORMATS: Final = {None, "sse", "ndjson"}


class _WorkflowParts(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str | None = None
    name: str | None = None
    description: str | None = None
    trigger: TriggerConfig | None = None
    input: dict[str, Any] | None = None
    output: dict[str, Any] | None = None
    nodes: dict[str, Any] | None = None
    edges: list[Any] | None = None
    execution_config: dict[str, Any] | None = None


class _ManifestParts(Struct, frozen=True, kw_only=True, rename="camel"):
    workflows: dict[str, Any]
    schema_version: str = "1.0.0"
    project_type: str = "workflow"
    metadata: Metadata | None = None
    config: ProjectConfig | None = None
    secrets: dict[str, Any] | None = None
    global_variables: dict[str, Any] | None = None
    execution_logging: dict[str, Any] | None = None


def read_manifest(value: Any, problems: Problems) -> Manifest | None:
    """
    Read a manifest from plain values: dicts, lists, texts, numbers, booleans and None.

    Args:
        value: The plain values.
        problems: Collects the faults, each with its place.

    Returns:
        The manifest. Where there are faults, it has the parts that can be read, and is only good
        for finding more faults; None when there are no such parts.
    """
    notes = list[str]()
    if _is_deeper(value, MAX_DEPTH):
        problems.add("", f"is nested more than {MAX_DEPTH} levels deep", "make it flatter")
        return None
    for place in _find_surrogates(value):
        problems.add(
            place, "holds half of a character (a lone surrogate)", "write the whole character"
        )
    if problems:
        return None
    parts = convert(value, _ManifestParts, "", problems, notes)
    if parts is None:
        members = drop_faulty_members(value, _ManifestParts)
        if "workflows" not in members:
            return None
        parts = msgspec.convert(members, _ManifestParts, strict=False)
    config = parts.config or ProjectConfig()
    _check_project(parts, config, problems, notes)
    workflows = {}
    for key, given in parts.workflows.items():
        if workflow := _read_workflow(key, given, problems, notes):
            workflows[key] = workflow
    secrets = {}
    for name, given in (parts.secrets or {}).items():
        place = format_place("secrets", name)
        if not (name.isascii() and name.isidentifier()):
            problems.add(place, "is no name for a secret", "use letters, digits and `_` alone")
        secrets[name] = convert(given or {}, Secret, place, problems, notes) or Secret()
    return Manifest(
        metadata=parts.metadata or Metadata(),
        config=config,
        secrets=secrets,
        global_variables=parts.global_variables or {},
        workflows=workflows,
        notes=tuple(notes),
    )


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    if levels == 0:
        return True
    inner: Iterable[Any] = value.values() if isinstance(value, dict) else value
    return any(_is_deeper(item, levels - 1) for item in inner)


def _find_surrogates(value: Any, *parts: str | int) -> Iterator[str]:
    if isinstance(value, str):
        if _SURROGATE.search(value) and not _is_data(parts):
            yield format_place(*parts)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if _SURROGATE.search(str(name)):
                yield format_place(*parts, str(name))
            yield from _find_surrogates(inner, *parts, str(name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _find_surrogates(inner, *parts, number)


def _is_data(parts: tuple[str | int, ...]) -> bool:
    # Generated code escapes surrogates in data, but a name or code must be valid Unicode.
    in_config = parts[:1] == ("workflows",) and parts[2:3] == ("nodes",) and "config" in parts[4:5]
    return (in_config and parts[-1] != "code") or parts[:1] == ("globalVariables",)


def _check_project(
    parts: _ManifestParts, config: ProjectConfig, problems: Problems, notes: list[str]
) -> None:
    if parts.schema_version.split(".")[0] != _SUPPORTED_MAJOR:
        problems.add(
            "schemaVersion",
            f"is {parts.schema_version!r}, and Flightlog knows version {_SUPPORTED_MAJOR}",
            "upgrade Flightlog, or write the manifest in that version",
        )
    for place, value, only in (
        ("projectType", parts.project_type, "workflow"),
        ("config.runtime", config.runtime, "python"),
        ("config.framework", config.framework, "fastapi"),
    ):
        if value != only:
            problems.add(place, f"is {value!r}", f"only {only!r} can be generated")
    for place, port in (
        ("config.port", config.port),
        ("config.executionReceiverPort", config.execution_receiver_port),
    ):
        if not 0 < port < 1 << 16:
            problems.add(place, f"is {port}, which is no port", "use one from 1 to 65535")
    logging = parts.execution_logging or {}
    if logging.get("enabled") is False or logging.get("logLevel", "all") != "all":
        notes.append(
            "`executionLogging` is about the editor's history; generated workflows record all runs."
        )


def _read_workflow(key: str, value: Any, problems: Problems, notes: list[str]) -> Workflow | None:
    place = format_place("workflows", key)
    parts = convert(value, _WorkflowParts, place, problems, notes)
    is_complete = parts is not None
    if parts is None:
        if not isinstance(value, dict):
            return None
        members = drop_faulty_members(value, _WorkflowParts)
        parts = msgspec.convert(members, _WorkflowParts, strict=False)
    _check_id(place, parts.id, key, problems)
    _check_ends(place, parts, problems, notes)
    nodes, edges, unreadable = {}, [], set()
    for node_key, given in (parts.nodes or {}).items():
        node_place = format_place("workflows", key, "nodes", node_key)
        if node := convert(given, Node, node_place, problems, notes):
            _check_id(node_place, node.id, node_key, problems)
            _check_numbers(node_place, {"timeout": node.timeout, "retries": node.retries}, problems)
            nodes[node_key] = node
        else:
            unreadable.add(node_key)
    for number, given in enumerate(parts.edges or ()):
        edge = convert(
            given, Edge, format_place("workflows", key, "edges", number), problems, notes
        )
        if edge:
            edges.append(edge)
        else:
            is_complete = False
    execution = _read_execution_config(
        parts.execution_config or {}, f"{place}.executionConfig", problems, notes
    )
    return Workflow(
        id=key,
        name=parts.name or key,
        description=parts.description,
        trigger=parts.trigger or TriggerConfig(),
        input=parts.input or {},
        output=parts.output,
        nodes=nodes,
        edges=edges,
        execution=execution,
        unreadable=frozenset(unreadable),
        is_complete=is_complete and not unreadable,
    )


def _read_execution_config(
    value: dict[str, Any], place: str, problems: Problems, notes: list[str]
) -> ExecutionConfig:
    execution = convert(value, ExecutionConfig, place, problems, notes)
    if execution is None:
        return ExecutionConfig()
    numbers = {
        "timeout": execution.timeout,
        "retries": execution.retries,
        "retryDelay": execution.retry_delay,
    }
    _check_numbers(place, numbers, problems)
    return execution


def _check_ends(place: str, parts: _WorkflowParts, problems: Problems, notes: list[str]) -> None:
    for name, field in (parts.input or {}).items():
        where = write_child_place(f"{place}.input", name)
        declared = convert(field, InputField, where, problems, notes)
        if declared is not None and declared.validation is not None:
            check_schema(declared.validation, f"{where}.validation", problems)
    if parts.output is None:
        return
    output = convert(parts.output, Output, f"{place}.output", problems, notes)
    if output is not None and output.format == "websocket":
        notes.append(f"`{place}.output.format` is 'websocket'; the workflow answers as 'sse'.")
    elif output is not None and output.type == "stream" and output.format not in _FORMATS:
        problems.add(
            f"{place}.output.format", f"is {output.format!r}", "use 'sse' or 'ndjson' for a stream"
        )


def check_schema(schema: dict[str, Any], place: str, problems: Problems) -> None:
    """
    Check that a value is a JSON Schema.

    Args:
        schema: The schema.
        place: The schema's place in the manifest.
        problems: Collects the faults.
    """
    try:
        make_validator(schema, "schema")
    except InvalidWorkflowError as error:
        what = f"can't be used: {error.message.rstrip('.')}"
        problems.add(place, what, "write a JSON Schema")


def _check_id(place: str, own: str | None, key: str, problems: Problems) -> None:
    if own is not None and own != key:
        problems.add(place, f"has the id {own!r}", f"make the id and its key {key!r} the same")
    if not 0 < len(key) <= 128 or not key.isprintable():  # noqa: PLR2004 - a record's limit
        problems.add(place, "has no usable id", "use 1 to 128 printable characters")


def _check_numbers(place: str, numbers: Mapping[str, float | None], problems: Problems) -> None:
    for name, number in numbers.items():
        if number is not None and not 0 <= number < float("inf"):
            problems.add(f"{place}.{name}", f"is {number}", "use 0 or more")
