"""Convert between registers and the columns of `schema`; no other module does this."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import UNSET

from flightlog.record.fields import Field, MergedFields
from flightlog.record.model import ExecutionError
from flightlog.record.registers import CRASHED, Registers, Version, is_absent, make_registers
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


def write_registers(registers: Registers, known: Registers | None = None) -> Row:
    """
    Write registers as the values of their columns.

    Args:
        registers: The registers.
        known: Registers that are stored; a value with its version that is among them is left out.

    Returns:
        The values in the order of `schema.list_columns`; an absent value has rank 0.
    """
    columns = []
    for place, field in enumerate(registers.fields.fields):
        value = registers.values[place]
        version = registers.get_version(field.name)
        if is_absent(value) or (known is not None and _is_known(known, field, place, registers)):
            columns.append(_make_absent(field))
            continue
        # Payloads of one version are compared by their first bytes, which may be the same.
        is_tie = known is not None and known.get_version(field.name) == version
        old = known.values[place] if known is not None and is_tie else None
        columns.append((version.rank + 1, version.revision, *_write_value(field, value, old)))
    return tuple(columns)


def _is_known(known: Registers, field: Field, place: int, new: Registers) -> bool:
    return known.values[place] is new.values[place] and (
        known.get_version(field.name) == new.get_version(field.name)
    )


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


def _make_absent(field: Field) -> Row:
    return _ABSENT.get(name_content(field), (0, 0, 0))


def _write_value(field: Field, value: Any, old: Any) -> Row:
    content = name_content(field)
    if content == "payload":
        return write_payload(value, old)
    write = _WRITERS.get(content)
    return (value,) if write is None else write(value)


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
    versions: dict[str, Version] = {}
    for field, column in zip(fields.fields, columns, strict=True):
        if column[0] == 0:
            values.append(UNSET if field.kind == "payload" else None)
            continue
        versions[field.name] = Version(column[0] - 1, column[1])
        values.append(_read_value(field, column, load))
    shared = versions["status"]
    others = {name: version for name, version in versions.items() if version != shared}
    return make_registers(fields, shared, tuple(values), others)


def _read_value(field: Field, column: Sequence[Any], load: LoadReference) -> Any:
    content = name_content(field)
    if content == "payload":
        return load(column[4], column[3])
    if content == "json":
        return msgspec.json.decode(column[2], type=field.type)
    read = _READERS.get(content)
    return column[2] if read is None else read(column)
