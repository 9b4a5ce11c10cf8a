"""Backups that take the place of histories, also when the process dies."""

from __future__ import annotations

import stat
from pathlib import Path
from random import Random

import pytest

from flightlog.errors import (
    InvalidSettingError,
    StoreForeignError,
    StoreUnavailableError,
    StoreVersionError,
)
from flightlog.logger import ExecutionLogger
from flightlog.store.query import ExecutionQuery
from flightlog.store.sqlite.backup import back_up
from flightlog.store.sqlite.restore import ASIDE, restore
from support.damage import damage_header, overwrite_pages
from support.programs import read_line, start_program
from support.records import record


def ids_in(path: Path) -> set[str]:
    """List the executions of a history, which is only read."""
    with ExecutionLogger(path, read_only=True) as logger:
        return {each.id for each in logger.query(ExecutionQuery(limit=1000)).executions}


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Make a history in a directory of its own, with one execution more than its backup."""
    path = tmp_path / "history" / "executions.db"
    with ExecutionLogger(path) as logger:
        logger.log_execution(record("old"))
    back_up(path, tmp_path / "backup.db")
    with ExecutionLogger(path) as logger:
        logger.log_execution(record("new"))
    return path


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """Name the backup of the history."""
    return tmp_path / "backup.db"


def find_asides(path: Path) -> list[Path]:
    """List the histories that were kept aside."""
    return sorted(path.parent.glob(f"{path.name}{ASIDE}*"))


def test_a_backup_takes_the_place_and_the_old_history_stays(history: Path, backup: Path) -> None:
    """The old history has another name; the backup stays as it is, and new records are taken."""
    content = backup.read_bytes()
    restored = restore(backup, history)
    assert restored.executions == 1
    assert restored.aside is not None
    assert find_asides(history) == [restored.aside]
    assert ids_in(history) == {"old"}
    assert ids_in(restored.aside) == {"old", "new"}
    assert backup.read_bytes() == content
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    with ExecutionLogger(history) as logger:
        logger.log_execution(record("newest"))
    assert ids_in(history) == {"old", "newest"}


def test_a_missing_history_is_made(tmp_path: Path, history: Path, backup: Path) -> None:
    """A backup can be restored on a machine without a history."""
    assert history.exists()
    elsewhere = tmp_path / "new" / "place" / "executions.db"
    assert restore(backup, elsewhere).aside is None
    assert ids_in(elsewhere) == {"old"}
    assert list(elsewhere.parent.iterdir()) == [elsewhere]


def test_an_open_history_is_not_replaced(history: Path, backup: Path) -> None:
    """While another process has the history open, nothing changes."""
    with start_program("store_writes_and_waits", history) as program:
        read_line(program)
        before = {each.name for each in history.parent.iterdir()}
        with pytest.raises(StoreUnavailableError, match="open in another process"):
            restore(backup, history)
        assert {each.name for each in history.parent.iterdir()} == before
        program.kill()
    assert find_asides(history) == []
    assert {"old", "new"} <= ids_in(history)
    restore(backup, history)
    assert ids_in(history) == {"old"}


def test_a_damaged_backup_is_refused(tmp_path: Path, history: Path) -> None:
    """The history stays when the check of the backup fails."""
    source, random = tmp_path / "large.db", Random(3)
    with ExecutionLogger(source) as logger:
        for number in range(50):
            data = random.randbytes(8000).hex()
            logger.log_execution(record(f"run-{number}", trigger={"type": "http", "data": data}))
    overwrite_pages(source, 20, random, first=2)
    with pytest.raises(StoreUnavailableError, match="is damaged"):
        restore(source, history)
    assert ids_in(history) == {"old", "new"}
    assert {each.name for each in history.parent.iterdir()} == {"executions.db"}


def test_files_that_are_no_backup_are_refused(tmp_path: Path, history: Path, backup: Path) -> None:
    """Text, an empty or a missing file, a newer schema and the history itself are refused."""
    text, empty = tmp_path / "text.db", tmp_path / "empty.db"
    text.write_text("no database, but long enough to look like the header of one" * 9, "utf-8")
    empty.touch()
    newer = tmp_path / "newer.db"
    content = bytearray(backup.read_bytes())
    content[60:64] = (999).to_bytes(4, "big")
    newer.write_bytes(content)
    for source, error in (
        (text, StoreForeignError),
        (empty, StoreForeignError),
        (newer, StoreVersionError),
        (tmp_path / "missing.db", StoreUnavailableError),
        (history, InvalidSettingError),
    ):
        with pytest.raises(error):
            restore(source, history)
    assert ids_in(history) == {"old", "new"}


def test_a_damaged_history_is_replaced_and_kept(history: Path, backup: Path) -> None:
    """A history that SQLite can't open is kept aside as it is."""
    damage_header(history, Random(4))
    damaged = history.read_bytes()
    restored = restore(backup, history)
    assert restored.aside is not None
    assert restored.aside.read_bytes() == damaged
    assert ids_in(history) == {"old"}


def test_a_link_stays_a_link(tmp_path: Path, history: Path, backup: Path) -> None:
    """The file that the link leads to is replaced."""
    link = tmp_path / "link.db"
    link.symlink_to(history)
    restore(backup, link)
    assert link.is_symlink()
    assert ids_in(history) == {"old"}
    assert len(find_asides(history)) == 1


def test_a_killed_restore_leaves_a_whole_history(history: Path, backup: Path) -> None:
    """Whenever the process dies, the path has the old or the new history, and a retry works."""
    with start_program("backup_dies_at_each_step", "restore", backup, history) as program:
        assert program.stdin is not None
        seen = []
        for step in range(1, 100):
            print(step, file=program.stdin, flush=True)
            outcome = read_line(program)
            seen.append(ids_in(history))
            if outcome != "killed":
                break
        program.stdin.close()
    assert outcome == "done 0"
    assert len(seen) > 6
    assert all(each in ({"old", "new"}, {"old"}) for each in seen)
    assert any(ids_in(aside) == {"old", "new"} for aside in find_asides(history))
    assert all(not aside.samefile(history) for aside in find_asides(history))
    partials = [each for each in history.parent.iterdir() if each.suffix == ".partial"]
    assert partials == []
