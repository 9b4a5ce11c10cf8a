"""Only this user's own regular files are written, in places that other users can't change."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flightlog.cli import run
from flightlog.errors import FlightlogError, StoreUnavailableError, StoreUnsafeError
from flightlog.logger import ExecutionLogger
from flightlog.sqlite_destination import DatabaseDestination
from support.programs import run_program
from support.records import record
from support.users import NOBODY, public_directory

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="giving files to others needs root")


@pytest.fixture
def sticky() -> Iterator[Path]:
    """Make a directory that every user can write, like `/tmp`."""
    with public_directory() as directory:
        directory.chmod(0o1777)
        yield directory


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Make a history with one execution."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_execution(record("run-1"))
    return path


def test_a_history_where_everyone_can_exchange_files_is_not_written(tmp_path: Path) -> None:
    """
    A new or existing history in a directory that every user can write is refused.

    With the sticky bit on the directory, the history is accepted.
    """
    directory = tmp_path / "open"
    directory.mkdir()
    directory.chmod(0o777)
    for _ in range(2):
        with pytest.raises(StoreUnsafeError, match="chmod o-w"):
            ExecutionLogger(directory / "history.db")
        assert not list(directory.glob("*-wal"))
    directory.chmod(0o1777)
    ExecutionLogger(directory / "history.db").close()
    directory.chmod(0o777)
    with pytest.raises(StoreUnsafeError):
        ExecutionLogger(directory / "history.db")
    with ExecutionLogger(directory / "history.db", read_only=True) as logger:
        assert logger.get_stats().total == 0


@AS_ROOT
def test_another_users_history_is_not_written_not_even_by_root(tmp_path: Path) -> None:
    """Even root can't write another user's history; the error names the owner and the remedy."""
    path = tmp_path / "history.db"
    ExecutionLogger(path).close()
    os.chown(path, NOBODY, NOBODY)
    with pytest.raises(StoreUnsafeError, match=r"belongs to nobody.*Run this command as nobody"):
        ExecutionLogger(path)
    with pytest.raises(StoreUnsafeError):
        DatabaseDestination.from_url(f"sqlite:{path}")
    assert [file.name for file in tmp_path.iterdir()] == ["history.db"]


@AS_ROOT
def test_root_makes_no_history_in_another_users_project(tmp_path: Path) -> None:
    """
    Root creates no history in another user's project.

    The user's editor couldn't write root's file.
    """
    project = tmp_path / "project"
    project.mkdir()
    os.chown(project, NOBODY, NOBODY)
    with pytest.raises(StoreUnsafeError, match="belongs to nobody"):
        ExecutionLogger.for_project(project)
    assert list(project.iterdir()) == []


@AS_ROOT
@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_a_log_that_another_user_has_put_there_is_not_taken(sticky: Path, suffix: str) -> None:
    """Another user's log is refused, because SQLite copies the log's pages into the history."""
    path = sticky / "history.db"
    ExecutionLogger(path).close()
    planted = sticky / f"history.db{suffix}"
    planted.touch()
    planted.chmod(0o666)
    os.chown(planted, NOBODY, NOBODY)
    with pytest.raises(StoreUnsafeError, match="not a file of this user"):
        ExecutionLogger(path)


def test_a_link_that_leads_nowhere_is_not_followed(
    tmp_path: Path, history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No command creates a file through a dangling link: serve, import, a destination, export."""
    link, target = tmp_path / "link", tmp_path / "made-elsewhere"
    link.symlink_to(target)
    with pytest.raises(StoreUnsafeError, match="which does not exist"):
        ExecutionLogger(link)
    with pytest.raises(StoreUnsafeError):
        ExecutionLogger(link, read_only=True)
    with pytest.raises(FlightlogError):
        DatabaseDestination.from_url(f"sqlite:{link}")
    for command in (
        ["serve", "--port", "0", "--db", str(link)],
        ["list", "--db", str(link)],
        ["export", str(link), "--db", str(history)],
        ["export", str(link), "--force", "--db", str(history)],
    ):
        assert run(command) in {1, 2}
        assert "does not exist" in capsys.readouterr().err
    assert not target.exists()


