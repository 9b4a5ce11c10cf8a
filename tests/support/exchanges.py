"""Ways to take away a database that a process has open, and the files that each way leaves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import apsw

from flightlog.logger import ExecutionLogger
from flightlog.store.sqlite import SqliteStore
from support.programs import run_program
from support.records import record

Exchange = Callable[[Path, Path], None]
"""Changes the first database; the second database is a backup of the first, or another history."""

FILES: Final = ("", "-wal", "-shm")


def add_suffix(path: Path, suffix: str) -> Path:
    """
    Return the path of a file beside a database.

    Args:
        path: The database's path.
        suffix: The end of the other file's name.

    Returns:
        The other file's path.
    """
    return path.with_name(path.name + suffix)


def make_backup(path: Path, backup: Path) -> None:
    """
    Copy a database with SQLite's backup interface, while others write to the database.

    Args:
        path: The database's path.
        backup: The path of the backup, which is replaced.
    """
    backup.unlink(missing_ok=True)
    source = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    source.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    target = apsw.Connection(str(backup))
    with target.backup("main", source, "main") as copying:
        copying.step()
    target.close()
    source.close()


def make_other(path: Path, name: str) -> None:
    """
    Make another history with one execution.

    Args:
        path: The path of the other history.
        name: The id of the execution.
    """
    with ExecutionLogger(path) as logger:
        logger.log_execution(record(name))


def remove_tree(directory: Path) -> None:
    """Run `rm -rf`, and retry if the owner creates a file meanwhile."""
    while directory.exists():
        shutil.rmtree(directory, ignore_errors=True)


def remove_file(path: Path, _: Path) -> None:
    """Run `rm history.db`, which leaves the log."""
    path.unlink()


def remove_all_files(path: Path, _: Path) -> None:
    """Run `rm history.db*`."""
    for suffix in FILES:
        add_suffix(path, suffix).unlink(missing_ok=True)


def remove_directory_and_make_it(path: Path, _: Path) -> None:
    """Run `rm -rf data; mkdir data`."""
    remove_tree(path.parent)
    path.parent.mkdir()


def rename_file(path: Path, _: Path) -> None:
    """Run `mv history.db archive.db`."""
    path.rename(path.with_name(f"archive-{os.urandom(4).hex()}.db"))


def rename_directory(path: Path, _: Path) -> None:
    """Run `mv data old; mkdir data`."""
    path.parent.rename(path.parent.with_name(f"old-{os.urandom(4).hex()}"))
    path.parent.mkdir()


def move_backup_over(path: Path, backup: Path) -> None:
    """Run `mv backup.db history.db`."""
    shutil.copy(backup, add_suffix(path, ".restored"))
    add_suffix(path, ".restored").replace(path)


def copy_backup_over(path: Path, backup: Path) -> None:
    """Run `cp backup.db history.db`, which changes the bytes of the same file."""
    shutil.copyfile(backup, path)


def copy_backup_over_with_its_times(path: Path, backup: Path) -> None:
    """Run `cp -p backup.db history.db`."""
    shutil.copy2(backup, path)


def remove_and_copy_backup(path: Path, backup: Path) -> None:
    """Run `rm history.db; cp backup.db history.db`."""
    path.unlink()
    shutil.copyfile(backup, path)


def restore_directory(path: Path, backup: Path) -> None:
    """Run `rm -rf data; cp -r backup data`."""
    remove_tree(path.parent)
    path.parent.mkdir()
    shutil.copyfile(backup, path)


def synchronize_backup(path: Path, backup: Path) -> None:
    """Run `rsync backup.db history.db`, which writes a new file and renames the new file."""
    if shutil.which("rsync"):
        subprocess.run(["rsync", "-a", str(backup), str(path)], check=True)
    else:
        move_backup_over(path, backup)


def truncate(path: Path, _: Path) -> None:
    """Run `: > history.db`."""
    os.truncate(path, 0)


def move_other_over(path: Path, _: Path) -> None:
    """Run `mv other.db history.db` with a history of other executions."""
    other = path.with_name("other.db")
    make_other(other, "of-the-other")
    other.replace(path)


def copy_other_over(path: Path, _: Path) -> None:
    """Run `cp other.db history.db` with a history that has had as many checkpoints."""
    other = path.with_name("other.db")
    with ExecutionLogger(other) as logger:
        for number in range(20):
            logger.log_execution(record(f"other-{number}"))
            logger.delete_execution(f"other-{number}")
        logger.log_execution(record("of-the-other"))
    shutil.copyfile(other, path)


def remove_log(path: Path, _: Path) -> None:
    """Run `rm history.db-*`."""
    for suffix in FILES[1:]:
        add_suffix(path, suffix).unlink(missing_ok=True)


EXCHANGES: Final[tuple[Exchange, ...]] = (
    remove_file,
    remove_all_files,
    remove_directory_and_make_it,
    rename_file,
    rename_directory,
    move_backup_over,
    copy_backup_over,
    copy_backup_over_with_its_times,
    remove_and_copy_backup,
    restore_directory,
    synchronize_backup,
    truncate,
    move_other_over,
    copy_other_over,
    remove_log,
)


def ids_at(path: Path) -> set[str]:
    """
    List the executions that another program finds in a sound database.

    Args:
        path: The database's path.

    Returns:
        The ids.
    """
    # A separate process is necessary, because two SQLite libraries in one process drop each other's
    # locks.
    return set(json.loads(run_program("sqlite_lists_ids", path)))


def log_many(store: SqliteStore | ExecutionLogger, name: str, count: int = 40) -> set[str]:
    """
    Log executions with payloads, a commit for each.

    Args:
        store: Stores the executions.
        name: The beginning of their ids.
        count: The number of executions.

    Returns:
        Their ids.
    """
    ids = {f"{name}-{number}" for number in range(count)}
    for execution_id in sorted(ids):
        made = record(execution_id, trigger={"type": "t", "data": [execution_id] * 60})
        if isinstance(store, ExecutionLogger):
            store.log_execution(made)
        else:
            store.merge([made])
    return ids
