"""
The arguments of the channels, as declared records, and their conversion from a window's calls.

The order of a record's fields is the order of the positional arguments.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar, get_args

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import FieldInfo

from flightlog.ipc.errors import bad_argument
from flightlog.record.model import ExecutionStatus

SortOrder: TypeAlias = Literal["asc", "desc"]
Arguments = TypeVar("Arguments", bound=Struct)

MAX_RETENTION_DAYS: Final = 36_500
_SHOWN_CHARACTERS: Final = 60

WorkflowId: TypeAlias = Annotated[
    str, Meta(min_length=1, title="text", description="The workflow's id.")
]
ExecutionId: TypeAlias = Annotated[
    str, Meta(min_length=1, title="text", description="The execution's id.")
]
Limit: TypeAlias = Annotated[
    int,
    Meta(
        ge=1,
        le=1_000,
        title="a whole number from 1 to 1,000",
        description="At most so many, 1 to 1,000; 50 by default.",
    ),
]
Offset: TypeAlias = Annotated[
    int,
    Meta(ge=0, le=2**53, title="a whole number from 0", description="Skip so many; 0 by default."),
]
ProjectPath: TypeAlias = Annotated[
    str,
    Meta(
        min_length=1,
        title="the absolute path of a project's directory",
        description="The project's directory; by default, the open project.",
    ),
]


class History(Struct, frozen=True, rename="camel"):
    """Arguments of `execution:get-history`."""

    workflow_id: WorkflowId
    limit: Limit = 50
    offset: Offset = 0


class OneExecution(Struct, frozen=True, rename="camel"):
    """Arguments of `execution:get-details`."""

    execution_id: ExecutionId


class ExecutionOfProject(Struct, frozen=True, rename="camel"):
    """Arguments of `execution:delete`, `execution:get` and `execution:copy-to-canvas`."""

    execution_id: ExecutionId
    project_path: ProjectPath | None = None


class WorkflowOfProject(Struct, frozen=True, rename="camel"):
    """Arguments of `execution:clear-workflow` and `execution:get-stats`."""

    workflow_id: WorkflowId
    project_path: ProjectPath | None = None


class ExecutionFilter(Struct, frozen=True, rename="camel"):
    """The only argument of `execution:query`; an execution must match every filter."""

    workflow_id: WorkflowId | None = None
    status: (
        Annotated[
            ExecutionStatus,
            Meta(title="`running`, `success` or `error`", description="Only those that are so."),
        ]
        | None
    ) = None
    limit: Limit = 50
    offset: Offset = 0
    sort_order: Annotated[
        SortOrder,
        Meta(title="`asc` or `desc`", description="By their start; `desc` by default."),
    ] = "desc"
    project_path: ProjectPath | None = None


class Retention(Struct, frozen=True, rename="camel"):
    """Arguments of `execution:cleanup`."""

    retention_days: Annotated[
        int,
        Meta(
            ge=0,
            le=MAX_RETENTION_DAYS,
            title=f"a whole number of days from 0 (for ever) to {MAX_RETENTION_DAYS:,}",
            description="Older executions are erased; 0 keeps them for ever.",
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


class Project(Struct, frozen=True, rename="camel"):
    """Arguments of `project/open`; without a path, the history that the process started with."""

    project_path: ProjectPath | None = None


class Nothing(Struct, frozen=True, rename="camel"):
    """Arguments of `shutdown` and `exit`: none."""


def bind(kind: type[Arguments], given: Any, *, as_object: bool = False) -> Arguments:
    """
    Convert a call's arguments to a channel's declared arguments.

    Args:
        kind: The arguments' declaration.
        given: A list by position, an object by name, or nothing; null counts as absent.
        as_object: Whether the only positional argument is an object that holds all arguments.

    Returns:
        The converted arguments.

    Raises:
        JsonRpcInvalidParams: An argument is missing, unknown or wrong. The message names the
            argument, the given value, and the right values.
    """
    fields = msgspec.structs.fields(kind)
    values = _by_name(fields, given, as_object=as_object)
    known = {field.encode_name: field for field in fields}
    for name in values:
        if name not in known:
            raise bad_argument(name, f"There is no argument {_shown(name)}. {_hint(name, known)}")
    bound = {}
    for name, field in known.items():
        if values.get(name) is not None:
            bound[field.name] = _value(field, values[name])
        elif field.required:
            raise bad_argument(name, f"`{name}` is missing; it must be {_right(field)}.")
    return kind(**bound)


def _by_name(fields: Sequence[FieldInfo], given: Any, *, as_object: bool) -> Mapping[str, Any]:
    if isinstance(given, list):
        while given and given[-1] is None:
            given = given[:-1]
        most = 1 if as_object else len(fields)
        if len(given) > most:
            raise bad_argument(
                f"[{most}]", f"{len(given)} arguments were given; at most {most} are taken."
            )
        if not as_object:
            return {field.encode_name: value for field, value in zip(fields, given, strict=False)}
        given = given[0] if given else None
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise bad_argument("[0]", f"The arguments are {_shown(given)}; they must be an object.")
    return given


def _value(field: FieldInfo, value: Any) -> Any:
    wrong = f"`{field.encode_name}` is {_shown(value)}; it must be {_right(field)}."
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        converted = msgspec.convert(value, field.type)
        if isinstance(converted, str):
            converted.encode()
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise bad_argument(field.encode_name, wrong) from error
    if field.name == "project_path" and ("\0" in converted or not Path(converted).is_absolute()):
        raise bad_argument(field.encode_name, wrong)
    return converted


def _right(field: FieldInfo) -> str:
    for kind in (field.type, *get_args(field.type)):
        for note in getattr(kind, "__metadata__", ()):
            if isinstance(note, Meta) and note.title:
                return note.title
    raise TypeError(f"{field.name} doesn't say what is right")


def _hint(name: str, known: Mapping[str, FieldInfo]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"Did you mean `{close[0]}`?"
    return f"There are: {', '.join(known)}." if known else "None is taken."


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
