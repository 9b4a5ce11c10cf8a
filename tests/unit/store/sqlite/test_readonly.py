from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from flightlog.errors import (
    StoreClosedError,
    StoreForeignError,
    StoreGoneError,
    StoreReadOnlyError,
    StoreUnavailableError,
    StoreVersionError,
)
from flightlog.logger import ExecutionLogger
from flightlog.store.query import ExecutionQuery
from flightlog.store.sqlite.migrate import APPLICATION_ID, SCHEMA_VERSION
from support.disks import small_disk
from support.editor import make_editor_database
from support.programs import read_line, run_program, start_program
from support.records import record
from support.users import NOBODY, public_directory, run_as_nobody

VERSION_2 = Path(__file__).parents[3] / "migration" / "version_2.sql"


@pytest.fixture
def place() -> Iterator[Path]:
    """Make a directory that every user can enter, with a directory `data` in it."""
    with public_directory() as directory:
        (directory / "data").mkdir()
        (directory / "data").chmod(0o755)
        yield directory


def ids_in(path: Path) -> list[str]:
    """List the executions that a read-only logger finds, in order."""
    with ExecutionLogger(path, read_only=True) as logger:
        return sorted(found.id for found in logger.query(ExecutionQuery()).executions)


def snapshot(directory: Path) -> dict[str, tuple[bytes, int]]:
    """Read all files of a directory, with their bytes and permissions."""
    return {file.name: (file.read_bytes(), file.stat().st_mode) for file in directory.iterdir()}


def make_version(path: Path, version: int) -> None:
    """Make a history of an older schema, with three executions."""
    if version < 2:
        make_editor_database(path, later_columns=version == 1)
        return
    source = path.with_name("today.db")
    with ExecutionLogger(source) as logger:
        logger.log_executions([record(f"run-{number}") for number in range(3)])
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.execute(VERSION_2.read_text(encoding="utf-8"))
    connection.execute("ATTACH ? AS today", (str(source),))
    for (table,) in connection.execute(
        "SELECT name FROM main.sqlite_schema WHERE type = 'table'"
    ).fetchall():
        columns = ", ".join(
            str(row[1]) for row in connection.execute(f"PRAGMA main.table_info({table})")
        )
        connection.execute(
            f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM today.{table}"
        )
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", 2)
    connection.close()
    source.unlink()


