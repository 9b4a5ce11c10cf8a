"""Commands on a history in PostgreSQL, chosen by its URL."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from flightlog.cli.exit_codes import ExitCode
from support.postgres import PostgresHistories

Flightlog = Callable[..., Any]
SECRET = "hunter2"


@pytest.fixture
def url(postgres_histories: PostgresHistories, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Make an empty database, and choose it by FLIGHTLOG_DB with a password."""
    name = f"cli_{uuid.uuid4().hex[:12]}"
    database = sql.Identifier(name)
    parts = urlsplit(postgres_histories.url)
    credentials, _, host = parts.netloc.rpartition("@")
    user = credentials.partition(":")[0] or "postgres"
    netloc = f"{user}:{SECRET}@{host}"
    with psycopg.connect(postgres_histories.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(database))
        monkeypatch.setenv(
            "FLIGHTLOG_DB", urlunsplit(parts._replace(path=f"/{name}", netloc=netloc))
        )
        yield urlunsplit(parts._replace(path=f"/{name}", netloc=f"{user}@{host}"))
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database))


def test_commands_work_on_a_history_of_a_server(
    url: str, history: Path, tmp_path: Path, flightlog: Flightlog
) -> None:
    """A copied history is listed, shown, counted, checked and deleted, and copied back."""
    copied = flightlog("copy", history, url)
    assert (copied.code, "4 executions equal in both" in copied.out) == (ExitCode.OK, True)
    texts = [copied.out, copied.err]
    flightlog("token", "create", "read", "--name", "dashboard")
    for command, expected in (
        (("list",), "failed-1"),
        (("show", "failed-1"), "card_declined"),
        (("stats",), "4 executions"),
        (("delete", "good-1", "--yes"), "Deleted good-1"),
        (("export", tmp_path / "exported.ndjson"), ""),
        (("share", "failed-1", "--output", tmp_path / "failed.html"), ""),
        (("clear", "sync", "--yes"), "Erased 1 execution"),
        (("token", "list"), "dashboard"),
        (("audit", "--json"), "create token"),
    ):
        ended = flightlog(*command)
        assert (ended.code, expected in ended.out) == (ExitCode.OK, True), ended
        texts += [ended.out, ended.err]
    noted = json.loads(flightlog("audit", "--json").out)
    assert [(entry["action"], entry["target"]) for entry in reversed(noted)] == [
        ("create token", "read dashboard"),
        ("delete", "executions/good-1"),
        ("export", "3 executions"),
        ("share", "failed-1"),
        ("delete", "workflows/sync/executions"),
    ]
    assert not list(tmp_path.rglob("*.audit.ndjson"))
    checked = flightlog("doctor", "--json")
    found = json.loads(checked.out)
    assert (found["history"]["executions"], found["file"], found["space"]["runs"]) == (2, None, 2)
    back = tmp_path / "back.db"
    assert "2 executions equal in both" in flightlog("copy", url, back).out
    assert flightlog("list", "--db", back).out == flightlog("list").out
    assert SECRET not in "".join((*texts, checked.out, checked.err))
