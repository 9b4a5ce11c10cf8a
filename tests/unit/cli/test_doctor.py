from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from flightlog.cli.exit_codes import ExitCode
from flightlog.logger import ExecutionLogger
from flightlog.secret_key import find_key_file, load_secret_key
from support.damage import overwrite_pages
from support.records import record

from .conftest import leave, running

Flightlog = Callable[..., Any]


def test_doctor_reports_that_a_history_was_taken_away(tmp_path: Path, flightlog: Flightlog) -> None:
    """The report has the time, the event and the log's path, until the user deletes the note."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_execution(record("before"))
        path.unlink()
        logger.log_execution(record("after"))
    (stale,) = tmp_path.glob("*.stale-*")
    ended = flightlog("doctor", "--db", path)
    assert ended.code == 1
    assert "the file was removed or renamed" in ended.out
    assert str(stale) in ended.out
    found = json.loads(flightlog("doctor", "--db", path, "--json").out)
    (event,) = found["history"]["changes"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", event["at"])
    (tmp_path / "history.db.changes.ndjson").unlink()
    assert "removed" not in flightlog("doctor", "--db", path).out


def test_the_doctor_says_that_all_is_well(
    history: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """With nothing missing and nothing waiting, the exit code is 0."""
    load_secret_key()
    ended = flightlog("doctor", "--db", history)
    assert (ended.code, ended.err) == (ExitCode.OK, "")
    assert "All is well." in ended.out
    assert str(history) in ended.out
    assert "journal_mode wal" in ended.out
    assert "0 records received, 0 missing" in ended.out
    assert str(find_key_file()) in ended.out


def test_doctor_counts_executions_outside_workflows_by_place(
    history: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """Runs of one node are listed by caller; the list is information and no finding."""
    load_secret_key()
    direct = [("/srv/shop.py:12 in main", f"pool_{number}") for number in range(3)]
    direct += [("/srv/shop.py:30 in later", "MainThread")]
    with ExecutionLogger(history) as logger:
        for number, (place, thread) in enumerate(direct):
            data = {"calledFrom": place, "thread": thread}
            run = record(
                f"direct-{number}",
                trigger={"type": "direct", "data": data},
                parentExecutionId="run-1" if number == 0 else None,
            )
            logger.log_execution(run)
        # Other clients may use this type with another meaning.
        for number, strange in enumerate(([1], {"calledFrom": 7}, "x" * 50_000)):
            trigger = {"type": "direct", "data": strange}
            logger.log_execution(record(f"strange-{number}", trigger=trigger))
    ended = flightlog("doctor", "--db", history)
    assert ended.code == ExitCode.OK
    text = " ".join(ended.out.split())
    assert "7 executions began outside a workflow" in text
    assert (
        "3 of charge in order-intake, from /srv/shop.py:12 in main, thread pool_2; "
        "1 linked to a parent"
    ) in text
    found = json.loads(flightlog("doctor", "--json", "--db", history).out)["outside"]
    assert (found["count"], found["complete"]) == (7, True)
    assert {(place.get("calledFrom"), place["count"]) for place in found["places"]} == {
        ("/srv/shop.py:12 in main", 3),
        ("/srv/shop.py:30 in later", 1),
        (None, 3),
    }


def test_the_doctor_makes_nothing(tmp_path: Path, spool_dir: Path, flightlog: Flightlog) -> None:
    """The command creates no history, no secret and no spool directory."""
    ended = flightlog("doctor", "--db", tmp_path / "none.db")
    assert ended.code == ExitCode.FAILED
    assert "doesn't exist yet" in ended.out
    assert not (tmp_path / "none.db").exists()
    assert not find_key_file().exists()
    assert not spool_dir.exists()


def test_a_spools_text_cannot_act_on_the_terminal(
    history: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """The text of a spool's owner file is escaped in the same way as records."""
    leave(spool_dir, "http://\x1b[31mred\u202e", running("a"))
    for command in (("deliver",), ("doctor", "--db", history)):
        ended = flightlog(*command)
        assert not {"\x1b", "\u202e"} & set(ended.out + ended.err)


def make_history(path: Path) -> None:
    """Make a history with some executions, and close it."""
    with ExecutionLogger(path) as logger:
        logger.log_executions([record(f"run-{number}") for number in range(40)])


def test_repair_says_that_a_file_was_moved_aside(flightlog: Flightlog, tmp_path: Path) -> None:
    """A damaged page of the schema keeps the file from being opened; its executions come back."""
    db = tmp_path / "history.db"
    make_history(db)
    with db.open("r+b") as file:
        file.seek(100)
        file.write(Random(5).randbytes(3000))
    found = flightlog("doctor", "--db", db)
    assert (found.code, "--repair" in found.out) == (ExitCode.FAILED, True)
    repaired = flightlog("doctor", "--repair", "--db", db)
    assert "could not be opened" in repaired.err
    assert "Salvaged 40 executions of the old file" in repaired.err
    assert "Nothing to repair" not in repaired.err
    assert "doctor --repair" not in repaired.err
    assert list(tmp_path.glob("history.db.salvaged-*"))
    assert "Nothing to repair." in flightlog("doctor", "--repair", "--db", db).err


@pytest.mark.parametrize("size", [40, 71])
def test_repair_of_a_file_without_executions_advises_something_else(
    flightlog: Flightlog, tmp_path: Path, size: int
) -> None:
    """A file that was cut before its application id is left alone; a backup can replace it."""
    db, backup = tmp_path / "history.db", tmp_path / "backup.db"
    make_history(db)
    assert flightlog("backup", backup, "--db", db).code == 0
    cut = db.read_bytes()[:size]
    db.write_bytes(cut)
    for command in (("doctor", "--repair"), ("serve", "--port", "0")):
        ended = flightlog(*command, "--db", db)
        assert ended.code == ExitCode.FAILED
        assert "left alone" in ended.err
        assert "doctor --repair" not in ended.err
        assert db.read_bytes() == cut
    assert flightlog("restore", backup, "--db", db).code == 0
    assert "sound" in flightlog("doctor", "--db", db).out


def test_a_wrong_application_id_is_reported_with_the_name_of_the_file(
    flightlog: Flightlog, tmp_path: Path
) -> None:
    """Reading commands read through a copy, which the message doesn't name."""
    db = tmp_path / "history.db"
    make_history(db)
    with db.open("r+b") as file:
        file.seek(68)
        file.write(b"XXXX")
    for command in (("list",), ("doctor",), ("doctor", "--repair")):
        ended = flightlog(*command, "--db", db)
        assert ended.code == ExitCode.FAILED
        assert f"The history {db} has other tables" in ended.out + ended.err


def test_doctor_repairs_a_damaged_history(flightlog: Flightlog, tmp_path: Path) -> None:
    """The damaged file is reported, set aside and salvaged, and the new one is private."""
    db = tmp_path / "history.db"
    with ExecutionLogger(db) as logger:
        logger.log_executions([record(f"run-{number}") for number in range(200)])
    db.chmod(0o644)
    overwrite_pages(db, 3, Random(1), first=8)
    found = flightlog("doctor", "--db", db)
    assert found.code == ExitCode.FAILED
    assert "--repair" in found.out
    repaired = flightlog("doctor", "--repair", "--db", db)
    assert "Salvaged " in repaired.err
    assert "sound; readable for this user alone" in repaired.out
    assert len(list(tmp_path.glob("history.db.salvaged-*"))) >= 1
    assert "Nothing to repair." in flightlog("doctor", "--repair", "--db", db).err
