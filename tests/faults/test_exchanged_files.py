"""The history's file is taken away while open, and acknowledged records are at the path."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from flightlog.clock import utc_now
from flightlog.errors import StoreGoneError
from flightlog.ipc.projects import OpenProjects
from flightlog.ipc.recording import RecordingRules
from flightlog.ipc.routing import ProjectRouter
from flightlog.logger import ExecutionLogger
from flightlog.record.decoding import encode_execution
from flightlog.sqlite_destination import DatabaseDestination
from flightlog.store.query import ExecutionQuery
from flightlog.store.results import LogResult
from flightlog.store.sqlite import SqliteStore
from support import exchanges
from support.disks import small_disk
from support.editor import make_editor_database
from support.exchanges import EXCHANGES, Exchange, add_suffix, ids_at, log_many
from support.programs import run_program
from support.records import record

RESTORED = (
    exchanges.move_backup_over,
    exchanges.copy_backup_over,
    exchanges.copy_backup_over_with_its_times,
    exchanges.remove_and_copy_backup,
    exchanges.restore_directory,
    exchanges.synchronize_backup,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Choose the history's place, in a directory that tests may remove."""
    (tmp_path / "data").mkdir()
    return tmp_path / "data" / "history.db"


@pytest.mark.parametrize("checkpointed", [False, True])
@pytest.mark.parametrize("exchange", EXCHANGES)
def test_records_acknowledged_after_an_exchange_are_at_the_path(
    path: Path, tmp_path: Path, exchange: Exchange, checkpointed: bool
) -> None:
    """
    Acknowledged records are at the path after every way to exchange the file.

    The claim holds while the log has all records, and after a checkpoint.
    """
    store = SqliteStore(path)
    kept = log_many(store, "kept")
    exchanges.make_backup(path, tmp_path / "backup.db")
    late = log_many(store, "late")
    if checkpointed:
        late.remove("late-0")
        store.delete("late-0")
    exchange(path, tmp_path / "backup.db")
    after = log_many(store, "after")
    assert after <= ids_at(path)
    assert after <= {found.id for found in store.find(ExecutionQuery(limit=900)).executions}
    sample = store.get("after-7")
    assert sample is not None
    assert sample == record("after-7", trigger={"type": "t", "data": ["after-7"] * 60})
    (event,) = store.health().changes
    assert event.what
    store.close()
    found = ids_at(path)
    assert after <= found
    if exchange in RESTORED:
        assert kept <= found
        assert not late & found
    if exchange is exchanges.remove_log:
        assert kept | late <= found


@pytest.mark.parametrize("exchange", RESTORED)
def test_closing_sets_the_old_log_aside_from_a_restored_backup(
    path: Path, tmp_path: Path, exchange: Exchange
) -> None:
    """
    Closing moves the old log away from a restored backup and deletes nothing of the log.

    No later commit is necessary.
    """
    with ExecutionLogger(path) as logger:
        kept = log_many(logger, "kept")
        exchanges.make_backup(path, tmp_path / "backup.db")
        log_many(logger, "late")
        had_log = exchange is not exchanges.restore_directory
        exchange(path, tmp_path / "backup.db")
    assert len(list(path.parent.glob("*.stale-*"))) == had_log
    assert ids_at(path) == kept


def test_a_renamed_history_takes_its_log_along(path: Path) -> None:
    """The renamed file has every record acknowledged before, including records only in the log."""
    with ExecutionLogger(path) as logger:
        before = log_many(logger, "before")
        path.rename(path.with_name("archive.db"))
        after = log_many(logger, "after")
        assert ids_at(path.with_name("archive.db")) == before
    assert ids_at(path) == after


def test_a_history_that_is_renamed_and_renamed_back_has_everything(path: Path) -> None:
    """
    A history that is renamed twice, back to its first name, has all records.

    The claim also holds if the receiver noticed the rename and moved the log.
    """
    with ExecutionLogger(path) as logger:
        before = log_many(logger, "before")
        path.rename(path.with_name("archive.db"))
        with pytest.raises(StoreGoneError):
            logger.get_stats()
        path.with_name("archive.db").rename(path)
        after = log_many(logger, "after", 3)
        assert ids_at(path) == before | after
    assert ids_at(path) == before | after


def test_a_link_that_leads_elsewhere_leaves_the_log_of_the_old_file(
    path: Path, tmp_path: Path
) -> None:
    """A link that is changed leaves the log of the old file, which still exists."""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    path.parent.rmdir()
    path.parent.symlink_to(tmp_path / "old")
    with ExecutionLogger(path) as logger:
        before = log_many(logger, "before")
        path.parent.unlink()
        path.parent.symlink_to(tmp_path / "new")
        after = log_many(logger, "after", 3)
        assert ids_at(tmp_path / "new" / path.name) == after
    assert ids_at(tmp_path / "old" / path.name) == before


