"""Structs are written as TypeScript."""

from __future__ import annotations

from typing import Literal

import pytest
from msgspec import UNSET, Raw, Struct, UnsetType

from flightlog.typescript import Names, list_fields, write_comment, write_interface


class Line(Struct, rename="camel"):
    """One line."""

    unit_price: float
    """In cents."""


class Order(Struct, rename="camel"):
    """An order."""

    lines: tuple[Line, ...]
    """Its lines."""
    status: Literal["paid", "open"]
    note: str | None = None
    data: Raw | UnsetType = UNSET
    counts: dict[str, int] = {}


def test_interface_has_fields_with_types_and_comments() -> None:
    """A field with a default is optional, and an optional field needs no null."""
    assert (
        write_interface(Order)
        == """\
/** An order. */
export interface Order {
  /** Its lines. */
  lines: Line[];
  status: "open" | "paid";
  note?: string;
  data?: Json;
  counts?: { [key: string]: number };
}
"""
    )


def test_names_and_fields_can_be_chosen() -> None:
    """Structs and unions have given names; fields are always served, or never."""
    names = Names({Line: "OrderLine"}, {frozenset({"paid", "open"}): "Status"})
    written = write_interface(
        Order,
        names,
        always_there=frozenset({"note"}),
        left_out=frozenset({"data", "counts"}),
        with_null=True,
    )
    assert "lines: OrderLine[] | null;" in written
    assert "status: Status | null;" in written
    assert "  note: string | null;" in written
    assert "data" not in written
    assert names.find_name(Order) == "Order"


def test_fields_are_listed_in_order() -> None:
    """The names are those in JSON."""
    assert [field.encode_name for field in list_fields(Line)] == ["unitPrice"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("Short.", ["  /** Short. */"]),
        ("Two\n\nlines.", ["  /**", "   * Two", "   *", "   * lines.", "   */"]),
    ],
)
def test_comment_has_one_line_or_a_frame(text: str, lines: list[str]) -> None:
    """A text of several lines has a line for each; no line ends with a space."""
    assert write_comment(text, "  ") == lines


def test_long_comment_has_a_frame() -> None:
    """A line that would be too long is not written in one."""
    assert len(write_comment("x" * 100, "  ")) == 3
