"""After a purge no file has the value in any form, and everything else is as it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flightlog.errors import StoreUnavailableError
from flightlog.logger import ExecutionLogger
from flightlog.purge.forms import ValueForms
from flightlog.purge.places import Places, find_places
from flightlog.purge.proof import search_file
from flightlog.purge.values import Outcome, preview, prove, purge_value
from flightlog.record.decoding import encode_execution
from support.programs import read_line, start_program
from support.purges import OTHER, SECRET, find_secret, make_history


def ignore(_path: Path) -> None:
    """Follow no progress."""


def places_of(history: Path) -> Places:
    """Find the files of a history whose spools are beside it."""
    return find_places(history, [history.parent / "spool"])


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory whose files have the value."""
    directory = tmp_path_factory.mktemp("prepared")
    make_history(directory, SECRET)
    return directory


@pytest.fixture
def history(prepared: Path, tmp_path: Path) -> Path:
    """A private copy of the prepared directory, with a log that was not merged."""
    shutil.copytree(prepared, tmp_path / "all")
    notes = tmp_path / "all" / "history.db.backups.ndjson"
    notes.write_text(notes.read_text().replace(str(prepared), str(tmp_path / "all")))
    return tmp_path / "all" / "history.db"


def test_no_file_has_the_value_after_a_purge(history: Path) -> None:
    """The history, its backup, the spool and the refused record; other content stays."""
    before = find_secret(history.parent, SECRET)
    assert {place.split("/")[0].split()[0] for place, _ in before} == {
        "history.db",
        "copies",
        "spool",
    }
    done = purge_value(places_of(history), ValueForms(SECRET), ignore)
    assert len(done) == 4
    assert all(outcome.fault is None and outcome.places for outcome in done)
    assert find_secret(history.parent, SECRET) == []
    with ExecutionLogger(history, read_only=True) as logger:
        found = logger.get_execution("run-1")
        plain = logger.get_execution("plain-1")
        assert logger.get_stats().total == 8
    assert found is not None
    assert found.name == "[purged]"
    assert found.workflow_name == "Orders [purged]"
    assert found.tags == {"customer": "[purged]", "kept": OTHER}
    assert OTHER.encode() in encode_execution(found)
    assert plain is not None


def test_preview_counts_the_same_places_and_changes_nothing(history: Path) -> None:
    """Every file is named; their bytes stay."""
    forms, places = ValueForms(SECRET), places_of(history)
    contents = {path: path.read_bytes() for path in history.parent.rglob("*") if path.is_file()}
    counted = preview(places, forms, ignore)
    assert contents == {
        path: path.read_bytes() for path in history.parent.rglob("*") if path.is_file()
    }
    assert counted == purge_value(places, forms, ignore)


def test_the_proof_finds_the_value_where_it_is(history: Path) -> None:
    """Before the purge in every file, and afterwards in none."""
    forms, places = ValueForms(SECRET), places_of(history)

    def list_left() -> set[str]:
        results = list(prove(places.list_files(), forms, ignore))
        assert len(results) >= 4
        return {path.name for path, found in results if isinstance(found, str) or found.has_value}

    left = list_left()
    assert {"history.db", "copy.db", "00000001.segment"} <= left
    purge_value(places, forms, ignore)
    assert list_left() == set()


def test_an_open_history_is_not_changed(history: Path) -> None:
    """The error says what to stop."""
    forms, places = ValueForms(SECRET), places_of(history)
    with ExecutionLogger(history), pytest.raises(StoreUnavailableError, match="another process"):
        purge_value(places, forms, ignore)
    assert find_secret(history.parent, SECRET)


def test_a_purge_can_be_repeated_after_it_was_killed_at_any_step(history: Path) -> None:
    """The next purge completes, and loses no execution."""
    whole = history.parent
    killed = 0
    with start_program("purge_dies_at_each_step", SECRET.encode().hex()) as program:
        assert program.stdin is not None
        for step in (1, 10, 40, 80, 120, 200, 300, 400, 100_000):
            copy = whole.with_name(f"copy-{step}")
            shutil.copytree(whole, copy)
            notes = copy / "history.db.backups.ndjson"
            notes.write_text(notes.read_text().replace(str(whole), str(copy)))
            print(step, copy / "history.db", file=program.stdin, flush=True)
            outcome = read_line(program)
            killed += outcome == "killed"
            purge_value(places_of(copy / "history.db"), ValueForms(SECRET), ignore)
            assert find_secret(copy, SECRET) == []
            assert not list(copy.rglob("*.purging"))
            with ExecutionLogger(copy / "history.db", read_only=True) as logger:
                assert logger.get_stats().total == 8
        program.stdin.close()
    assert outcome == "done 0"
    assert killed > 4


def test_the_value_in_a_file_that_cant_be_rewritten_is_reported(history: Path) -> None:
    """A damaged file that was set aside, and a stale log."""
    damaged = history.with_name("history.db.damaged-20261130")
    damaged.write_bytes(b"SQLite format 3\0" + b"x" * 5000 + SECRET.encode())
    stale = history.with_name("history.db-wal.stale-20261130")
    stale.write_bytes(b"1234" + SECRET.encode())
    forms, places = ValueForms(SECRET), places_of(history)
    faults = {
        outcome.path: outcome.fault
        for outcome in purge_value(places, forms, ignore)
        if outcome.fault is not None
    }
    assert list(faults) == [damaged]
    assert search_file(damaged, forms).has_value
    assert search_file(stale, forms).has_value
    assert {damaged, stale} <= set(places.list_files())
    assert isinstance(preview(places, forms, ignore)[0], Outcome)
