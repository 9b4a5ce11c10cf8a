from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flightlog.cli.exit_codes import ExitCode
from support.terminals import Terminal

Flightlog = Callable[..., Any]


def test_delete_erases_one_execution(history: Path, flightlog: Flightlog) -> None:
    """The execution is gone afterwards, and a second deletion finds nothing."""
    assert flightlog("delete", "good-1", "--db", history).out == "Deleted good-1.\n"
    assert flightlog("show", "good-1", "--db", history).code == ExitCode.NOT_FOUND
    assert flightlog("delete", "good-1", "--db", history).code == ExitCode.NOT_FOUND


def test_delete_needs_the_whole_id_where_it_cannot_ask(
    history: Path, flightlog: Flightlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal, a deletion by a prefix or `latest` needs `--yes`."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    for wanted, whole in (("good", "good-1"), ("latest", "sync-1")):
        ended = flightlog("delete", wanted, "--db", history)
        assert (ended.code, f"Write the whole id, {whole}" in ended.err) == (ExitCode.USAGE, True)
        ended = flightlog("delete", wanted, "-y", "--db", history)
        assert (ended.code, ended.out) == (ExitCode.OK, f"Deleted {whole}.\n")


def test_delete_by_query_erases_what_the_query_chooses(history: Path, flightlog: Flightlog) -> None:
    """All pages are erased, and the other executions stay."""
    ended = flightlog("delete", "--query", "any.charged:true", "--yes", "--db", history)
    assert (ended.code, ended.out) == (ExitCode.OK, "Erased 3 executions.\n")
    page = json.loads(flightlog("list", "--json", "--db", history).out)
    assert [each["id"] for each in page["executions"]] == ["failed-1"]
    ended = flightlog("delete", "--query", "any.charged:true", "--yes", "--db", history)
    assert (ended.code, "Searched: any." in ended.out) == (ExitCode.NOT_FOUND, True)


def test_delete_by_a_saved_query(history: Path, flightlog: Flightlog) -> None:
    """A saved query is narrowed by a query beside it, and an unknown name erases nothing."""
    flightlog("search", "any.charged:true", "--save", "charged", "--db", history)
    ended = flightlog("delete", "--saved", "charge", "--yes", "--db", history)
    assert ended.code == ExitCode.NOT_FOUND
    options = ("--saved", "charged", "--yes", "--db", history)
    ended = flightlog("delete", "--query", "is:running", *options)
    assert (ended.code, ended.out) == (ExitCode.OK, "Erased 1 execution.\n")
    ended = flightlog("delete", *options)
    assert (ended.code, ended.out) == (ExitCode.OK, "Erased 2 executions.\n")
    page = json.loads(flightlog("list", "--json", "--db", history).out)
    assert [each["id"] for each in page["executions"]] == ["failed-1"]


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("--query", "status:success"), "Add --yes to erase 2 executions."),
        (("--query", " "), "`--query` is empty"),
        (("good-1", "--query", "status:success"), "`ID` is given beside --query"),
        (("good-1", "--saved", "charged"), "`ID` is given beside --saved"),
        ((), "`ID` is missing"),
        (("--query", "status:failed", "--yes"), "status:error"),
    ],
)
def test_a_doubtful_deletion_erases_nothing(
    arguments: tuple[str, ...],
    fault: str,
    history: Path,
    flightlog: Flightlog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A query without a terminal needs --yes, and must choose something."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    ended = flightlog("delete", *arguments, "--db", history)
    assert (ended.code, fault in ended.err) == (ExitCode.USAGE, True), ended.err
    assert json.loads(flightlog("stats", "--json", "--db", history).out)["total"] == 4


@pytest.mark.parametrize(("answer", "left"), [("y", 1), ("n", 4), ("", 4)])
def test_delete_by_query_shows_what_it_erases_and_asks(
    answer: str, left: int, history: Path, flightlog: Flightlog
) -> None:
    """The question has the number, and the newest executions are above it."""
    program = Path(sys.executable).with_name("flightlog")
    command = [str(program), "delete", "--query", "any.charged:true", "--db", str(history)]
    with Terminal(command, os.environ) as terminal:
        terminal.read_until(r"\[y/N\]")
        shown = terminal.text
        terminal.type(f"{answer}\r")
        assert terminal.end() == (ExitCode.OK if answer == "y" else ExitCode.FAILED)
    assert "Erase 3 executions for good?" in shown
    assert shown.index("sync-1") < shown.index("running-1") < shown.index("good-1")
    assert json.loads(flightlog("stats", "--json", "--db", history).out)["total"] == left
