from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from flightlog.receiver.audit import AuditLog

Flightlog = Callable[..., Any]
NUMBERS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT {}) SELECT x FROM n"


def test_a_query_prints_a_table(history: Path, flightlog: Flightlog) -> None:
    """The table has titles, rows and their number."""
    query = "SELECT workflow_id, count(*) AS runs FROM executions GROUP BY 1 ORDER BY 1"
    ended = flightlog("sql", query, "--db", history)
    assert ended.code == 0
    assert [line.split() for line in ended.out.splitlines()] == [
        ["workflow_id", "runs"],
        ["orders", "3"],
        ["sync", "1"],
        ["2", "rows"],
    ]


def test_a_query_prints_json(history: Path, flightlog: Flightlog) -> None:
    """Each row is an object; payloads are JSON text, other values keep their types."""
    query = (
        "SELECT node_id, duration_ms, input, error_message, x'00ff' AS raw "
        "FROM node_executions WHERE status = 'error'"
    )
    assert json.loads(flightlog("sql", query, "--json", "--db", history).out) == [
        {
            "node_id": "charge",
            "duration_ms": 840.0,
            "input": '{"amount":4200}',
            "error_message": "card_declined",
            "raw": "x'00ff'",
        }
    ]
    empty = flightlog("sql", "SELECT 1 WHERE 0", "--json", "--db", history)
    assert json.loads(empty.out) == []


def test_a_query_prints_csv(history: Path, flightlog: Flightlog) -> None:
    """CSV has a line of titles, and quotes line breaks."""
    query = "SELECT error_message, error_stack FROM executions WHERE status = 'error'"
    printed = flightlog("sql", query, "--csv", "--db", history).out
    title, row = csv.reader(io.StringIO(printed))
    assert title == ["error_message", "error_stack"]
    assert row[0] == "card_declined"
    assert row[1].startswith("Traceback (most recent call last):\n")
    empty = flightlog("sql", "SELECT 1 AS one WHERE 0", "--csv", "--db", history)
    assert empty.out == "one\n"


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"]])
def test_the_limit_is_reported(history: Path, flightlog: Flightlog, form: list[str]) -> None:
    """Rows beyond the limit are left out with a note; exactly the limit needs none."""
    cut = flightlog("sql", NUMBERS.format(4), "--limit", 3, *form, "--db", history)
    assert "Only the first 3 rows" in cut.err
    assert "4" not in cut.out
    whole = flightlog("sql", NUMBERS.format(3), "--limit", 3, *form, "--db", history)
    assert whole.err == ""


def test_a_query_comes_from_standard_input(
    history: Path, flightlog: Flightlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-` reads the statement from standard input."""
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 'from a file' AS origin;\n"))
    assert "from a file" in flightlog("sql", "-", "--db", history).out


def test_a_query_may_begin_with_a_comment(history: Path, flightlog: Flightlog) -> None:
    """Options before and after such a query are still options."""
    ended = flightlog("sql", "--json", "-- all\nSELECT 1 AS a", "--db", history)
    assert json.loads(ended.out) == [{"a": 1}]


def test_wide_rows_are_stacked(history: Path, flightlog: Flightlog) -> None:
    """Rows of too many columns print one value a line, without NULL."""
    query = "SELECT * FROM executions WHERE id = 'failed-1'"
    printed = flightlog("sql", query, "--db", history).out
    assert printed.startswith("row 1\n  id ")
    assert "error_message        card_declined" in printed
    assert "retry_of" not in printed


def test_hostile_values_cant_act_on_the_terminal(history: Path, flightlog: Flightlog) -> None:
    """Control characters in values and titles are shown as escapes."""
    printed = flightlog("sql", "SELECT char(27) || '[2J' AS \"\x1b[31m\"", "--db", history).out
    assert "\x1b" not in printed


def test_without_a_query_the_views_are_listed(flightlog: Flightlog) -> None:
    """The list needs no history."""
    ended = flightlog("sql")
    assert ended.code == 0
    assert "node_executions" in ended.out
    assert "trigger_data" in ended.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["SELECT missing FROM executions"], "no such column: missing"),
        (["DELETE FROM main.executions"], "DELETE is refused"),
        (["SELECT 1", "--json", "--csv"], "excludes --json"),
        (["SELECT 1", "--limit", "0"], "not 1 to"),
        (["SELECT 1", "--timeout", "0"], "not up to"),
        (["SELECT 1", "--timeout", "nan"], "not up to"),
        (["SELECT '\udcff'"], "isn't UTF-8"),
        (["--jsn", "SELECT 1"], "is no option"),
    ],
)
def test_a_wrong_call_fails_with_its_reason(
    history: Path, flightlog: Flightlog, arguments: list[str], message: str
) -> None:
    """Nothing goes to standard output, and the message names the fault."""
    ended = flightlog("sql", *arguments, "--db", history)
    assert ended.code != 0
    assert message in ended.err
    assert ended.out == ""


def test_a_query_is_noted_in_the_audit_log(history: Path, flightlog: Flightlog) -> None:
    """Once tokens exist, the audit log has who read how many rows, without the query."""
    assert flightlog("token", "create", "read", "--db", history).code == 0
    flightlog("sql", "SELECT id FROM executions", "--db", history)
    entry = AuditLog.beside(history).read(1)[0]
    assert (entry.action, entry.target) == ("sql", "4 rows")


def test_export_writes_a_plain_database(
    history: Path, flightlog: Flightlog, tmp_path: Path
) -> None:
    """`export --format sqlite` writes the chosen executions for other programs."""
    out = tmp_path / "plain.db"
    ended = flightlog("export", out, "orders", "--format", "sqlite", "--db", history)
    assert ended.code == 0
    assert "Exported 3 executions" in ended.err
    with closing(sqlite3.connect(out)) as plain:
        found = plain.execute(
            "SELECT count(*), sum(output ->> '$.charged') FROM node_executions"
        ).fetchone()
    assert found == (3, 2)