def test_a_history_is_read_anew_when_another_is_put_in_its_place(
    path: Path, tmp_path: Path
) -> None:
    """
    A new file at the path is read without a commit in between.

    The test reads lists, single executions, payloads and views.
    """
    with ExecutionLogger(path) as logger:
        log_many(logger, "before")
        exchanges.move_other_over(path, tmp_path)
        assert [found.id for found in logger.query(ExecutionQuery()).executions] == ["of-the-other"]
        assert logger.get_execution("before-1") is None
        assert logger.get_stats().total == 1
        assert logger.reader.read_outline("of-the-other") is not None


def test_without_its_directory_a_history_refuses_until_the_directory_is_back(path: Path) -> None:
    """
    Without its directory, a history refuses reads and writes with retryable errors.

    The history creates no file elsewhere.
    """
    with ExecutionLogger(path) as logger:
        log_many(logger, "before", 3)
        shutil.rmtree(path.parent)
        for _ in range(2):
            with pytest.raises(StoreGoneError, match="directory does not exist") as caught:
                logger.log_execution(record("refused"))
            assert caught.value.retryable
            with pytest.raises(StoreGoneError):
                logger.reader.health()
        assert not path.parent.exists()
        path.parent.mkdir()
        logger.log_execution(record("after"))
        assert ids_at(path) == {"after"}


def test_reading_makes_no_file_where_one_was_removed(path: Path) -> None:
    """Reading creates no file, because an open viewer must not disturb a restore."""
    with ExecutionLogger(path) as logger:
        path.unlink()
        with pytest.raises(StoreGoneError):
            logger.get_stats()
        assert not path.exists()


def test_a_history_on_an_unmounted_disk_is_not_made_beneath_it(tmp_path: Path) -> None:
    """
    A history on an unmounted disk isn't created in the mount point.

    Otherwise the disk would hide acknowledged records at its next mount.
    """
    with small_disk(tmp_path / "disk", 8_000_000) as disk:
        path = disk / "history.db"
        logger = ExecutionLogger(path)
        log_many(logger, "before", 3)
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
        try:
            with pytest.raises(StoreGoneError, match="not mounted"):
                logger.log_execution(record("refused"))
            assert list(disk.iterdir()) == []
        finally:
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(disk)], check=True)
        logger.log_execution(record("after"))
        assert ids_at(path) == {"after"}
        logger.close()


@pytest.mark.parametrize("kind", ["text", "database", "newer", "half"])
def test_a_foreign_file_at_the_path_is_refused_and_retryable(
    path: Path, tmp_path: Path, kind: str
) -> None:
    """A foreign, newer or damaged file is refused with a retryable error while the file exists."""
    other = tmp_path / "other"
    if kind == "text":
        other.write_text("Buy milk. " * 500)
    else:
        connection = apsw.Connection(str(other))
        connection.execute("CREATE TABLE bookmarks (url TEXT); CREATE TABLE more (x)")
        if kind == "newer":
            connection.pragma("application_id", int.from_bytes(b"FLOG", "big"))
            connection.pragma("user_version", 999)
        connection.close()
        if kind == "half":
            os.truncate(other, 5000)
    content = other.read_bytes()
    with ExecutionLogger(path) as logger:
        log_many(logger, "before", 3)
        other.replace(path)
        with pytest.raises(StoreGoneError) as caught:
            logger.log_execution(record("refused"))
        assert caught.value.retryable
        assert path.read_bytes() == content
        path.unlink()
        logger.log_execution(record("after"))
        assert ids_at(path) == {"after"}


def test_an_older_history_put_in_its_place_is_migrated_after_a_backup(path: Path) -> None:
    """An older history at the path is backed up and migrated, as at a start."""
    with ExecutionLogger(path) as logger:
        log_many(logger, "before", 3)
        make_editor_database(path.with_name("old.db"), later_columns=True)
        path.with_name("old.db").replace(path)
        logger.log_execution(record("after"))
    assert ids_at(path) == {"run-0", "run-1", "run-2", "after"}
    assert len(list(path.parent.glob("*.backup"))) == 1


def test_new_times_of_the_file_are_no_exchange(path: Path) -> None:
    """New times, permissions or names don't count as an exchange, and no log is moved."""
    with ExecutionLogger(path) as logger:
        before = log_many(logger, "before")
        os.utime(path, (1, 1))
        after = log_many(logger, "after", 3)
        path.chmod(0o640)
        os.link(path, path.with_name("linked.db"))
        after |= log_many(logger, "later", 3)
        assert logger.reader.health().changes == ()
    assert ids_at(path) == before | after
    assert not list(path.parent.glob("*.stale-*"))


