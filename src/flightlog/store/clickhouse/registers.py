"""Convert between registers and the columns of `schema`; no other module does this."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
from msgspec import UNSET, Raw

from flightlog.record.fields import Field, MergedFields
from flightlog.record.model import ExecutionError
from flightlog.record.registers import CRASHED, Registers, Version, make_registers
from flightlog.store.clickhouse.payloads import write_payload
from flightlog.store.clickhouse.schema import STATUSES, name_content
from flightlog.store.row_functions import Row

LoadReference: TypeAlias = Callable[[str, int], Any]
"""Converts the last part of a payload's register, and its number, to the payload."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_PLACES: Final = {status: place for place, status in enumerate(STATUSES)}
_encode: Final = msgspec.json.Encoder(order="sorted").encode
_decode_error: Final = msgspec.json.Decoder(ExecutionError).decode


class _Column(NamedTuple):
    name: str
    absent: Row
    is_payload: bool
    write: Callable[[Any], Row] | None
    """Makes the content of a value; None if the value is the content, or for payloads."""
    read: Callable[[Sequence[Any]], Any] | None
    """Reads the value of a column; None if the value is the content, or for payloads."""


@cache
def list_absent(fields: MergedFields) -> Row:
    """
    List the values of columns that have none.

    Args:
        fields: The fields.

    Returns:
        The values in the order of `schema.list_columns`.
    """
    return tuple(_ABSENT.get(name_content(field), _NOTHING) for field in fields.fields)


@cache
def _list_columns(fields: MergedFields) -> tuple[_Column, ...]:
    return tuple(
        _Column(
            field.name,
            absent,
            field.kind == "payload",
            _WRITERS.get(name_content(field)),
            _choose_reader(field),
        )
        for field, absent in zip(fields.fields, list_absent(fields), strict=True)
    )


def _choose_reader(field: Field) -> Callable[[Sequence[Any]], Any] | None:
    content = name_content(field)
    if content == "json":
        decode = msgspec.json.Decoder(field.type).decode
        return lambda column: decode(column[2])
    return _READERS.get(content)


def write_registers(
    registers: Registers, known: Registers | None, stored: dict[str, Raw]
) -> list[Any]:
    """
    Write registers as the values of their columns.

    Args:
        registers: The registers.
        known: Registers that are stored; a value with its version that is among them is left out.
        stored: Takes the payloads that registers only refer to, by their references.

    Returns:
        The values in the order of `schema.list_columns`; an absent value is that of `list_absent`.
    """
    shared = (registers.version.rank + 1, registers.version.revision)
    row: list[Any] = []
    for place, column in enumerate(_list_columns(registers.fields)):
        value = registers.values[place]
        if value is None or value is UNSET:
            row.append(column.absent)
            continue
        old = None
        prefix = shared
        if registers.versions or known is not None:
            version = registers.get_version(column.name)
            prefix = (version.rank + 1, version.revision)
            is_tie = known is not None and known.get_version(column.name) == version
            if is_tie and known is not None:
                # Payloads of one version are compared by their first bytes, which may be the same.
                old = known.values[place]
                if old is value:
                    row.append(column.absent)
                    continue
        if column.is_payload:
            row.append(prefix + write_payload(value, old, stored))
        elif column.write is None:
            row.append((*prefix, value))
        else:
            row.append(prefix + column.write(value))
    return row


_NOTHING: Final[Row] = (0, 0, 0)
_ABSENT: Final[Mapping[str, Row]] = {
    "time": (0, 0, "", 0),
    "payload": (0, 0, "", 0, ""),
    "error": (0, 0, 0, ""),
    "float": (0, 0, 0, ""),
    "text": (0, 0, ""),
    "json": (0, 0, ""),
}
_WRITERS: Final[Mapping[str, Callable[[Any], Row]]] = {
    "status": lambda value: (_PLACES[value],),
    "time": lambda value: (value, (datetime.fromisoformat(value) - _EPOCH) // _MICROSECOND),
    "error": lambda value: (int(value.kind == CRASHED), _encode(value).decode()),
    "json": lambda value: (_encode(value).decode(),),
    "flag": lambda value: (int(value),),
    # Zero has two signs, which compare as equal.
    "float": lambda value: (float(value) + 0.0, repr(float(value) + 0.0)),
}
_READERS: Final[Mapping[str, Callable[[Sequence[Any]], Any]]] = {
    "status": lambda column: STATUSES[column[2]],
    "error": lambda column: _decode_error(column[3]),
    "flag": lambda column: bool(column[2]),
    "float": lambda column: float(column[3]),
}


def read_registers(
    fields: MergedFields, columns: Sequence[Sequence[Any]], load: LoadReference
) -> Registers:
    """
    Read registers from the values of their columns.

    Args:
        fields: The fields.
        columns: The values in the order of `schema.list_columns`; the status is present.
        load: Converts payloads.

    Returns:
        The registers.
    """
    values: list[Any] = []
    status = columns[fields.status]
    shared = Version(status[0] - 1, status[1])
    others: dict[str, Version] = {}
    for field, column in zip(_list_columns(fields), columns, strict=True):
        rank, revision = column[0], column[1]
        if rank == 0:
            values.append(UNSET if field.is_payload else None)
            continue
        if rank - 1 != shared.rank or revision != shared.revision:
            others[field.name] = Version(rank - 1, revision)
        if field.is_payload:
            values.append(load(column[4], column[3]))
        else:
            values.append(column[2] if field.read is None else field.read(column))
    return make_registers(fields, shared, tuple(values), others)
