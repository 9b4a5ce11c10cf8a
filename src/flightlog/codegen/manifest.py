"""
Reads the editor's workflow manifest into the records of `manifest_model`.

This module checks types and allowed fields. `graph` checks the order of the nodes, and
`node_types` defines the nodes' configs. Unknown fields are ignored with a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, TypeVar, get_args, get_origin

import msgspec
from msgspec import Struct

from flightlog.codegen.manifest_model import (
    Edge,
    ExecutionConfig,
    InputField,
    Manifest,
    Metadata,
    Node,
    Output,
    PinnedData,
    ProjectConfig,
    Secret,
    TriggerConfig,
    Workflow,
)
from flightlog.codegen.problems import Problems, format_place
from flightlog.errors import InvalidWorkflowError
from flightlog.runtime.schemas import checked_schema

T = TypeVar("T", bound=Struct)

_WITHOUT_EFFECT: Final[dict[type[Struct], frozenset[str]]] = {
    Metadata: frozenset({"author", "createdAt", "updatedAt", "version"}),
    PinnedData: frozenset({"timestamp"}),
}
"""Fields that change nothing in a run, and need no note."""

MAX_DEPTH: Final = 64
_AT: Final = re.compile(r" - at `\$([^`]*)`$")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SUPPORTED_MAJOR: Final = "1"
_RECORDS: Final = {"trigger", "config", "executionConfig", "cache", "pinnedData", "cors"}
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
    if _deeper(value, MAX_DEPTH):
        problems.add("", f"is nested more than {MAX_DEPTH} levels deep", "make it flatter")
        return None
    for place in _places_of_surrogates(value):
        problems.add(
            place, "holds half of a character (a lone surrogate)", "write the whole character"
        )
    if problems:
        return None
    parts = convert(value, _ManifestParts, "", problems, notes)
    if parts is None:
        members = _readable(value, _ManifestParts)
        if "workflows" not in members:
            return None
        parts = msgspec.convert(members, _ManifestParts)
    config = parts.config or ProjectConfig()
    _check_project(parts, config, problems, notes)
    workflows = {}
    for key, one in parts.workflows.items():
        if workflow := _workflow(key, one, problems, notes):
            workflows[key] = workflow
    secrets = {}
    for name, one in (parts.secrets or {}).items():
        place = format_place("secrets", name)
        if not (name.isascii() and name.isidentifier()):
            problems.add(place, "is no name for a secret", "use letters, digits and `_` alone")
        secrets[name] = convert(one or {}, Secret, place, problems, notes) or Secret()
    return Manifest(
        metadata=parts.metadata or Metadata(),
        config=config,
        secrets=secrets,
        global_variables=parts.global_variables or {},
        workflows=workflows,
        notes=tuple(notes),
    )


def convert(
    value: Any,
    kind: type[T],
    place: str,
    problems: Problems,
    notes: list[str] | None = None,
) -> T | None:
    """
    Make a record from plain values.

    Args:
        value: The plain values.
        kind: The record's class.
        place: The value's place in the manifest.
        problems: Collects the faults.
        notes: Collects the names of unknown fields, if given.

    Returns:
        The record; None when there is a fault.
    """
    given = _said(value)
    try:
        record = msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        faults = list(_faults_of_members(given, kind)) or [_parted(error)]
        for inner, what in faults:
            shown = inner.removeprefix(".") if not place else inner
            choices = _choices(kind, inner.removeprefix("."))
            problems.add(
                place + shown,
                f"can't be used: {what[:1].lower()}{what[1:]}",
                f"use {' or '.join(map(repr, choices))}" if choices else "correct it there",
            )
        return None
    if notes is not None:
        notes += [
            f"`{unknown}` is no field that Flightlog knows; it was ignored."
            for unknown in _unknown_fields(value, kind, place)
        ]
    return record


def _parted(error: msgspec.ValidationError) -> tuple[str, str]:
    told = str(error)
    found = _AT.search(told)
    return (found[1], told[: found.start()]) if found else ("", told)


def _faults_of_members(value: Any, kind: type[Struct]) -> Iterator[tuple[str, str]]:
    # A conversion stops at the first fault, so convert each member alone.
    if not isinstance(value, dict):
        return
    for field in msgspec.structs.fields(kind):
        name = field.encode_name
        if name not in value:
            if field.required:
                yield "", f"object missing required field `{name}`"
            continue
        try:
            msgspec.convert(value[name], field.type)
        except msgspec.ValidationError as error:
            inner, what = _parted(error)
            yield f".{name}{inner}", what


def _readable(value: Any, kind: type[Struct]) -> dict[str, Any]:
    given = _said(value)
    if not isinstance(given, dict):
        return {}
    faulty = {
        inner.split(".")[1].split("[")[0] for inner, _ in _faults_of_members(given, kind) if inner
    }
    return {name: one for name, one in given.items() if name not in faulty}


def _unknown_fields(value: Any, kind: type[Struct], place: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        return
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    silent = _WITHOUT_EFFECT.get(kind, frozenset())
    for name, member in value.items():
        inner = child_place(place, name)
        if name in fields:
            yield from _unknown_within(member, fields[name], inner)
        elif name not in silent:
            yield inner


def _unknown_within(value: Any, kind: Any, place: str) -> Iterator[str]:
    for option in (kind, *get_args(kind)):
        if isinstance(option, type) and issubclass(option, Struct):
            if isinstance(value, list):
                for number, one in enumerate(value):
                    yield from _unknown_fields(one, option, f"{place}[{number}]")
            else:
                yield from _unknown_fields(value, option, place)


def _choices(kind: type[Struct], name: str) -> list[Any]:
    for field in msgspec.structs.fields(kind):
        if field.encode_name == name:
            kinds = [field.type, *get_args(field.type)]
            return [one for each in kinds if get_origin(each) is Literal for one in get_args(each)]
    return []


def _said(value: Any) -> Any:
    # Editors write null for an absent value. Only as a fallback's value does null have a meaning.
    if not isinstance(value, dict):
        return value
    return {
        name: _said(one) if name in _RECORDS else one
        for name, one in value.items()
        if one is not None or name == "fallbackValue"
    }


def child_place(place: str, name: str) -> str:
    """
    Write the place of a field.

    Args:
        place: The place of the field's object.
        name: The field's name.

    Returns:
        The field's place.
    """
    child = format_place("x", name)[1:]
    return place + child if place else child.removeprefix(".")


def _deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    if levels == 0:
        return True
    inner: Iterable[Any] = value.values() if isinstance(value, dict) else value
    return any(_deeper(one, levels - 1) for one in inner)


def _places_of_surrogates(value: Any, *parts: str | int) -> Iterator[str]:
    if isinstance(value, str):
        if _SURROGATE.search(value) and not _is_data(parts):
            yield format_place(*parts)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if _SURROGATE.search(str(name)):
                yield format_place(*parts, str(name))
            yield from _places_of_surrogates(inner, *parts, str(name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places_of_surrogates(inner, *parts, number)


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


def _workflow(key: str, value: Any, problems: Problems, notes: list[str]) -> Workflow | None:
    place = format_place("workflows", key)
    parts = convert(value, _WorkflowParts, place, problems, notes)
    is_complete = parts is not None
    if parts is None:
        if not isinstance(value, dict):
            return None
        parts = msgspec.convert(_readable(value, _WorkflowParts), _WorkflowParts)
    _check_id(place, parts.id, key, problems)
    _check_ends(place, parts, problems, notes)
    nodes, edges, unreadable = {}, [], set()
    for node_key, one in (parts.nodes or {}).items():
        node_place = format_place("workflows", key, "nodes", node_key)
        if node := convert(one, Node, node_place, problems, notes):
            _check_id(node_place, node.id, node_key, problems)
            _check_numbers(node_place, {"timeout": node.timeout, "retries": node.retries}, problems)
            nodes[node_key] = node
        else:
            unreadable.add(node_key)
    for number, one in enumerate(parts.edges or ()):
        edge = convert(one, Edge, format_place("workflows", key, "edges", number), problems, notes)
        if edge:
            edges.append(edge)
        else:
            is_complete = False
    execution = _execution_config(
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


def _execution_config(
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
        where = child_place(f"{place}.input", name)
        told = convert(field, InputField, where, problems, notes)
        if told is not None and told.validation is not None:
            check_schema(told.validation, f"{where}.validation", problems)
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
        checked_schema(schema, "schema")
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