def test_checkpoints_of_other_processes_change_nothing(path: Path) -> None:
    """Another program may checkpoint the log and restart the log without any effect."""
    script = (
        "import sys; from flightlog.logger import ExecutionLogger;"
        "from support.records import record;"
        "logger = ExecutionLogger(sys.argv[1]);"
        "logger.log_execution(record(sys.argv[2])); logger.delete_execution(sys.argv[2] + 'x');"
        "logger.delete_execution(sys.argv[3]); logger.close()"
    )
    with ExecutionLogger(path) as logger:
        kept = set()
        for turn in range(6):
            kept |= log_many(logger, f"turn-{turn}", 5)
            name, gone = f"theirs-{turn}", f"turn-{turn}-0"
            subprocess.run(
                [sys.executable, "-c", script, str(path), name, gone],
                check=True,
                cwd=Path(__file__).parents[1],
            )
            kept = kept - {gone} | {name}
            if turn % 2:
                run_program("sqlite_stars_and_checkpoints", path, name)
        assert logger.reader.health().changes == ()
    assert ids_at(path) == kept


def test_a_backup_with_its_own_log_keeps_it(path: Path, tmp_path: Path) -> None:
    """A copy of all three files over the open files keeps the content of the copied log."""
    with ExecutionLogger(path) as logger:
        kept = log_many(logger, "kept")
        (tmp_path / "copy").mkdir()
        for suffix in exchanges.FILES:
            shutil.copyfile(
                add_suffix(path, suffix), add_suffix(tmp_path / "copy" / "history.db", suffix)
            )
        logger.delete_execution("kept-0")  # Empties the log, which then starts from its beginning
        log_many(logger, "late")
        for suffix in exchanges.FILES:
            content = add_suffix(tmp_path / "copy" / "history.db", suffix).read_bytes()
            # The copy never shrinks the file, which a program that copies does for a moment.
            with add_suffix(path, suffix).open("r+b") as file:
                file.write(content)
                file.truncate()
        after = log_many(logger, "after")
    assert ids_at(path) == kept | after


def test_an_older_copy_that_differs_in_no_size_is_known(path: Path, tmp_path: Path) -> None:
    """
    An older copy of the same size is noticed, although only a star differs.

    The claim also holds for a copy of the file alone.
    """
    with ExecutionLogger(path) as logger:
        log_many(logger, "kept", 5)
        logger.delete_execution("kept-0")  # Checkpoints the log into the file
        shutil.copyfile(path, tmp_path / "backup.db")
        logger.writer.set_star("kept-1", starred=True)
        logger.delete_execution("kept-2")
        logger.writer.set_star("kept-3", starred=True)
        exchanges.copy_backup_over(path, tmp_path / "backup.db")
        starred = {found.id for found in logger.query(ExecutionQuery()).executions if found.starred}
        assert starred == set()
        assert len(logger.reader.health().changes) == 1
        logger.log_execution(record("after"))
    assert ids_at(path) == {"kept-1", "kept-2", "kept-3", "kept-4", "after"}


def test_two_loggers_in_one_process_follow_each_other(path: Path, tmp_path: Path) -> None:
    """Both loggers notice an exchange, and neither takes the other's new log for a stale log."""
    with ExecutionLogger(path) as first, ExecutionLogger(path) as second:
        log_many(first, "before", 5)
        exchanges.make_backup(path, tmp_path / "backup.db")
        exchanges.copy_backup_over(path, tmp_path / "backup.db")
        after = log_many(first, "first", 5) | log_many(second, "second", 5)
        after |= log_many(first, "again", 5)
    assert after <= ids_at(path)


def test_a_logger_that_nobody_uses_does_not_hold_up_another(path: Path, tmp_path: Path) -> None:
    """
    An idle logger doesn't block another logger.

    All connections of a process to one file share SQLite's index of the log.
    """
    with ExecutionLogger(path) as first, ExecutionLogger(path) as idle:
        log_many(first, "before", 5)
        idle.get_stats()
        exchanges.make_backup(path, tmp_path / "backup.db")
        exchanges.copy_backup_over(path, tmp_path / "backup.db")
        after = log_many(first, "first", 5)
        assert after <= ids_at(path)
        assert idle.get_stats().total == 10


