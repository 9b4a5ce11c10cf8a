"""Values of the syntax `sql`."""

from __future__ import annotations

import pytest

from flightlog.redaction.budget import Budget
from flightlog.redaction.names import Name, Names
from flightlog.redaction.reading import Value
from flightlog.redaction.syntax import sql
from support.syntaxes import EXAMPLES, check_example


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["sql"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)


def test_only_the_columns_of_secret_names_are_judged() -> None:
    """Calls within the values count as one value."""
    text = b"INSERT INTO t (a, password) VALUES (now(1, 'z'), 'x1'), ('b', 'x2'); 'y'"
    judged: list[bytes] = []

    def judge(value: Value, _name: Name) -> int:
        judged.append(text[value[0] : value[1]])
        return value[1]

    end = sql.read(text, 0, len(text), Names(), judge, Budget())
    assert judged == [b"x1", b"x2"]
    assert text[:end].endswith(b";")
