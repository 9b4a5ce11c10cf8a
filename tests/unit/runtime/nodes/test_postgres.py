"""The postgresQuery node: the binding of values, and a real PostgreSQL if it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from flightlog.errors import CallFailedError, InvalidExpressionError, InvalidInputError
from flightlog.runtime import static
from flightlog.runtime.expressions import resolve
from flightlog.runtime.nodes.postgres import Statement, bind_values, postgres_query
from flightlog.runtime.secrets import Secrets
from support.workflows import History, nodes_of, plain, run_alone

NAMES = {"input": {"id": 7, "name": "o'Hara; DROP TABLE x", "tags": ["a"]}}


def _statement(query: Any, params: Any = None) -> Statement:
    secrets = Secrets((), lambda _: None)

    def evaluated(value: Any, names: Mapping[str, Any] | None = None) -> Any:
        return resolve(value, {**NAMES, **(names or {})}, secrets)

    return bind_values(query, params, evaluated)


@pytest.mark.parametrize(
    ("query", "params", "statement"),
    [
        ("SELECT 1 % 2", None, ("SELECT 1 % 2", None, False)),
        ("SELECT $1", ["{{ input.id }}"], ("SELECT $1", [7], True)),
        ("SELECT %s", ["{{ input.id }}"], ("SELECT %s", [7], False)),
        ("SELECT %(id)s", {"id": "{{ input.id }}"}, ("SELECT %(id)s", {"id": 7}, False)),
        ("SELECT {{ input.id }}", None, ("SELECT $1", [7], True)),
        ("SELECT '{{ input.name }}', 1", None, ("SELECT $1, 1", [NAMES["input"]["name"]], True)),
        ("SELECT $1, {{ input.id }}", ["x"], ("SELECT $1, $2", ["x", 7], True)),
        (
            "SELECT %(a)s, {{ input.id }}",
            {"a": 1},
            ("SELECT %(a)s, %(expression_1)s", {"a": 1, "expression_1": 7}, False),
        ),
        (static("SELECT '{{ x }}'"), None, ("SELECT '{{ x }}'", None, False)),
    ],
)
def test_a_value_is_bound_and_never_part_of_the_sql(
    query: Any, params: Any, statement: Any
) -> None:
    """A value is bound for every way to write parameters."""
    assert _statement(query, params) == statement


@pytest.mark.parametrize(
    ("query", "params"),
    [
        ("SELECT '%{{ input.id }}%'", None),
        ("SELECT '{{ input.id }}%'", None),
        ("SELECT '{{ input.id }}", None),
        ("SELECT '{{ input.id }}{{ input.id }}'", None),
        ("SELECT %s, {{ input.id }}", [1]),
        ("SELECT 1", "text"),
    ],
)
def test_what_can_t_be_bound_is_refused(query: str, params: Any) -> None:
    """A value within a quoted text, a mix of parameter forms and other params are refused."""
    with pytest.raises(InvalidInputError):
        _statement(query, params)
    with pytest.raises(InvalidExpressionError):
        _statement("SELECT {{ input.none }}")


def test_a_database_that_can_t_be_reached_is_told(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record doesn't contain the password."""
    url = "postgresql://shop:pass-word-1234@127.0.0.1:9/shop"
    monkeypatch.setenv("DATABASE_URL", url)
    outcome = run_alone(history.workflow(), lambda node: postgres_query(node, query="SELECT 1"))
    assert isinstance(outcome.error, CallFailedError)
    assert "DATABASE_URL" in str(outcome.error)
    assert b"pass-word-1234" not in b"".join(history.lines())


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """Start a real PostgreSQL for these tests, and yield its URL."""
    initdb, pg_ctl = shutil.which("initdb"), shutil.which("pg_ctl")
    if initdb is None or pg_ctl is None:
        pytest.skip("PostgreSQL's programs are not installed")
    # pytest's own directory is closed to other users, and PostgreSQL runs as another user.
    with tempfile.TemporaryDirectory(prefix="flightlog-pg-") as place:
        # PostgreSQL refuses to run as root.
        user = "nobody" if os.geteuid() == 0 else None
        if user is not None:
            shutil.chown(place, user)
        yield from _running(Path(place), initdb, pg_ctl, user)


def _running(place: Path, initdb: str, pg_ctl: str, user: str | None) -> Iterator[str]:
    def run(*command: str) -> None:
        subprocess.run(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
            user=user,
            cwd=place,
        )

    data, log = str(place / "data"), str(place / "log")
    run(initdb, "-D", data, "-U", "shop", "-A", "trust", "--no-sync")
    options = f"-c listen_addresses='' -k {place} -c fsync=off"
    run(pg_ctl, "-D", data, "-o", options, "-l", log, "-w", "start")
    try:
        yield f"postgresql://shop@/postgres?host={place}"
    finally:
        run(pg_ctl, "-D", data, "-m", "immediate", "stop")


def _query(history: History, given: Any = None, **config: Any) -> Any:
    return run_alone(history.workflow(), lambda node: postgres_query(node, **config), given)


def test_a_real_database_answers_with_rows(
    history: History, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows come as objects by column, and no value is interpreted as SQL."""
    monkeypatch.setenv("DATABASE_URL", database)
    _query(history, query="CREATE TABLE orders (id int PRIMARY KEY, note text, more jsonb)")
    name = "o'Hara; DROP TABLE orders; --"
    inserted = _query(
        history,
        {"name": name},
        query="INSERT INTO orders VALUES ($1, $2, $3)",
        params=[1, "{{ input.name }}", {"a": [1]}],
    )
    assert inserted.value == {"rows": [], "rowCount": 1}
    found = _query(history, {"n": name}, query="SELECT * FROM orders WHERE note = '{{ input.n }}'")
    assert found.value == {"rows": [{"id": 1, "note": name, "more": {"a": [1]}}], "rowCount": 1}
    executions = history.executions()
    (only,) = nodes_of(executions[-1], "only")
    assert plain(only.input)["params"] == [name]


def test_a_transaction_is_all_or_nothing(
    history: History, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error contains the server's SQLSTATE."""
    monkeypatch.setenv("DATABASE_URL", database)
    _query(history, query="CREATE TABLE pairs (id int PRIMARY KEY)")
    both = "INSERT INTO pairs VALUES (1); INSERT INTO pairs VALUES (1)"
    error = _query(history, query=both, transaction=True).error
    assert isinstance(error, CallFailedError)
    assert error.body == {"sqlstate": "23505"}
    counted = _query(history, query="SELECT count(*) AS n FROM pairs")
    assert counted.value["rows"] == [{"n": 0}]
