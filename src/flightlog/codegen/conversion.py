"""
Converts plain values to declared records, with every fault and every unknown field.

`manifest` reads the manifest with these functions, and `nodes` and `triggers` read configs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, TypeVar, get_args, get_origin

import msgspec
from msgspec import Struct

from flightlog.codegen.manifest_model import Metadata, PinnedData
from flightlog.codegen.problems import Problems, format_place

T = TypeVar("T", bound=Struct)

_WITHOUT_EFFECT: Final[dict[type[Struct], frozenset[str]]] = {
    Metadata: frozenset({"author", "createdAt", "updatedAt", "version"}),
    PinnedData: frozenset({"timestamp"}),
}
"""Fields that change nothing in a run, and need no note."""

_AT: Final = re.compile(r" - at `\$([^`]*)`$")
_FAULTS: Final = (msgspec.ValidationError, UnicodeEncodeError)
"""The errors of a conversion; msgspec raises the second for a lone surrogate in place of a word."""
_RECORDS: Final = {"trigger", "config", "executionConfig", "cache", "pinnedData", "cors"}


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
    given = _drop_nulls(value)
    try:
        # Not strict, because other programs write numbers and switches as texts: "3", "false".
        record = msgspec.convert(given, kind, strict=False)
    except _FAULTS as error:
        faults = list(_find_faults_of_members(given, kind)) or [_split_message(error)]
        for inner, what in faults:
            shown = inner.removeprefix(".") if not place else inner
            choices = _list_choices(kind, inner.removeprefix("."))
            problems.add(
                place + shown,
                f"can't be used: {what[:1].lower()}{what[1:]}",
                f"use {' or '.join(map(repr, choices))}" if choices else "correct it there",
            )
        return None
    if notes is not None:
        notes += [
            f"`{unknown}` is no field that Flightlog knows; it was ignored."
            for unknown in _find_unknown_fields(value, kind, place)
        ]
    return record


def _split_message(error: Exception) -> tuple[str, str]:
    if isinstance(error, UnicodeEncodeError):
        return "", "it holds half of a character (a lone surrogate)"
    message = str(error)
    found = _AT.search(message)
    return (found[1], message[: found.start()]) if found else ("", message)


def _find_faults_of_members(value: Any, kind: type[Struct]) -> Iterator[tuple[str, str]]:
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
            msgspec.convert(value[name], field.type, strict=False)
        except _FAULTS as error:
            inner, what = _split_message(error)
            yield f".{name}{inner}", what


def drop_faulty_members(value: Any, kind: type[Struct]) -> dict[str, Any]:
    """
    Leave out the members of an object that can't be converted.

    Args:
        value: The plain value.
        kind: The record's class.

    Returns:
        The other members; none if the value is no object.
    """
    given = _drop_nulls(value)
    if not isinstance(given, dict):
        return {}
    faulty = {
        inner.split(".")[1].split("[")[0]
        for inner, _ in _find_faults_of_members(given, kind)
        if inner
    }
    return {name: member for name, member in given.items() if name not in faulty}


def _find_unknown_fields(value: Any, kind: type[Struct], place: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        return
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    silent = _WITHOUT_EFFECT.get(kind, frozenset())
    for name, member in value.items():
        inner = write_child_place(place, name)
        if name in fields:
            yield from _find_unknown_within(member, fields[name], inner)
        elif name not in silent:
            yield inner


def _find_unknown_within(value: Any, kind: Any, place: str) -> Iterator[str]:
    for option in (kind, *get_args(kind)):
        if isinstance(option, type) and issubclass(option, Struct):
            if isinstance(value, list):
                for number, item in enumerate(value):
                    yield from _find_unknown_fields(item, option, f"{place}[{number}]")
            else:
                yield from _find_unknown_fields(value, option, place)


def _list_choices(kind: type[Struct], name: str) -> list[Any]:
    for field in msgspec.structs.fields(kind):
        if field.encode_name == name:
            kinds = [field.type, *get_args(field.type)]
            return [
                choice
                for option in kinds
                if get_origin(option) is Literal
                for choice in get_args(option)
            ]
    return []


def _drop_nulls(value: Any) -> Any:
    # Editors write null for an absent value. Only as a fallback's value does null have a meaning.
    if not isinstance(value, dict):
        return value
    return {
        name: _drop_nulls(member) if name in _RECORDS else member
        for name, member in value.items()
        if member is not None or name == "fallbackValue"
    }


def write_child_place(place: str, name: str) -> str:
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
