from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flightlog.cli.exit_codes import ExitCode, exit_code
from flightlog.cli.overview import COMMANDS
from flightlog.cli.time_parsing import parse_time
from flightlog.errors import (
    FlightlogError,
    InvalidQueryError,
    NotFoundError,
    PortInUseError,
    StoreBusyError,
    StoreFullError,
)

Flightlog = Callable[..., Any]
NOW = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)


def test_stats_tell_counts_and_durations(history: Path, flightlog: Flightlog) -> None:
    """The command prints a table, or JSON, of all executions or of one workflow."""
    shown = flightlog("stats", "orders", "--db", history).out
    assert shown.splitlines()[0] == "3 executions of orders"
    assert "✕  error" in shown
    assert flightlog("stats", "-w", "order intake", "--db", history).out == shown
    found = json.loads(flightlog("stats", "--json", "--db", history).out)
    assert (found["total"], found["success"], found["error"], found["running"]) == (4, 2, 1, 1)


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


def test_clear_without_a_terminal_needs_yes(
    history: Path, flightlog: Flightlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal for the question, nothing is erased."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    ended = flightlog("clear", "orders", "--db", history)
    assert ended.code == ExitCode.USAGE
    assert "Add --yes to erase 3 executions of orders." in ended.err
    ended = flightlog("clear", "orders", "--yes", "--db", history)
    assert (ended.code, ended.out) == (ExitCode.OK, "Erased 3 executions of orders.\n")
    ended = flightlog("clear", "orders", "--db", history)
    assert (ended.code, ended.out) == (ExitCode.OK, "Erased 0 executions of orders.\n")
    assert json.loads(flightlog("stats", "--json", "--db", history).out)["total"] == 1


@pytest.mark.parametrize(
    "command",
    [
        ["list"],
        ["list", "--json"],
        ["show", "a"],
        ["stats"],
        ["export"],
        ["delete", "a"],
        ["clear", "w"],
    ],
)
def test_a_command_that_reads_makes_no_history(
    command: list[str], tmp_path: Path, flightlog: Flightlog
) -> None:
    """A missing history is an error that says how to get one; no file appears."""
    ended = flightlog(*command, "--db", tmp_path / "none" / "history.db")
    assert (ended.code, ended.out) == (ExitCode.FAILED, "")
    assert "doesn't exist yet" in ended.err
    assert "flightlog serve" in ended.err
    assert not (tmp_path / "none").exists()


def test_a_project_keeps_its_own_history(tmp_path: Path, flightlog: Flightlog) -> None:
    """`--project` writes to and reads from the project's directory, which must exist."""
    record = {"id": "a", "workflowId": "w", "workflowName": "W", "status": "success"}
    (tmp_path / "a.json").write_text(json.dumps(record | {"startedAt": "2026-11-22"}))
    assert flightlog("import", tmp_path / "a.json", "--project", tmp_path).code == 0
    assert (tmp_path / ".lowcode" / "executions.db").is_file()
    assert "a\n" in flightlog("list", "--project", tmp_path).out
    ended = flightlog("import", tmp_path / "a.json", "--project", tmp_path / "none")
    assert (ended.code, "does not exist" in ended.err) == (ExitCode.FAILED, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("lst",),
        ("list", "--foo"),
        ("list", "--status", "done"),
        ("list", "--limit", "many"),
        ("list", "--limit", "0"),
        ("list", "--cursor", "x"),
        ("list", "--after", "yesterday"),
        ("list", "orders", "extra"),
        ("list", "orders", "--workflow", "sync"),
        ("list", "--failed", "--status", "running"),
        ("show", "--node", "Nowhere"),
        ("import",),
        ("import", "--foo"),
        ("export", "--foo"),
        ("list", "--db", "a", "--project", "b"),
        ("list", "--config", "none.toml"),
        ("serve", "--port", "70000"),
    ],
)
def test_wrong_usage_is_told_in_two_lines(
    arguments: tuple[str, ...], history: Path, flightlog: Flightlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code is 2; standard error has the fault and the action, standard output is empty."""
    monkeypatch.setenv("FLIGHTLOG_DB", str(history))
    ended = flightlog(*arguments)
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert ended.err.startswith("flightlog: ")
    assert 1 <= ended.err.count("\n") <= 3


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        (("lst",), "list"),
        (("ls",), "list"),
        (("rm", "a"), "delete"),
        (("logs",), "tail"),
        (("ui",), "open"),
        (("status",), "doctor"),
        (("list", "--limt", "3"), "--limit"),
        (("show", "--erors"), "--errors"),
        (("serve", "--opne"), "--open"),
    ],
)
def test_an_unknown_word_suggests_the_right_one(
    typed: tuple[str, ...], suggested: str, flightlog: Flightlog
) -> None:
    """Mistyped commands, words of other programs, and mistyped options get a suggestion."""
    ended = flightlog(*typed)
    assert ended.code == ExitCode.USAGE
    assert f"Did you mean {suggested}" in ended.err.replace('"', "")


def test_every_command_names_its_options_alike(flightlog: Flightlog) -> None:
    """A number of rows, a workflow and JSON have the same options wherever a command has them."""
    pages = {command.name: flightlog(command.name, "--help").out for command in COMMANDS}
    for name in ("list", "tail"):
        assert "--limit -n N" in pages[name]
    for name in ("list", "tail", "export"):
        for option in ("--workflow -w WORKFLOW", "--since --after TIME", "--failed"):
            assert option in pages[name], (name, option)
    for name in ("delete", "clear"):
        assert "--yes -y" in pages[name]
    for name in ("list", "show", "tail", "stats", "doctor"):
        assert "--json" in pages[name]


def test_what_was_typed_cannot_act_on_the_terminal(history: Path, flightlog: Flightlog) -> None:
    """Errors escape arguments in the same way as records."""
    ended = flightlog("show", "\x1b[31mred\u202e", "--db", history)
    assert not {"\x1b", "\u202e"} & set(ended.err)


def test_a_file_that_is_no_history_is_refused(tmp_path: Path, flightlog: Flightlog) -> None:
    """The command reports the file and does not change the file."""
    (tmp_path / "notes.txt").write_text("dear diary " * 100)
    ended = flightlog("list", "--db", tmp_path / "notes.txt")
    assert ended.code == ExitCode.FAILED
    assert "--db" in ended.err
    assert (tmp_path / "notes.txt").read_text() == "dear diary " * 100


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFoundError("a"), ExitCode.NOT_FOUND),
        (InvalidQueryError("limit", "is 0", hint=""), ExitCode.USAGE),
        (StoreBusyError("a.db", 5_000), ExitCode.TRY_AGAIN),
        (StoreFullError("a.db"), ExitCode.TRY_AGAIN),
        (PortInUseError("localhost", 3000), ExitCode.FAILED),
    ],
)
def test_each_error_has_its_exit_code(error: FlightlogError, code: ExitCode) -> None:
    """Scripts can distinguish a missing execution from an error that may disappear later."""
    assert exit_code(error) is code


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-11-22", "2026-11-22T00:00:00.000000Z"),
        ("2026-11-22T19:04+01:00", "2026-11-22T18:04:00.000000Z"),
        ("-2h", "2026-11-22T17:00:00.000000Z"),
        ("-30m", "2026-11-22T18:30:00.000000Z"),
        ("90 s", "2026-11-22T18:58:30.000000Z"),
        ("-1w", "2026-11-15T19:00:00.000000Z"),
    ],
)
def test_a_typed_time_is_iso_or_before_now(typed: str, meant: str) -> None:
    """Both spellings become the canonical form."""
    assert parse_time(typed, "--after", NOW) == meant


@pytest.mark.parametrize("typed", ["", "yesterday", "-2y", "-999999w", "2026-13-01"])
def test_a_time_that_cannot_be_read_is_refused(typed: str) -> None:
    """A time before the year 1 is refused too."""
    with pytest.raises(InvalidQueryError, match="--after"):
        parse_time(typed, "--after", NOW)


def test_a_library_that_is_missing_is_named() -> None:
    """On an installation for recording only, a command says what to install."""
    script = "import sys; sys.modules['{}'] = None; from flightlog.cli import run; run(['list'])"
    for missing in ("cyclopts", "apsw"):
        ended = subprocess.run(
            [sys.executable, "-c", script.format(missing)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert f"needs {missing}" in ended.stderr
        assert "pip install 'flightlog[server]'" in ended.stderr
        assert "Traceback" not in ended.stderr