@pytest.mark.parametrize("version", [0, 1, 2], ids=["editor", "editor, later columns", "2"])
def test_reading_an_older_history_leaves_every_byte(tmp_path: Path, version: int) -> None:
    """Reading an older history makes no migration, no backup and no file, and all is readable."""
    make_version(tmp_path / "history.db", version)
    before = snapshot(tmp_path)
    with ExecutionLogger(tmp_path / "history.db", read_only=True) as logger:
        assert logger.get_stats().total == 3
        found = logger.get_execution("run-1")
        assert found is not None
        assert len(found.node_executions) in {1, 2}
        assert logger.reader.read_outline("run-1") is not None
        assert logger.reader.read_ledger().missing == 0
        health = logger.reader.health()
        assert (health.schema_version, health.read_only) == (version // 2 * 2, True)
    assert snapshot(tmp_path) == before


def test_an_editor_goes_on_recording_while_its_history_is_read(tmp_path: Path) -> None:
    """The editor's statements work while its history is read, and readers see new rows."""
    path = tmp_path / "executions.db"
    make_editor_database(path, later_columns=False)
    editor = start_program("sqlite_adds_an_execution_per_line", path)
    assert editor.stdin is not None
    assert editor.stdout is not None
    try:
        for name in ("new-1", "new-2"):
            editor.stdin.write(f"{name}\n")
            editor.stdin.flush()
            assert editor.stdout.readline() == "written\n"
            assert name in ids_in(path)
    finally:
        editor.stdin.close()
        editor.stdout.close()
        assert editor.wait() == 0
    assert len(ids_in(path)) == 5


def test_a_newer_or_another_programs_database_is_refused(tmp_path: Path) -> None:
    """A reader refuses a newer database, or another program's, as a writer does."""
    path = tmp_path / "history.db"
    ExecutionLogger(path).close()
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", SCHEMA_VERSION + 1)
    connection.close()
    with pytest.raises(StoreVersionError):
        ExecutionLogger(path, read_only=True)
    (tmp_path / "notes.txt").write_text("Buy milk. " * 500)
    with pytest.raises(StoreForeignError):
        ExecutionLogger(tmp_path / "notes.txt", read_only=True)


WRITES: list[Callable[[ExecutionLogger], object]] = [
    lambda logger: logger.log_execution(record("new")),
    lambda logger: logger.delete_execution("run-1"),
    lambda logger: logger.writer.delete_many(["run-1"]),
    lambda logger: logger.clear_workflow_executions("order-intake"),
    lambda logger: logger.clear_executions_before("2030-01-01T00:00:00Z"),
    lambda logger: logger.writer.set_star("run-1", starred=True),
    lambda logger: logger.writer.note_sent("p", 3),
    lambda logger: logger.writer.mark_crashed("p"),
]


def test_every_change_is_refused(tmp_path: Path) -> None:
    """A read-only history refuses every change with a named error, and changes nothing."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_execution(record("run-1"))
    before = snapshot(tmp_path)
    with ExecutionLogger(path, read_only=True) as logger:
        for write in WRITES:
            with pytest.raises(StoreReadOnlyError, match="reading only"):
                write(logger)
        logger.close()
        with pytest.raises(StoreClosedError):
            logger.get_stats()
    assert snapshot(tmp_path) == before


def test_a_missing_history_is_not_made(tmp_path: Path) -> None:
    """Reading a missing history creates neither the file nor its directory."""
    with pytest.raises(StoreUnavailableError, match="does not exist"):
        ExecutionLogger(tmp_path / "missing" / "history.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_another_file_at_the_path_is_read(tmp_path: Path) -> None:
    """A reader follows a history that was replaced while open; a missing file is retryable."""
    path = tmp_path / "history.db"
    for name in ("first", "second"):
        with ExecutionLogger(tmp_path / f"{name}.db") as logger:
            logger.log_execution(record(name))
    (tmp_path / "first.db").rename(path)
    with ExecutionLogger(path, read_only=True) as logger:
        assert logger.get_execution("first") is not None
        path.unlink()
        with pytest.raises(StoreGoneError):
            logger.get_stats()
        (tmp_path / "second.db").rename(path)
        assert logger.get_execution("second") is not None
        assert logger.get_execution("first") is None


@pytest.mark.parametrize("mode", [0o755, 0o555, 0o777])
@pytest.mark.parametrize("written", ["before", "now", "killed"])
def test_another_users_history_is_read(place: Path, mode: int, written: str) -> None:
    """
    Another user's history is readable: closed, held by a living process, or left with its log.

    The claim holds whether or not the reader may write beside the file.
    """
    directory, path = place / "data", place / "data" / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_execution(record("in-the-file"))
    writer = None
    if written != "before":
        writer = start_program("store_writes_and_waits", path)
        assert read_line(writer) == "written"
    try:
        if written == "killed":
            assert writer is not None
            writer.kill()
            writer.wait()
        for file in directory.iterdir():
            file.chmod(0o644)
        directory.chmod(mode)
        before = snapshot(directory)
        ended = run_as_nobody("list", "--json", "--db", path, home=place / "home")
        assert ended.returncode == 0, ended.stderr
        assert "in-the-file" in ended.stdout
        assert ("in-the-log" in ended.stdout) == (written != "before")
        assert "belongs to root" in ended.stderr
        assert snapshot(directory).keys() == before.keys()
        assert snapshot(directory)["history.db"] == before["history.db"]
    finally:
        if writer is not None:
            writer.kill()
            writer.communicate()


@pytest.mark.parametrize("version", [0, 2])
def test_another_users_older_history_is_read(place: Path, version: int) -> None:
    """Another user's older history is read through a temporary copy, which is gone afterwards."""
    path = place / "data" / "history.db"
    make_version(path, version)
    path.chmod(0o444)
    for command in (("list",), ("show", "run-1"), ("stats",), ("export", "-")):
        ended = run_as_nobody(*command, "--db", path, home=place / "home")
        assert ended.returncode == 0, ended.stderr
        assert "run-1" in ended.stdout or "3 executions" in ended.stdout
    assert not list((place / "home").glob("flightlog-*"))


def test_a_file_that_may_not_be_read_says_whose_it_is(place: Path) -> None:
    """
    The error for an unreadable file names its owner and a remedy.

    The test reads in a child that has given up its privileges.
    """
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    path = place / "data" / "history.db"
    ExecutionLogger(path).close()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            ExecutionLogger(path, read_only=True)
        except StoreUnavailableError as error:
            code = 0 if "it belongs to root" in str(error) else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("with_log", [False, True])
def test_a_history_on_a_read_only_disk_is_read(tmp_path: Path, with_log: bool) -> None:
    """
    A history on a read-only disk is readable.

    The claim holds with and without a log that can't be checkpointed.
    """
    with small_disk(tmp_path / "disk", 16_000_000) as disk:
        path = disk / "history.db"
        with ExecutionLogger(tmp_path / "source.db") as logger:
            logger.log_execution(record("in-the-log"))
            if with_log:
                for suffix in ("", "-wal"):
                    shutil.copyfile(f"{tmp_path}/source.db{suffix}", f"{path}{suffix}")
        if not with_log:
            shutil.copyfile(tmp_path / "source.db", path)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        assert ids_in(path) == ["in-the-log"]


def test_a_history_with_a_hot_journal_is_read(tmp_path: Path) -> None:
    """A history is readable after a process was killed in a change without a write-ahead log."""
    path = tmp_path / "executions.db"
    make_editor_database(path, later_columns=False)
    run_program("sqlite_leaves_a_hot_journal", path, expected_code=-signal.SIGKILL)
    assert (tmp_path / "executions.db-journal").stat().st_size > 0
    before = snapshot(tmp_path)
    assert ids_in(path) == ["run-0", "run-1", "run-2"]
    assert snapshot(tmp_path) == before


def test_reading_a_history_that_was_left_with_its_log_keeps_the_log(tmp_path: Path) -> None:
    """Reading doesn't checkpoint, because another process may be about to restore a backup."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_execution(record("in-the-log"))
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{path}{suffix}", tmp_path / f"left.db{suffix}")
    before = (tmp_path / "left.db").read_bytes()
    assert ids_in(tmp_path / "left.db") == ["in-the-log"]
    assert (tmp_path / "left.db").read_bytes() == before
    assert (tmp_path / "left.db-wal").stat().st_size > 0


def test_reading_a_file_of_no_tables_finds_nothing_and_leaves_it(tmp_path: Path) -> None:
    """An empty file is a history without executions, and stays empty."""
    (tmp_path / "empty.db").touch()
    assert ids_in(tmp_path / "empty.db") == []
    assert (tmp_path / "empty.db").stat().st_size == 0


def test_root_leaves_nothing_of_its_own_beside_another_users_history(place: Path) -> None:
    """
    Root leaves no file beside another user's history.

    The history's owner must still be able to write.
    """
    path = place / "data" / "history.db"
    ExecutionLogger(path).close()
    os.chown(place / "data", 65534, 65534)
    os.chown(path, 65534, 65534)
    with ExecutionLogger(path, read_only=True) as logger:
        assert logger.reader.health().owner == "nobody"
    assert [file.name for file in (place / "data").iterdir()] == ["history.db"]


def test_a_link_to_a_history_is_read(tmp_path: Path) -> None:
    """The log of a linked history is beside the file, not beside the link."""
    (tmp_path / "real").mkdir()
    with ExecutionLogger(tmp_path / "real" / "history.db") as logger:
        logger.log_execution(record("run-1"))
        (tmp_path / "link.db").symlink_to(tmp_path / "real" / "history.db")
        assert ids_in(tmp_path / "link.db") == ["run-1"]
    assert sqlite3.connect(tmp_path / "link.db").execute("SELECT 1").fetchone() == (1,)
