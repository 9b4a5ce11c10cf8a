"""Ways to take a database away from a process that has it open, and what they leave."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import apsw

from flightlog.logger import ExecutionLogger
from support.records import record

Exchange = Callable[[Path, Path], None]
"""Does something to the first database; the second is a backup of it, or another one."""

FILES: Final = ("", "-wal", "-shm")


def beside(path: Path, suffix: str) -> Path:
    """A file beside a database."""
    return path.with_name(path.name + suffix)


def make_backup(path: Path, backup: Path) -> None:
    """Copy a database with SQLite's own means, while others write to it."""
    backup.unlink(missing_ok=True)
    source = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    source.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    target = apsw.Connection(str(backup))
    with target.backup("main", source, "main") as copying:
        copying.step()
    target.close()
    source.close()


def make_other(path: Path, name: str) -> None:
    """Make another history with one execution."""
    with ExecutionLogger(path) as logger:
        logger.log_execution(record(name))


def remove_tree(directory: Path) -> None:
    """`rm -rf`, again where its owner has just made a file in it."""
    while directory.exists():
        shutil.rmtree(directory, ignore_errors=True)


def remove_file(path: Path, _: Path) -> None:
    """`rm history.db`, which leaves the log."""
    path.unlink()


def remove_all_files(path: Path, _: Path) -> None:
    """`rm history.db*`."""
    for suffix in FILES:
        beside(path, suffix).unlink(missing_ok=True)


def remove_directory_and_make_it(path: Path, _: Path) -> None:
    """`rm -rf data; mkdir data`."""
    remove_tree(path.parent)
    path.parent.mkdir()


def rename_file(path: Path, _: Path) -> None:
    """`mv history.db archive.db`."""
    path.rename(path.with_name(f"archive-{os.urandom(4).hex()}.db"))


def rename_directory(path: Path, _: Path) -> None:
    """`mv data old; mkdir data`."""
    path.parent.rename(path.parent.with_name(f"old-{os.urandom(4).hex()}"))
    path.parent.mkdir()


def move_backup_over(path: Path, backup: Path) -> None:
    """`mv backup.db history.db`."""
    shutil.copy(backup, beside(path, ".restored"))
    beside(path, ".restored").replace(path)


def copy_backup_over(path: Path, backup: Path) -> None:
    """`cp backup.db history.db`: the same file, with other bytes."""
    shutil.copyfile(backup, path)


def copy_backup_over_with_its_times(path: Path, backup: Path) -> None:
    """`cp -p backup.db history.db`."""
    shutil.copy2(backup, path)


def remove_and_copy_backup(path: Path, backup: Path) -> None:
    """`rm history.db; cp backup.db history.db`."""
    path.unlink()
    shutil.copyfile(backup, path)


def restore_directory(path: Path, backup: Path) -> None:
    """`rm -rf data; cp -r backup data`."""
    remove_tree(path.parent)
    path.parent.mkdir()
    shutil.copyfile(backup, path)


def synchronize_backup(path: Path, backup: Path) -> None:
    """`rsync backup.db history.db`, which writes a file beside it and renames that."""
    if shutil.which("rsync"):
        subprocess.run(["rsync", "-a", str(backup), str(path)], check=True)
    else:
        move_backup_over(path, backup)


def truncate(path: Path, _: Path) -> None:
    """`: > history.db`."""
    os.truncate(path, 0)


def move_other_over(path: Path, _: Path) -> None:
    """`mv other.db history.db`, a history of other executions."""
    other = path.with_name("other.db")
    make_other(other, "of-the-other")
    other.replace(path)


def remove_log(path: Path, _: Path) -> None:
    """`rm history.db-*`."""
    for suffix in FILES[1:]:
        beside(path, suffix).unlink(missing_ok=True)


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
    remove_log,
)
