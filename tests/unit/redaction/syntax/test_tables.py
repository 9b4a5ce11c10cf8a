"""Secrets in columns, of texts and of lists of lists."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from flightlog.redaction import Redactor
from flightlog.redaction.budget import Budget
from flightlog.redaction.names import Name, Names
from flightlog.redaction.reading import Value
from flightlog.redaction.syntax import tables
from support.blocks import with_blocks
from support.syntaxes import EXAMPLES, check_example

REDACTOR = Redactor(b"k" * 32)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("user,password\nbob,swordfish\nann,opensesame", "user,password\nbob,█\nann,█"),
        ('"user","password"\r\n"b","a,""b""\nc"\r\n', '"user","password"\r\n"b","█"\r\n'),
        ("pin;token;name\n4821;abc;bob\n", "pin;token;name\n4821;█;bob\n"),
        ("token\tage\tapi key\nabc\t7\tdef\n", "token\tage\tapi key\n█\t7\t█\n"),
        ("| id | password |\n|--|:-:|\n| 1 | abc |", "| id | password |\n|--|:-:|\n| 1 | █ |"),
        ("rows: id,password\n1,abc\n\nid,password\n", "rows: id,password\n1,█\n\nid,password\n"),
        ("id,password\n1,\n2,null\n3,ab", "id,password\n1,\n2,null\n3,█"),
    ],
)
def test_a_column_goes_and_its_neighbours_stay(text: str, redacted: str) -> None:
    """The secret column is removed; quotes, empty cells, header lines and separators stay."""
    assert with_blocks(REDACTOR.text(text)) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "id,password\nsee the second page, where it goes on, and on\n1,abc\n",
        "def login(\n    user,\n    password,\n    host,\n)",
        "call(\n    user, password,\n    host, port,\n)",
        "    user, password\n    host, port\n",
        "Text\n| Password\n| None\n",
        "id,password",
        "id,password\n",
        "SELECT id, password\nFROM users, accounts\n",
        "wrong user, password\nor token, sorry\n",
        "x" * 3000 + ",password\nbob,swordfish\n",
        "id,password," + "x," * 2000 + "\nbob,swordfish\n",
    ],
)
def test_what_is_no_table_stays(text: str) -> None:
    """Lines of different widths, prose, and lines too long for names aren't tables."""
    assert with_blocks(REDACTOR.text(text)) == text


def test_a_table_ends_with_a_line_of_another_width() -> None:
    """The text after a line of another width isn't part of the table."""
    text = "id,password\n1,abc\nthat was all\n2,def\n"
    assert with_blocks(REDACTOR.text(text)) == "id,password\n1,█\nthat was all\n2,def\n"


@pytest.mark.parametrize(
    ("rows", "redacted"),
    [
        ([["id", "password"], [1, "abc"], [2, None]], [["id", "password"], [1, "█"], [2, None]]),
        (
            {"v": [["id", "n", "pin"], ["a", "b", "c"]]},
            {"v": [["id", "n", "pin"], ["a", "b", "█"]]},
        ),
        ([["token", "id", "n"], ["abc", "d"], []], [["token", "id", "n"], ["█", "d"], []]),
        ([["Token", "abc"], ["Accept", "text/html"]], [["Token", "█"], ["Accept", "text/html"]]),
        ([["a", "b"], ["id", "password"]], [["a", "b"], ["id", "password"]]),
        ([["id", 7, "password"], ["a", "b", "c"]], [["id", 7, "password"], ["a", "b", "c"]]),
    ],
)
def test_the_first_of_lists_names_the_columns_of_the_others(rows: Any, redacted: Any) -> None:
    """
    The first list names the columns of the other lists, as a spreadsheet exports rows.

    Pairs and lists of names aren't such rows.
    """
    found = REDACTOR.payload(json.dumps(rows).encode(), "input").decode()
    assert json.loads(with_blocks(found)) == redacted


@pytest.mark.parametrize("width", [2, 12, 13, 40])
@pytest.mark.parametrize("mark", ["", '"'])
def test_a_column_goes_in_tables_of_any_width(width: int, mark: str) -> None:
    """The values of the last column go, in quotes and without; a line of another width ends it."""
    names = ",".join([*(f"n{number}" for number in range(width - 1)), "password"])
    line = ",".join([*(f"v{number}" for number in range(width - 1)), f"{mark}hunter2{mark}"])
    text = f"{names}\n{line}\n{line}\nend,of,hunter3,end\nend"
    assert with_blocks(REDACTOR.text(text)) == text.replace("hunter2", "█")


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["tables"])
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

    tables.read_listed(text, text.find(b"["), Names(), judge, Budget())
    assert judged == [b"x1", b"x2"]


CELLS = (
    "null",
    "---",
    "xxx",
    "*",
    "my password",
    "1",
    "a.",
    "[x]",
    "$HOME",
    "known-abcd",
    "x",
    "é",
)


@pytest.mark.parametrize("delimiter", [",", ";", "|"])
@pytest.mark.parametrize("head", ["user,password", "token,user,secret", "password,a,b,c"])
def test_plain_cells_are_removed_as_those_in_quotes(delimiter: str, head: str) -> None:
    """Lines of plain cells are read at once, lines with quotes one by one; both lose the same."""
    rng = Random(head + delimiter)
    names = head.split(",")
    rows = [
        [
            rng.choice(CELLS) if rng.random() < 0.02 else rng.randbytes(5).hex() + rng.choice(".z")
            for _ in names
        ]
        for _ in range(500)
    ]
    plain = "".join(delimiter.join(row) + "\n" for row in [names, *rows])
    quoted = "".join(delimiter.join(f'"{cell}"' for cell in row) + "\n" for row in [names, *rows])
    redacted = REDACTOR.text(plain)
    assert redacted.count("[REDACTED:") > 450
    assert redacted == REDACTOR.text(quoted).replace('"', "")
