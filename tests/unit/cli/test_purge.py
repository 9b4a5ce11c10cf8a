"""`flightlog purge` asks for a value, removes it everywhere, and says what it searched."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flightlog.cli.exit_codes import ExitCode
from flightlog.logger import ExecutionLogger
from flightlog.spool.directory import find_default_spool_dir
from support.purges import SECRET, find_secret, make_history
from support.spools import open_spool
from support.terminals import Terminal

Flightlog = Callable[..., Any]
VALUE = "correct horse battery"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory whose files have the value; spools are where the settings expect them."""
    monkeypatch.setenv("FLIGHTLOG_SPOOL_DIR", str(tmp_path / "all" / "spool"))
    (tmp_path / "all").mkdir()
    make_history(tmp_path / "all", VALUE)
    (tmp_path / "value.txt").write_text(f"{VALUE}\n")
    return tmp_path / "all"


def test_purge_on_a_terminal_asks_for_the_value_and_for_consent(files: Path) -> None:
    """The value is not shown; `n` changes nothing, and `y` removes it everywhere."""
    command = [sys.executable, "-m", "flightlog.cli", "purge", "--value", "-"]
    command += ["--db", str(files / "history.db")]
    for answer, code in (("n", ExitCode.FAILED), ("y", ExitCode.OK)):
        with Terminal(command, os.environ, columns=200) as terminal:
            terminal.read_until("not shown")
            terminal.type(f"{VALUE}\n")
            terminal.read_until(r"y/N")
            terminal.type(f"{answer}\n")
            assert terminal.end() == code, terminal.text
            assert VALUE not in terminal.text
        assert bool(find_secret(files, VALUE)) == (answer == "n")
    assert "found nowhere" in terminal.text
    assert "redact_patterns" in terminal.text


def test_purge_reads_the_value_from_a_file(
    files: Path, tmp_path: Path, flightlog: Flightlog
) -> None:
    """A dry run names every file; without a terminal, --yes is needed."""
    options = ("--value-file", tmp_path / "value.txt", "--db", files / "history.db")
    shown = flightlog("purge", *options, "--dry-run")
    assert shown.code == ExitCode.OK
    for name in ("history.db", "copy.db", "spool", "rejected.ndjson"):
        assert name in shown.out
    refused = flightlog("purge", *options)
    assert refused.code == ExitCode.USAGE
    assert "--yes" in refused.err
    assert find_secret(files, VALUE)
    done = flightlog("purge", *options, "--yes")
    assert done.code == ExitCode.OK, done.err
    assert "found nowhere" in done.out
    assert find_secret(files, VALUE) == []


def test_a_value_as_an_argument_is_refused(files: Path, flightlog: Flightlog) -> None:
    """The error says why, without the value."""
    ended = flightlog("purge", "--value", VALUE, "--db", files / "history.db", "--yes")
    assert ended.code == ExitCode.USAGE
    assert "history" in ended.err
    assert VALUE not in ended.err
    assert find_secret(files, VALUE)


@pytest.mark.parametrize("options", [(), ("--value", "-", "--query", "x")])
def test_exactly_one_of_value_and_query_is_needed(
    files: Path, flightlog: Flightlog, options: tuple[str, ...]
) -> None:
    """None and two of them are refused."""
    ended = flightlog("purge", *options, "--db", files / "history.db")
    assert ended.code == ExitCode.USAGE
    assert "--query" in ended.err


def test_an_open_history_is_refused_before_the_question(
    files: Path, tmp_path: Path, flightlog: Flightlog
) -> None:
    """The error says what to stop; a dry run works."""
    options = ("--value-file", tmp_path / "value.txt", "--db", files / "history.db")
    with ExecutionLogger(files / "history.db"):
        ended = flightlog("purge", *options, "--yes")
        dry = flightlog("purge", *options, "--dry-run")
    assert ended.code == ExitCode.FAILED
    assert "Stop `flightlog serve`" in ended.err
    assert dry.code == ExitCode.OK
    by_query = flightlog("purge", "--query", "orders", "--db", files / "history.db", "--dry-run")
    assert "chooses 5 runs" in by_query.out


def test_a_spool_of_a_living_process_is_reported(
    files: Path, tmp_path: Path, flightlog: Flightlog
) -> None:
    """The exit code says that the command may work later."""
    with open_spool(find_default_spool_dir()) as spool:
        spool.append(b'{"id":"r","workflowId":"w","name":"%s"}' % VALUE.encode())
        ended = flightlog(
            "purge", "--value-file", tmp_path / "value.txt", "--db", files / "history.db", "--yes"
        )
    assert ended.code == ExitCode.TRY_AGAIN
    assert "its process lives" in ended.err
    assert "left in 1 file" in ended.out


def test_a_damaged_file_is_deleted_when_asked(
    files: Path, tmp_path: Path, flightlog: Flightlog
) -> None:
    """Otherwise it is named, and the exit code says that something is left."""
    damaged = files / "history.db.damaged-1"
    damaged.write_bytes(b"SQLite format 3\0" + b"x" * 5000 + VALUE.encode())
    options = ("--value-file", tmp_path / "value.txt", "--db", files / "history.db", "--yes")
    left = flightlog("purge", *options)
    assert left.code == ExitCode.FAILED
    assert "--delete-unreadable" in left.err
    done = flightlog("purge", *options, "--delete-unreadable")
    assert not damaged.exists()
    assert find_secret(files, VALUE) == []
    assert flightlog("purge", *options).code == ExitCode.OK
    assert "Deleted" in done.out


def test_purge_by_query_erases_runs_from_all_files(files: Path, flightlog: Flightlog) -> None:
    """The history and the backup."""
    ended = flightlog("purge", "--query", "workflow:orders", "--db", files / "history.db", "--yes")
    assert ended.code == ExitCode.OK, ended.err
    assert "copy.db: 5 runs" in ended.out
    assert "found nowhere" in ended.out
    assert SECRET not in ended.out
    assert {place.split("/")[0] for place, _ in find_secret(files, VALUE)} == {"spool"}
