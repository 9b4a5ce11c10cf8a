"""
The arguments of the channels, as declared records, and their conversion from a window's calls.

The order of a record's fields is the order of the positional arguments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Final, TypeAlias, TypeVar, get_args

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import FieldInfo

from flightlog.ipc.errors import make_argument_error

Arguments = TypeVar("Arguments", bound=Struct)

_SHOWN_CHARACTERS: Final = 60
_WHOLE_NUMBER: Final = re.compile(r"\s*[+-]?\d{1,18}\s*")

WorkflowId: TypeAlias = Annotated[str, Meta(title="text", description="The workflow's id.")]
ExecutionId: TypeAlias = Annotated[str, Meta(title="text", description="The execution's id.")]
Limit: TypeAlias = Annotated[
    int,
    Meta(
        title="a whole number",
        description="At most so many, 50 by default; a negative number means all.",
    ),
]
Offset: TypeAlias = Annotated[
    int,
    Meta(title="a whole number", description="Skip so many; 0 by default, as if negative."),
]
ProjectPath: TypeAlias = Annotated[
    str,
    Meta(
        title="the absolute path of a project's directory",
        description="The project to open first; empty or absent, the open project.",
    ),
]


class History(Struct, frozen=True, rename="camel"):
    """Arguments of `execution:get-history`."""

    workflow_id: WorkflowId | None
    limit: Limit = 50
    offset: Offset = 0


class OneExecution(Struct, frozen=True, rename="camel"):
    """Arguments of `execution:get-details`."""

    execution_id: ExecutionId | None


class ExecutionOfProject(Struct, frozen=True, rename="camel"):
    """Arguments of `execution:delete`, `execution:get` and `execution:copy-to-canvas`."""

    execution_id: ExecutionId | None
    project_path: ProjectPath | None = None


class WorkflowOfProject(Struct, frozen=True, rename="camel"):
    """Arguments of `execution:clear-workflow` and `execution:get-stats`."""

    workflow_id: WorkflowId | None
    project_path: ProjectPath | None = None


class ExecutionFilter(Struct, frozen=True, rename="camel"):
    """
    The only argument of `execution:query`; an execution must match every filter.

    An empty text is no filter, and a status that no execution has matches none.
    """

    workflow_id: WorkflowId | None = None
    status: (
        Annotated[str, Meta(title="text", description="`running`, `success` or `error`.")] | None
    ) = None
    limit: Limit = 50
    offset: Offset = 0
    query: (
        Annotated[str, Meta(title="text", description="A query of docs/inspect/query.md.")] | None
    ) = None
    sort_order: Annotated[
        str,
        Meta(
            title="`asc` or `desc`",
            pattern="^(?i:asc|desc|)$",
            description="By their start; `desc` by default, `asc` if empty.",
        ),
    ] = "desc"
    project_path: ProjectPath | None = None


class Retention(Struct, frozen=True, rename="camel"):
    """Arguments of `execution:cleanup`."""

    retention_days: Annotated[
        float,
        Meta(
            title="a number of days",
            description="Erase older executions; 0 keeps all, a negative number erases all.",
        ),
    ]


class Start(Struct, frozen=True, rename="camel"):
    """Arguments of `initialize`."""

    process_id: (
        Annotated[
            int,
            Meta(ge=1, title="a process's number", description="Flightlog ends when it does."),
        ]
        | None
    ) = None
    settings: Annotated[dict[str, Any], Meta(title="an object of settings")] | None = None


class Settings(Struct, frozen=True, rename="camel"):
    """Arguments of `settings/update`."""

    settings: Annotated[dict[str, Any], Meta(title="an object of settings")]


class Port(Struct, frozen=True, rename="camel"):
    """Arguments of `receiver/listen`; without a port, any free one."""

    port: Annotated[int, Meta(ge=0, le=65535, title="a TCP port, 0 to 65535")] = 0


class Record(Struct, frozen=True, rename="camel"):
    """Arguments of `executions/log`; the call does not open the project."""

    execution: Annotated[dict[str, Any], Meta(title="an execution")]
    project_path: ProjectPath | None = None


class Execution(Struct, frozen=True, rename="camel"):
    """Arguments of `workflow:execute`."""

    workflow_id: WorkflowId
    trigger_data: Any
    manifest: Any
    project_path: ProjectPath | None = None


class Project(Struct, frozen=True, rename="camel"):
    """Arguments of `project/open`; without a path, the history that the process started with."""

    project_path: ProjectPath | None = None


class Nothing(Struct, frozen=True, rename="camel"):
    """Arguments of `shutdown` and `exit`: none."""


def bind(kind: type[Arguments], given: Any, *, as_object: bool = False) -> Arguments:
    """
    Convert a call's arguments to a channel's declared arguments.

    Unknown and surplus arguments are ignored. By position, null means absent. In an object, a null
    that an argument does not allow is wrong.

    Args:
        kind: The arguments' declaration.
        given: A list by position, an object by name, or nothing.
        as_object: Whether the only positional argument is an object that holds all arguments.

    Returns:
        The converted arguments.

    Raises:
        RpcError: An argument is missing or wrong. The message names the argument, the given value,
            and the right values.
    """
    fields = msgspec.structs.fields(kind)
    values = _index_by_name(fields, given, as_object=as_object)
    bound = {}
    for field in fields:
        name = field.encode_name
        if values.get(name) is not None:
            bound[field.name] = _convert_value(field, values[name])
        elif _takes_none(field):
            bound[field.name] = None if field.required else field.default
        elif field.required:
            raise make_argument_error(
                name, f"`{name}` is missing; it must be {_describe_right(field)}."
            )
        elif name in values:
            raise make_argument_error(
                name, f"`{name}` is null; it must be {_describe_right(field)}."
            )
    return kind(**bound)


def _index_by_name(
    fields: Sequence[FieldInfo], given: Any, *, as_object: bool
) -> Mapping[str, Any]:
    if isinstance(given, list):
        if not as_object:
            return {
                field.encode_name: value
                for field, value in zip(fields, given, strict=False)
                if value is not None
            }
        given = given[0] if given else None
    if given is None and not as_object:
        return {}
    if not isinstance(given, dict):
        raise make_argument_error(
            "[0]", f"The arguments are {_shorten(given)}; they must be an object."
        )
    return given


def _takes_none(field: FieldInfo) -> bool:
    return field.type is Any or NoneType in get_args(field.type)


def _convert_value(field: FieldInfo, value: Any) -> Any:
    if field.type is Any:
        return value
    wrong = f"`{field.encode_name}` is {_shorten(value)}; it must be {_describe_right(field)}."
    try:
        converted = msgspec.convert(_loosen(value, field.type), field.type)
        if isinstance(converted, str):
            converted.encode()
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise make_argument_error(field.encode_name, wrong) from error
    if field.name == "project_path":
        if converted == "":
            return None
        if "\0" in converted or not Path(converted).is_absolute():
            raise make_argument_error(field.encode_name, wrong)
    return converted


def _loosen(value: Any, kind: Any) -> Any:
    # SQLite compares an id that is a number as text, and takes a limit that is text as a number.
    takes_text = str in {getattr(part, "__origin__", part) for part in (kind, *get_args(kind))}
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if takes_text and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not takes_text and isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value):
        return int(value)
    return value


def _describe_right(field: FieldInfo) -> str:
    for kind in (field.type, *get_args(field.type)):
        for note in getattr(kind, "__metadata__", ()):
            if isinstance(note, Meta) and note.title:
                return note.title
    raise TypeError(f"{field.name} doesn't say what is right")


def _shorten(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