def test_a_link_to_a_history_is_followed(tmp_path: Path, history: Path) -> None:
    """A valid link to a history stays a valid link."""
    link = tmp_path / "link.db"
    link.symlink_to(history)
    with ExecutionLogger(link) as logger:
        logger.log_execution(record("run-2"))
    with ExecutionLogger(history) as logger:
        assert logger.get_stats().total == 2


@AS_ROOT
def test_a_link_of_another_user_in_a_directory_for_everyone_is_not_followed(
    sticky: Path, history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another user's link in a shared directory is refused, for a history and for an export."""
    link = sticky / "link"
    link.symlink_to(history)
    os.chown(link, NOBODY, NOBODY, follow_symlinks=False)
    with pytest.raises(StoreUnsafeError, match="directory for everyone"):
        ExecutionLogger(link)
    before = history.read_bytes()
    assert run(["export", str(link), "--force", "--db", str(history)]) == 2
    assert "directory for everyone" in capsys.readouterr().err
    assert history.read_bytes() == before


@pytest.mark.parametrize("kind", ["FIFO", "directory", "socket", "character device"])
@pytest.mark.parametrize("read_only", [False, True])
def test_what_is_no_regular_file_is_no_history(tmp_path: Path, kind: str, read_only: bool) -> None:
    """A path that isn't a regular file is refused at once, because opening the path can block."""
    path = tmp_path / "thing"
    if kind == "FIFO":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    elif kind == "socket":
        os.mknod(path, stat.S_IFSOCK | 0o600)
    else:
        path = Path(os.devnull)
    with pytest.raises(StoreUnavailableError, match=f"is a {kind}"):
        ExecutionLogger(path, read_only=read_only)


def test_an_export_into_a_pipe_that_nothing_reads_ends(
    tmp_path: Path,
    history: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An export into a pipe without a reader ends after a wait, with an error that says so."""
    monkeypatch.setattr("flightlog.cli.outputs._READER_WAIT_S", 0.1)
    os.mkfifo(tmp_path / "pipe")
    assert run(["export", str(tmp_path / "pipe"), "--db", str(history)]) == 2
    assert "nothing reads" in capsys.readouterr().err
    assert (tmp_path / "pipe").is_fifo()


def test_an_export_waits_for_the_reader_of_a_pipe(tmp_path: Path, history: Path) -> None:
    """A reader that comes later gets the whole export."""
    pipe, ended = tmp_path / "pipe", []
    os.mkfifo(pipe)
    writer = threading.Thread(
        target=lambda: ended.append(run(["export", str(pipe), "--db", str(history)]))
    )
    writer.start()
    assert "run-1" in pipe.read_text()
    writer.join()
    assert ended == [0]


def test_an_export_goes_to_the_standard_output_by_its_name(history: Path) -> None:
    """`/dev/stdout` works as the target of an export, also when the output is a pipe."""
    ended = subprocess.run(
        [sys.executable, "-m", "flightlog.cli", "export", "/dev/stdout", "--db", str(history)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"run-1"' in ended.stdout


def test_an_export_into_a_directory_says_so(
    tmp_path: Path, history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An export onto a directory is a one-line error."""
    assert run(["export", str(tmp_path), "--db", str(history)]) == 2
    assert "is a directory" in capsys.readouterr().err


def test_an_export_is_written_under_a_name_that_nobody_can_foresee(
    sticky: Path, history: Path, tmp_path: Path
) -> None:
    """An export uses an unpredictable temporary name, so that no link can redirect the export."""
    victim = tmp_path / "victim"
    victim.write_text("kept")
    (sticky / "out.ndjson.part").symlink_to(victim)
    assert run(["export", str(sticky / "out.ndjson"), "--db", str(history)]) == 0
    assert victim.read_text() == "kept"
    assert stat.S_IMODE((sticky / "out.ndjson").stat().st_mode) == 0o600


def test_opening_a_history_again_keeps_the_locks_of_its_process(history: Path) -> None:
    """
    A second opening keeps the process's locks.

    Without the lock another process could remove the log in use.
    """
    with ExecutionLogger(history) as first:
        first.log_execution(record("first"))
        with ExecutionLogger(history) as second:
            second.get_stats()
        log = history.with_name("history.db-wal")
        before = log.stat().st_ino
        run_program("store_logs_a_record", history, "other")
        assert log.stat().st_ino == before
        assert first.reader.health().changes == ()
        assert first.get_stats().total == 3
