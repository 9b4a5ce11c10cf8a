"""`flightlog deliver` and `flightlog doctor`: waiting records, missing records, and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flightlog.cli.exit_codes import ExitCode
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.spool import SpoolWriter, list_spools

from .conftest import NOWHERE, leave, running

Flightlog = Callable[..., Any]


def test_deliver_takes_each_spool_to_where_it_was_to_go(
    tmp_path: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """A receiver and a database get their records; afterwards nothing waits."""
    with ExecutionLogger(tmp_path / "received.db") as logger:
        # The receiver's own spool directory is another one, so that it doesn't collect the spools
        # before the command does.
        settings = ReceiverSettings(port=0, spool_dir=tmp_path / "none")
        with Receiver(logger, settings).running() as receiver:
            leave(spool_dir, receiver.url, running("a"), running("b"))
            leave(spool_dir, f"sqlite:{tmp_path}/own.db", running("c"))
            ended = flightlog("deliver")
        assert logger.get_stats().total == 2
    assert (ended.code, ended.err) == (ExitCode.OK, "")
    assert ended.out == "Delivered 3 records of 2 dead processes.\n"
    with ExecutionLogger(tmp_path / "own.db") as logger:
        assert logger.get_execution("c") is not None
    assert flightlog("deliver").out == "Nothing waits.\n"


def test_deliver_says_what_waits_and_why(
    tmp_path: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """An unreachable destination is tried once, the rest is delivered, and the exit code is 75."""
    first = leave(spool_dir, NOWHERE, running("a"))
    second = leave(spool_dir, NOWHERE, running("b"))
    leave(spool_dir, f"sqlite:{tmp_path}/own.db", running("c"))
    ended = flightlog("deliver")
    assert ended.code == ExitCode.TRY_AGAIN
    assert ended.out == "Delivered 1 record of 1 dead process; 2 spools still waiting.\n"
    assert first in ended.err
    assert second in ended.err
    assert f"waits: {NOWHERE} can't be reached" in ended.err
    assert len(list_spools(spool_dir)) == 2


def test_waiting_records_are_one_finding_for_each_destination(
    tmp_path: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """The doctor adds spools up, and a missing history says how to store what waits."""
    for number in range(3):
        leave(spool_dir, NOWHERE, running(f"run-{number}"))
    leave(spool_dir, "http://localhost:9", running("other"))
    missing = ("--db", tmp_path / "none.db")
    findings = json.loads(flightlog("doctor", "--json", *missing).out)["findings"]
    waiting = [found["what"] for found in findings if "left" in found["what"]]
    assert len(waiting) == 2
    assert sum(text.startswith("3 dead processes have left ") for text in waiting) == 1
    assert "of records wait: `flightlog serve` stores them" in flightlog("list", *missing).err


def test_deliver_to_another_address(tmp_path: Path, spool_dir: Path, flightlog: Flightlog) -> None:
    """`--url` overrides the spools' destinations, and replaces a destination that can't be read."""
    leave(spool_dir, NOWHERE, running("a"))
    process_id = leave(spool_dir, NOWHERE, running("b"))
    (spool_dir / process_id / "owner.json").write_text("torn")
    assert "Say it with --url" in flightlog("deliver").err
    ended = flightlog("deliver", "--url", f"sqlite:{tmp_path}/own.db")
    assert (ended.code, ended.err) == (ExitCode.OK, "")
    with ExecutionLogger(tmp_path / "own.db") as logger:
        assert logger.get_stats().total == 2


@pytest.mark.parametrize("url", ["sqlite:relative.db", "gopher://example", "http://"])
def test_deliver_makes_no_guess(
    url: str,
    tmp_path: Path,
    spool_dir: Path,
    flightlog: Flightlog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A spool without a usable destination stays, and the reason is one line."""
    monkeypatch.chdir(tmp_path)
    leave(spool_dir, url, running("a"))
    ended = flightlog("deliver")
    assert ended.code == ExitCode.TRY_AGAIN
    assert ended.err.count("\n") == 1
    assert not (tmp_path / "relative.db").exists()


def test_deliver_keeps_what_is_refused_for_good(
    tmp_path: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """The refused record is kept beside the spool; the doctor reports the file."""
    process_id = leave(
        spool_dir, f"sqlite:{tmp_path}/own.db", running("a"), {"id": "no record"}, running("c")
    )
    ended = flightlog("deliver")
    assert ended.code == ExitCode.FAILED
    assert ended.out == "Delivered 2 records of 1 dead process; 1 refused.\n"
    kept = spool_dir / f"{process_id}.rejected.ndjson"
    assert str(kept) in ended.err
    assert json.loads(kept.read_text())["id"] == "no record"
    examined = flightlog("doctor", "--db", tmp_path / "own.db")
    assert (examined.code, str(kept) in examined.out) == (ExitCode.FAILED, True)


def test_deliver_leaves_the_living_alone(
    tmp_path: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """A process with a held lock delivers by itself."""
    spool = SpoolWriter(spool_dir, NOWHERE)
    spool.append(json.dumps(running("a")).encode())
    ended = flightlog("deliver", "--url", f"sqlite:{tmp_path}/own.db")
    assert (ended.code, "1 of living processes" in ended.out) == (ExitCode.OK, True)
    assert len(list_spools(spool_dir)) == 1
    spool.close()
