"""
Compile the functions that convert between rows, values and structs, from declared fields.

A list reads hundreds of rows, and a transaction writes thousands. So each function is one
expression that names every column, as `dataclasses` compiles `__init__`: reading a row takes half
as long as with a loop over the columns. The text of the functions contains only names of declared
fields and places of columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Struct

from flightlog.record.fields import Field, MergedFields
from flightlog.record.model import ExecutionError

Row: TypeAlias = tuple[Any, ...]
"""A row as the driver of a database gives it."""
StorePayload: TypeAlias = Callable[[Any], Any]
"""Stores a payload and returns the value for its column."""
LoadPayload: TypeAlias = Callable[[Any], Any]
"""Converts the value of a payload's column to the payload."""
ReadValues: TypeAlias = Callable[[Row, LoadPayload | None, ExecutionError | None], tuple[Any, ...]]
"""Reads the values of registers from a row and its error; without `load`, payloads are absent."""
WriteRow: TypeAlias = Callable[
    [Row, tuple[Any, ...], StorePayload, int, str | None, tuple[Any, ...]], Row
]
"""Makes a row of its key, the values of registers, revision, provenance and the error's columns."""

Copied = TypeVar("Copied", bound=Struct)
_encode_json: Final = msgspec.json.Encoder(order="sorted").encode


def compile_reader(fields: MergedFields, first: int) -> ReadValues:
    """
    Compile the function that reads the values of a row.

    Args:
        fields: The fields that merge.
        first: The place of the first field's column in a row.

    Returns:
        The function.
    """
    texts, names = _columns(fields, first)
    read: ReadValues = _compile("row, load, error", f"({', '.join(texts.values())})", names)
    return read


def compile_writer(fields: MergedFields) -> WriteRow:
    """
    Compile the function that makes a row: `write(key, values, store, revision, provenance, error)`.

    Args:
        fields: The fields that merge.

    Returns:
        The function.
    """
    texts = []
    for place, field in enumerate(fields.fields[:-1]):
        value = f"values[{place}]"
        if field.kind == "payload":
            value = f"None if {value} is UNSET else store({value})"
        elif field.kind == "json":
            value = f"None if {value} is None else write_json({value})"
        texts.append(value)
    write: WriteRow = _compile(
        "key, values, store, revision, provenance, error",
        f"(*key, {', '.join(texts)}, revision, provenance, *error)",
        {"write_json": _write_json, "UNSET": UNSET},
    )
    return write


def compile_maker(
    fields: MergedFields, first: int, struct: type[Struct], **more: str
) -> Callable[..., Any]:
    """
    Compile the function that makes a record from a row: `make(row, load, error, nodes=())`.

    Args:
        fields: The fields of the record that merge.
        first: The place of the first field's column in a row.
        struct: The type of the record.
        more: The text of the expression for each field that doesn't merge.

    Returns:
        The function. The nested struct is absent if one of its required columns is NULL. Without
        `load`, the payloads are absent.
    """
    texts, names = _columns(fields, first)
    payloads = fields.list_kind("payload")
    bare = {name: text for name, text in texts.items() if name not in payloads}
    # A call with more than 15 keyword arguments builds a dict, so leave out absent payloads.
    made = [_write_call(fields, first, chosen, more) for chosen in (bare, texts)]
    make: Callable[..., Any] = _compile(
        "row, load, error, nodes=()",
        f"{made[0]} if load is None else {made[1]}",
        {**names, "make": struct, "nested": fields.nested and fields.nested.struct},
    )
    return make


def compile_copier(
    source: type[Struct], target: type[Copied], *computed: str
) -> Callable[..., Copied]:
    """
    Compile the function that copies a record's fields to a struct: `copy(record, **computed)`.

    Args:
        source: The type of the record.
        target: The type of the struct; each of its fields that the record has too is copied.
        computed: The names of fields that aren't copied.

    Returns:
        The function. It takes the fields that it doesn't copy as keyword arguments.
    """
    copied = set(source.__struct_fields__).difference(computed)
    texts = {name: f"record.{name}" for name in target.__struct_fields__ if name in copied}
    copy: Callable[..., Copied] = _compile(
        "record, **computed", f"make({_arguments(texts)}, **computed)", {"make": target}
    )
    return copy


def _write_call(
    fields: MergedFields, first: int, texts: Mapping[str, str], more: Mapping[str, str]
) -> str:
    """Write the call that makes a record of the chosen columns."""
    own, nested = dict(texts), fields.nested
    if nested is not None:
        inner = {
            name: own.pop(fields.names[place])
            for name, place in nested.places.items()
            if fields.names[place] in own
        }
        required = [
            f"row[{first + place}] is not None"
            for place in nested.required
            if fields.fields[place].kind != "payload"
        ]
        made = f"nested({_arguments(inner)})"
        own[nested.field] = f"{made} if {' and '.join(required) or True} else None"
    return f"make({_arguments({**own, **more})})"


def _columns(fields: MergedFields, first: int) -> tuple[dict[str, str], dict[str, Any]]:
    texts: dict[str, str] = {}
    names: dict[str, Any] = {"UNSET": UNSET}
    for place, field in enumerate(fields.fields):
        column = f"row[{first + place}]"
        if field.kind == "error":
            column = "error"
        elif field.kind == "payload":
            column = f"UNSET if load is None else load({column})"
        elif field.kind in {"json", "flag"}:
            names[f"read_{field.name}"] = _converter(field)
            column = f"None if {column} is None else read_{field.name}({column})"
        texts[field.name] = column
    return texts, names


def _converter(field: Field) -> Callable[[Any], Any]:
    return bool if field.kind == "flag" else msgspec.json.Decoder(field.type).decode


def _write_json(value: Any) -> str:
    return _encode_json(value).decode()


def _arguments(texts: dict[str, str]) -> str:
    return ", ".join(f"{name}={text}" for name, text in texts.items())


def _compile(parameters: str, expression: str, names: dict[str, Any]) -> Any:
    code = f"lambda {parameters}: {expression}"
    return eval(code, dict(names))  # noqa: S307  # only declared names, see the module's docstring
