"""Backups of histories, also of histories that are written, and of processes that die."""

from __future__ import annotations

import stat
import threading
from pathlib import Path
from random import Random

import apsw
import pytest

from flightlog.errors import (
    InvalidSettingError,
    StoreForeignError,
    StoreFullError,
    StoreUnavailableError,
)
from flightlog.logger import ExecutionLogger
from flightlog.record.model import WorkflowExecution
from flightlog.store.query import ExecutionQuery
from flightlog.store.sqlite.backup import back_up
from support.damage import overwrite_pages
from support.disks import small_disk
from support.editor import make_editor_database
from support.programs import read_line, start_program
from support.records import record


def ids_in(path: Path) -> set[str]:
    """List the executions of a history, which is only read."""
    with ExecutionLogger(path, read_only=True) as logger:
        return {each.id for each in logger.query(ExecutionQuery(limit=1000)).executions}


def large_record(execution_id: str, random: Random) -> WorkflowExecution:
    """Make a record with a payload that can't be compressed."""
    return record(execution_id, trigger={"type": "http", "data": random.randbytes(8000).hex()})


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Make a history of three executions."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_executions([record(f"run-{number}") for number in range(3)])
    return path


def test_a_backup_is_one_private_file_with_all_executions(tmp_path: Path, history: Path) -> None:
    """The backup includes what only the write-ahead log holds, and has no file beside it."""
    target = tmp_path / "elsewhere" / "copy.db"
    target.parent.mkdir()
    with ExecutionLogger(history) as logger:
        logger.log_execution(record("in-the-log"))
        made = back_up(history, target)
    assert made.executions == 4
    assert made.size_bytes == target.stat().st_size
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert ids_in(target) == {"run-0", "run-1", "run-2", "in-the-log"}
    assert list(target.parent.iterdir()) == [target]


def test_a_backup_of_a_written_history_is_of_one_moment(tmp_path: Path) -> None:
    """Records that are committed between two steps are not waited for, and not in the backup."""
    history, target, random = tmp_path / "history.db", tmp_path / "copy.db", Random(1)
    with ExecutionLogger(history) as logger:
        for number in range(300):
            logger.log_execution(large_record(f"run-{number:04}", random))
        steps: list[tuple[int, int]] = []

        def write(done: int, total: int) -> None:
            logger.log_execution(large_record(f"during-{len(steps)}", random))
            steps.append((done, total))

        back_up(history, target, on_pages=write)
        assert len(steps) > 1
        assert logger.get_stats().total == 300 + len(steps)
    assert len({total for _, total in steps}) == 1
    assert ids_in(target) == {f"run-{number:04}" for number in range(300)}


def test_an_existing_file_stays_unless_it_may_be_replaced(tmp_path: Path, history: Path) -> None:
    """Without `overwrite`, the file at the target is unchanged."""
    target = tmp_path / "copy.db"
    target.write_text("precious", encoding="utf-8")
    with pytest.raises(InvalidSettingError, match="there already"):
        back_up(history, target)
    assert target.read_text(encoding="utf-8") == "precious"
    back_up(history, target, overwrite=True)
    assert ids_in(target) == ids_in(history)


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
def test_a_history_is_never_backed_up_onto_its_own_files(history: Path, suffix: str) -> None:
    """The database and its log are refused as targets, also with `overwrite`."""
    with ExecutionLogger(history) as logger:
        target = history.with_name(history.name + suffix)
        with pytest.raises(InvalidSettingError, match="history itself"):
            back_up(history, target, overwrite=True)
        assert logger.get_stats().total == 3


def test_a_directory_and_a_link_that_leads_nowhere_are_refused(
    tmp_path: Path, history: Path
) -> None:
    """Only regular files are replaced."""
    (tmp_path / "link.db").symlink_to(tmp_path / "nowhere.db")
    for target in (tmp_path, tmp_path / "link.db", tmp_path / "missing" / "copy.db"):
        with pytest.raises(InvalidSettingError):
            back_up(history, target, overwrite=True)


def test_a_damaged_history_gives_no_backup(tmp_path: Path) -> None:
    """The check of the copy finds the damage, and an older backup stays."""
    history, target, random = tmp_path / "history.db", tmp_path / "copy.db", Random(2)
    with ExecutionLogger(history) as logger:
        for number in range(50):
            logger.log_execution(large_record(f"run-{number}", random))
    back_up(history, target)
    before = target.read_bytes()
    overwrite_pages(history, 20, random, first=2)
    with pytest.raises(StoreUnavailableError, match="is damaged"):
        back_up(history, target, overwrite=True)
    assert target.read_bytes() == before
    assert {each.name for each in tmp_path.iterdir()} == {"history.db", "copy.db"}


