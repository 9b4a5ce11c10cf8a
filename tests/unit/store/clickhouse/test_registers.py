"""Tests of registers as tuples."""

from __future__ import annotations

from typing import Any

from msgspec import Raw

from flightlog.record.fields import EXECUTION_FIELDS
from flightlog.record.registers import Registers, make_execution_registers
from flightlog.store.clickhouse.registers import read_registers, write_registers
from support.records import record


def load(content: str, number: int) -> Raw:
    """Read a small payload."""
    assert number == 0
    return Raw(content.encode())


def make(**fields: Any) -> Registers:
    """Make the registers of a record."""
    return make_execution_registers(record(**fields))


def test_registers_come_back_as_they_were_written() -> None:
    """Texts, times, tags, errors and payloads keep value and version."""
    registers = make(tags={"a": "b"}, error={"message": "no", "type": "E"}, revision=7)
    columns = write_registers(registers, None, {})
    assert read_registers(EXECUTION_FIELDS, columns, load) == registers


def test_the_greatest_tuple_is_the_join() -> None:
    """Tuples compare as versions and values do."""
    older, newer = make(revision=1, name="z"), make(revision=2, name="a")
    place = EXECUTION_FIELDS.index["name"]
    assert (
        max(write_registers(older, None, {})[place], write_registers(newer, None, {})[place])[2]
        == "a"
    )


def test_known_values_are_left_out() -> None:
    """An insertion has only the values that changed."""
    registers = make()
    columns = write_registers(registers, registers, {})
    assert {column[0] for column in columns} == {0}
