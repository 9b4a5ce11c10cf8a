"""
The fields that merge, and how each is kept: derived from the records' own declarations.

A field of `WorkflowExecution` or `NodeExecution` merges unless it is named in `EXECUTION_FIELDS` or
`NODE_FIELDS` below as part of the key or of the message. So a new field of a record merges, and has
a column of its name in every store, without a further declaration. A trigger's fields count as
fields of their execution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NamedTuple,
    TypeAlias,
    Union,
    get_args,
    get_origin,
)

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from flightlog.record.model import ExecutionError, NodeExecution, Trigger, WorkflowExecution

Kind: TypeAlias = Literal["plain", "flag", "payload", "error", "json"]
"""
How a store keeps a value: as it is, as 0 or 1, as a payload, as an error, or as JSON text.
"""


ERROR: Final = "error"


class Field(NamedTuple):
    """One field that merges."""

    name: str
    """The field's name among the merged values, and the name of its column."""
    kind: Kind
    """How a store keeps the value."""
    type: Any
    """The type of a value that is present."""


class MergedFields:
    """
    The fields of one type of record that merge; the error comes last.

    Args:
        struct: The type of record.
        unmerged: The names of its fields that don't merge.
        nested: The field that holds a struct of the type `nested_struct`; the fields of that struct
            merge one by one.
        nested_struct: The type of the nested struct.
        nested_names: The names of nested fields among the merged values, where they differ.

    Raises:
        TypeError: A field has another default than None or `UNSET`.
    """

    def __init__(
        self,
        struct: type[Struct],
        unmerged: Iterable[str],
        *,
        nested: str | None = None,
        nested_struct: type[Struct] = Struct,
        nested_names: Mapping[str, str] | None = None,
    ) -> None:
        skipped = {*unmerged, nested, ERROR}
        own = [field for field in msgspec.structs.fields(struct) if field.name not in skipped]
        inner = msgspec.structs.fields(nested_struct) if nested else ()
        renamed = nested_names or {}
        for field in (*own, *inner):
            if not field.required and field.default not in (None, UNSET):
                # A message without the field would overwrite an earlier value with the default.
                name = f"{struct.__name__}.{field.name}"
                raise TypeError(f"{name} merges, so its default must be None or UNSET")
        self.fields: Final = (
            *(_make_field(field.name, field.type) for field in own),
            *(_make_field(renamed.get(field.name, field.name), field.type) for field in inner),
            Field(ERROR, "error", ExecutionError),
        )
        """The fields in the order of `read`."""
        self.names: Final = tuple(field.name for field in self.fields)
        """The names of the fields."""
        self.index: Final = {name: place for place, name in enumerate(self.names)}
        """The place of each field."""
        self.status: Final = self.index["status"]
        """The place of the status."""
        self.absent: Final = tuple(
            UNSET if field.kind == "payload" else None for field in self.fields
        )
        """The values of a record without any value."""
        self._get = _compile_getter(*(field.name for field in own), ERROR)
        self.nested: Nested | None = None
        """The nested struct; None where there is none."""
        self.read: Final[Callable[[Any], tuple[Any, ...]]] = (
            self._get if nested is None else self._read_with_nested
        )
        """
        Reads the values of a record in the order of `names`; an absent value is None, an absent
        payload `UNSET`.
        """
        if nested is not None:
            names = tuple(field.name for field in inner)
            places = {name: len(own) + place for place, name in enumerate(names)}
            required = [places[field.name] for field in inner if field.required]
            absent = self.absent[len(own) : -1]
            self.nested = Nested(
                nested, nested_struct, _compile_getter(*names), places, required, absent
            )

    def _read_with_nested(self, record: Struct) -> tuple[Any, ...]:
        values: tuple[Any, ...] = self._get(record)
        nested = self.nested
        assert nested is not None, "only records with a nested struct are read so"
        inner = getattr(record, nested.field)
        inner_values = nested.absent if inner is None else nested.get(inner)
        return (*values[:-1], *inner_values, values[-1])

    def fill(self, **values: Any) -> tuple[Any, ...]:
        """
        Make the values of a record that has only a few.

        Args:
            values: The present values by name.

        Returns:
            The values in the order of `names`.
        """
        return tuple(
            values.get(name, absent) for name, absent in zip(self.names, self.absent, strict=True)
        )

    def make_arguments(self, values: Sequence[Any]) -> dict[str, Any]:
        """
        Turn values into the arguments from which a record is made.

        Args:
            values: The values in the order of `names`, as `read` gives them.

        Returns:
            The arguments by field name. The nested struct is missing if one of its required values
            is absent.
        """
        nested = self.nested
        if nested is None:
            return dict(zip(self.names, values, strict=True))
        first = min(nested.places.values())
        arguments = dict(zip(self.names[:first], values[:first], strict=True))
        arguments[ERROR] = values[-1]
        if all(values[place] is not None for place in nested.required):
            arguments[nested.field] = nested.struct(
                **{name: values[place] for name, place in nested.places.items()}
            )
        return arguments

    def list_kind(self, kind: Kind) -> tuple[str, ...]:
        """
        List the fields that a store keeps in one way.

        Args:
            kind: The way.

        Returns:
            The names of the fields.
        """
        return tuple(field.name for field in self.fields if field.kind == kind)


class Nested(NamedTuple):
    """The nested struct of a record."""

    field: str
    """The field that holds the struct."""
    struct: type[Struct]
    """The type of the struct."""
    get: Callable[[Any], tuple[Any, ...]]
    """Reads the struct's values."""
    places: dict[str, int]
    """The places of the struct's fields among the merged values, by name."""
    required: list[int]
    """The places of the values without which there is no struct."""
    absent: tuple[Any, ...]
    """The values where there is no struct."""


def _compile_getter(*names: str) -> Callable[[Any], tuple[Any, ...]]:
    # Such an expression takes half of the time of `attrgetter`. The names are declared fields.
    get: Callable[[Any], tuple[Any, ...]] = eval(  # noqa: S307
        f"lambda record: ({', '.join(f'record.{name}' for name in names)},)"
    )
    return get


def _make_field(name: str, declared: Any) -> Field:
    value_type = _find_present_type(declared)
    return Field(name, _choose_kind(value_type), value_type)


def _find_present_type(declared: Any) -> Any:
    if get_origin(declared) is Annotated:
        return _find_present_type(get_args(declared)[0])
    if get_origin(declared) in (Union, UnionType):
        present = [each for each in get_args(declared) if each not in (type(None), UnsetType)]
        return _find_present_type(present[0]) if len(present) == 1 else declared
    return declared


def _choose_kind(value_type: Any) -> Kind:
    if value_type is Raw:
        return "payload"
    if value_type is ExecutionError:
        return "error"
    if value_type is bool:
        return "flag"
    if value_type in (str, int, float) or get_origin(value_type) is Literal:
        return "plain"
    return "json"


EXECUTION_FIELDS: Final = MergedFields(
    WorkflowExecution,
    ("id", "node_executions", "revision", "message", "starred"),
    nested="trigger",
    nested_struct=Trigger,
    nested_names={"type": "trigger_type", "data": "trigger_data"},
)
"""The fields of an execution that merge. Stars are added by people and by records, never merged."""
NODE_FIELDS: Final = MergedFields(NodeExecution, ("sequence", "node_id"))
"""The fields of a node execution that merge; its key does not."""