def test_other_databases_are_refused(tmp_path: Path) -> None:
    """An empty file and another program's database are no histories; an editor's history is one."""
    empty, foreign, editors = (tmp_path / f"{name}.db" for name in ("empty", "foreign", "editors"))
    empty.touch()
    connection = apsw.Connection(str(foreign))
    connection.execute("CREATE TABLE notes (text)")
    connection.close()
    for path in (empty, foreign):
        with pytest.raises(StoreForeignError):
            back_up(path, tmp_path / "copy.db")
    make_editor_database(editors, later_columns=False)
    assert back_up(editors, tmp_path / "copy.db").executions == 3


def test_two_backups_to_one_file_do_not_mix(tmp_path: Path, history: Path) -> None:
    """A second backup to the same file is refused while the first one copies."""
    target = tmp_path / "copy.db"
    refused: list[Exception] = []

    def begin_another() -> None:
        with start_program("backup_dies_at_each_step", "backup", history, target) as program:
            assert program.stdin is not None
            print(1_000_000, file=program.stdin, flush=True)
            refused.append(RuntimeError(read_line(program)))
            program.stdin.close()

    def copy_slowly(_done: int, _total: int) -> None:
        thread = threading.Thread(target=begin_another)
        thread.start()
        thread.join()

    back_up(history, target, on_pages=copy_slowly)
    assert [str(each) for each in refused] == ["done 1"]
    assert ids_in(target) == ids_in(history)


def test_a_killed_backup_leaves_the_older_one_and_no_litter(tmp_path: Path, history: Path) -> None:
    """Whenever the process dies, the file is the old or the new backup, and the next one works."""
    target = tmp_path / "copies" / "copy.db"
    target.parent.mkdir()
    back_up(history, target)
    old = ids_in(target)
    with ExecutionLogger(history) as logger:
        logger.log_execution(record("newer"))
    new = old | {"newer"}
    seen = []
    with start_program("backup_dies_at_each_step", "backup", history, target) as program:
        assert program.stdin is not None
        for step in range(1, 100):
            print(step, file=program.stdin, flush=True)
            outcome = read_line(program)
            seen.append(ids_in(target))
            if outcome != "killed":
                break
        program.stdin.close()
    assert outcome == "done 0"
    assert len(seen) > 4
    assert all(each in (old, new) for each in seen)
    assert seen[0] == old
    assert seen[-1] == new
    assert list(target.parent.iterdir()) == [target]


def test_a_full_disk_leaves_no_half_backup(tmp_path: Path) -> None:
    """The error says that the disk is full; an older backup stays, and nothing else is left."""
    history, random = tmp_path / "history.db", Random(5)
    with ExecutionLogger(history) as logger:
        logger.log_execution(record("first"))
        with small_disk(tmp_path / "disk", 1_000_000) as disk:
            target = disk / "copy.db"
            back_up(history, target)
            before = target.read_bytes()
            for number in range(200):
                logger.log_execution(large_record(f"run-{number}", random))
            with pytest.raises(StoreFullError):
                back_up(history, target, overwrite=True)
            assert target.read_bytes() == before
            assert list(disk.iterdir()) == [target]


def test_a_backup_lets_go_of_the_history_before_its_check(tmp_path: Path) -> None:
    """The write-ahead log can start anew while the copy is checked, but not during the copy."""
    history, target, random = tmp_path / "history.db", tmp_path / "copy.db", Random(1)
    freed: dict[str, set[bool]] = {"copy": set(), "check": set()}
    stage = "copy"

    def truncate() -> bool:
        writer.execute("UPDATE executions SET workflow_name = workflow_name || '.'")
        try:
            writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.BusyError:
            return False
        return True

    def note_step(done: int, total: int) -> None:
        nonlocal stage
        freed["copy"].add(truncate())
        stage = "check" if done == total else "copy"

    def note_check() -> bool:
        freed[stage].add(truncate())
        return False

    def watch(connection: apsw.Connection) -> None:
        if connection.filename.endswith(".partial"):
            connection.set_progress_handler(note_check, 1_000)

    with ExecutionLogger(history) as logger:
        for number in range(300):
            logger.log_execution(large_record(f"run-{number:04}", random))
    writer = apsw.Connection(str(history))
    apsw.connection_hooks.append(watch)
    try:
        back_up(history, target, on_pages=note_step)
    finally:
        apsw.connection_hooks.remove(watch)
        writer.close()
    assert freed == {"copy": {False}, "check": {True}}
