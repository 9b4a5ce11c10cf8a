from __future__ import annotations

import json
from typing import Any

import pytest

from flightlog.errors import InvalidQueryError
from flightlog.payload import read_table

from .conftest import document


def test_a_table_has_the_columns_of_its_rows() -> None:
    """A cell distinguishes absent values, null, containers and long texts."""
    rows = [{"a": 1, "b": None}, {"a": [1, 2], "c": "x" * 5_000}, {"c": "short"}]
    table = read_table(document({"rows": rows}), "/rows", 0, 10)
    assert (table.columns, table.count) == (("a", "b", "c"), 3)
    cells = [[json.loads(bytes(cell)) for cell in row] for row in table.rows]
    assert cells[0] == [1, None, {"kind": "absent"}]
    assert cells[1][0] == {"kind": "array", "preview": "[1, 2]"}
    assert cells[1][2]["kind"] == "string"
    assert cells[2][2] == "short"


def test_a_later_page_of_a_table_has_the_same_columns() -> None:
    """The columns of the first rows come first on every page."""
    rows = [{"a": number, "b": number} for number in range(300)]
    table = read_table(document(rows), "", 250, 10)
    assert table.columns == ("a", "b")
    assert len(table.rows) == 10


@pytest.mark.parametrize("value", [{"a": 1}, [1, 2], "text", [{"a": 1}, 2]])
def test_what_is_no_list_of_objects_is_no_table(value: Any) -> None:
    """The error names the parameter."""
    with pytest.raises(InvalidQueryError, match="path"):
        read_table(document(value), "", 0, 10)