def test_readers_and_writers_at_once_survive_exchanges(path: Path, tmp_path: Path) -> None:
    """
    After each of ten exchanges under load, every acknowledged record is found.

    All errors are retryable.
    """
    done = threading.Event()
    faults: list[BaseException] = []

    def read(logger: ExecutionLogger) -> None:
        while not done.is_set():
            try:
                logger.query(ExecutionQuery(limit=20, payloads=True))
                logger.reader.read_outline("load-1")
            except StoreGoneError:
                pass
            except BaseException as error:  # noqa: BLE001 - the test checks `faults` at its end
                faults.append(error)
                return

    with ExecutionLogger(path) as logger:
        readers = [threading.Thread(target=read, args=(logger,)) for _ in range(2)]
        for reader in readers:
            reader.start()
        try:
            for turn in range(10):
                log_many(logger, f"load-{turn}", 5)
                exchanges.make_backup(path, tmp_path / "backup.db")
                RESTORED[turn % 2](path, tmp_path / "backup.db")
                after = log_many(logger, f"after-{turn}", 5)
                assert after <= ids_at(path)
        finally:
            done.set()
            for reader in readers:
                reader.join()
    assert faults == []


def test_a_destination_keeps_records_while_its_history_is_away(path: Path) -> None:
    """A destination for a `sqlite:` URL answers `later`, and then writes into the present file."""
    destination = DatabaseDestination.from_url(f"sqlite:{path}")
    line = encode_execution(record("sent"))
    assert destination.send([line]).outcome == "delivered"
    shutil.rmtree(path.parent)
    assert destination.send([line]).outcome == "later"
    assert not destination.report_process("p", last_number=1, ended=True)
    path.parent.mkdir()
    assert destination.send([line]).outcome == "delivered"
    assert ids_at(path) == {"sent"}
    destination.close()


def test_an_editors_histories_follow_their_files(tmp_path: Path) -> None:
    """Each project of `flightlog ipc` follows its own file, and still announces changes."""
    project = tmp_path / "project"
    project.mkdir()
    histories = OpenProjects(tmp_path / "first.db", None)
    announced: list[tuple[str | None, tuple[str, ...]]] = []
    histories.subscribe(lambda of_project, ids: announced.append((of_project, ids)))
    try:
        histories.switch(str(project))
        router = ProjectRouter(histories, RecordingRules(utc_now))

        def store(name: str) -> LogResult:
            sent = record(name)
            with router.choose_for_record(sent).lend() as logger:
                return logger.log_execution(sent)

        store("before")
        shutil.rmtree(project / ".lowcode")
        with pytest.raises(StoreGoneError):
            store("refused")
        (project / ".lowcode").mkdir()
        assert store("after").created == 1
        assert announced == [(str(project), ("before",)), (str(project), ("after",))]
        assert ids_at(project / ".lowcode" / "executions.db") == {"after"}
    finally:
        histories.close()


def test_every_kind_of_change_goes_to_the_file_that_is_there(path: Path, tmp_path: Path) -> None:
    """
    Stars, deletions, crashes and ledger entries go to the present file.

    Each of these changes is the first call after an exchange.
    """
    with ExecutionLogger(tmp_path / "backup.db") as logger:
        logger.log_executions(
            [record(f"run-{number}", status="running", processId="p") for number in range(4)]
        )
    changes: list[Callable[[ExecutionLogger], object]] = [
        lambda logger: logger.writer.set_star("run-1", starred=True),
        lambda logger: logger.delete_execution("run-1"),
        lambda logger: logger.writer.delete_many(["run-1", "run-2"]),
        lambda logger: logger.clear_workflow_executions("order-intake"),
        lambda logger: logger.writer.mark_crashed("p"),
        lambda logger: logger.writer.note_sent("p", 5),
    ]
    with ExecutionLogger(path) as logger:
        for change, outcome in zip(changes, (True, True, 2, 4, 4, None), strict=True):
            exchanges.move_backup_over(path, tmp_path / "backup.db")
            assert change(logger) == outcome
        assert logger.reader.read_ledger().missing == 5
        assert len(ids_at(path)) == 4


def test_events_are_noted_for_other_processes(path: Path) -> None:
    """
    A file beside the history, readable by its owner alone, notes each exchange.

    The note has the time, the kind of exchange, and the path of the stale log.
    """
    with ExecutionLogger(path) as logger:
        log_many(logger, "before", 3)
        path.unlink()
        logger.log_execution(record("after"))
    notes = add_suffix(path, ".changes.ndjson")
    assert notes.stat().st_mode & 0o077 == 0
    (line,) = notes.read_text().splitlines()
    event = json.loads(line)
    assert event["what"] == "the file was removed or renamed"
    assert Path(event["log"]).stat().st_size > 0
