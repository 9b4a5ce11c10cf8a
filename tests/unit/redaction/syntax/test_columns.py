"""Values of the syntax `columns`."""

from __future__ import annotations

import pytest

from flightlog.redaction.budget import Budget
from flightlog.redaction.names import Name, Names
from flightlog.redaction.reading import Value
from flightlog.redaction.syntax import columns
from support.syntaxes import EXAMPLES, check_example


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["columns"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)


def test_rows_end_with_their_list() -> None:
    """Only the column of the name is judged, and nothing behind the rows."""
    text = b'{"columns":["user","password"],"data":[["bob","x1"],["eve","x2"]],"note":["a","b"]}'
    judged: list[bytes] = []

    def judge(value: Value, _name: Name) -> int:
        judged.append(text[value[0] : value[1]])
        return value[1]

    columns.read(text, text.find(b"password"), Names(), judge, Budget())
    assert judged == [b"x1", b"x2"]
