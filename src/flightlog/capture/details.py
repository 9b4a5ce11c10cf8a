"""
Reads the details that a workflow gives for an execution.

The values may be of any type, so no code of the values runs.
"""

from __future__ import annotations

import re
from collections import UserDict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct

from flightlog.capture.encoding.attributes import find_dict_behind, has_base, read_attribute
from flightlog.capture.ids import make_usable_id, to_text
from flightlog.record.model import ExecutionMode, Trigger
from flightlog.redaction import Redactor

ABSENT: Final[object] = object()
"""Stands for a missing value, because `None` is a value."""
_MANUAL: Final = "manual"
# Compiled at its first use, because importing capture must be quick.
_PLACE: Final = r"\{(\w+(?:\.\w+)*)\}"


class ExecutionDetails(Struct, frozen=True, kw_only=True):
    """The details of an execution that are known at its beginning."""

    trigger: Mapping[str, Any] | Trigger | str | None = None
    """`{"type": …, "data": …, "isSimulated": …}`, or a type alone; None means `manual`."""
    execution_id: str | None = None
    """1 to 128 printable characters; None makes a new id."""
    mode: ExecutionMode | None = None
    """`test` or `production`."""
    parent_execution_id: str | None = None
    """
    The execution whose sub-workflow this is; None: the execution in which this one begins, if any.
    """
    retry_of: str | None = None
    """The execution that this one replays."""
    tags: Mapping[str, str] | None = None
    """Free key and value text."""
    name: str | None = None
    """The run's name for people."""


def split_trigger(trigger: object) -> tuple[str, object, bool | None]:
    """
    Read a trigger.

    Args:
        trigger: `{"type": …, "data": …, "isSimulated": …}`, a `Trigger`, a type, or None. Any other
            value is the data of a manual trigger.

    Returns:
        The type; the data, or `ABSENT`; and whether the trigger is simulated, or None.
    """
    if trigger is None:
        return _MANUAL, ABSENT, None
    # Compare the type, because `isinstance` reads an object's class, and a lazy object then
    # evaluates itself.
    given: Any = trigger
    if issubclass(type(given), str):
        return to_text(given), ABSENT, None
    if type(given) is Trigger:
        return to_text(given.type), given.data, given.is_simulated
    members = read_dict(given)
    if members is None:
        return _MANUAL, given, None
    simulated = dict.get(members, "isSimulated")
    return (
        to_text(dict.get(members, "type", _MANUAL)),
        dict.get(members, "data", ABSENT),
        None if simulated is None else simulated is True,
    )


def clean_tags(tags: Mapping[str, str] | None, redactor: Redactor) -> dict[str, str] | None:
    """
    Read tags as texts without secrets.

    Args:
        tags: The tags that were given, if any.
        redactor: Removes secrets.

    Returns:
        The tags; None where there are none.
    """
    members = read_dict(tags) or {}
    texts = {to_text(name): to_text(value) for name, value in dict.items(members)}
    return redactor.tags(texts) if texts else None


def fill(template: object, arguments: Mapping[str, object]) -> str:
    """
    Put a call's arguments into a name or a tag.

    Args:
        template: A text; `{order_id}` stands for an argument, `{order.id}` for the key of a dict.
        arguments: The arguments by name.

    Returns:
        The text; a place without such an argument stays as it is.
    """

    def value(found: re.Match[str]) -> str:
        inner: object = arguments
        for step in found[1].split("."):
            members = read_dict(inner)
            if members is None or step not in members:
                return found[0]
            inner = dict.get(members, step)
        return to_text(inner)

    return re.sub(_PLACE, value, to_text(template))


def read_dict(given: object) -> dict[Any, Any] | None:
    """
    Find the dict that a value is, or that a proxy or a `UserDict` holds.

    Args:
        given: Any value.

    Returns:
        The dict; None where the value is and holds none.
    """
    mapping: Any = find_dict_behind(given) if type(given) is MappingProxyType else given
    if not issubclass(type(mapping), dict):
        mapping = read_attribute(mapping, "data") if has_base(type(mapping), UserDict) else None
    return mapping if issubclass(type(mapping), dict) else None


def clean_id(given: str | None) -> str | None:
    """
    Read the id of an execution.

    Args:
        given: The id that was given, if any.

    Returns:
        A valid id; None where none was given.
    """
    text = "" if given is None else to_text(given)
    return make_usable_id(text) if text else None
