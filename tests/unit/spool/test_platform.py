"""Files and locks of the operating system."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from flightlog.spool.platform import (
    is_private,
    is_regular,
    open_regular,
    read_at,
    sync_directory,
    sync_file,
    try_lock,
    write_zeros,
)


def test_lock_is_free_when_its_file_is_closed(tmp_path: Path) -> None:
    """Another opening of the file gets the lock only then."""
    (tmp_path / "lock").touch()
    first, second = (open_regular(tmp_path / "lock", os.O_RDWR) for _ in range(2))
    assert try_lock(first)
    assert not try_lock(second)
    os.close(first)
    assert try_lock(second)
    os.close(second)


def test_special_file_is_not_opened(tmp_path: Path) -> None:
    """A FIFO doesn't hold up its reader, and links and directories are refused."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "file")
    refused: list[str] = []

    def open_all() -> None:
        for name in ("fifo", "link", "."):
            with pytest.raises(OSError, match=r"\[Errno"):
                open_regular(tmp_path / name, os.O_RDONLY)
            refused.append(name)

    thread = threading.Thread(target=open_all, daemon=True)
    thread.start()
    thread.join(30)
    assert refused == ["fifo", "link", "."]
    assert [is_regular(tmp_path / name) for name in ("file", "link", "fifo", "none")] == [
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize("size", [0, 1, 70_000, 3_000_000])
def test_zeros_are_written_at_the_position(tmp_path: Path, size: int) -> None:
    """The file grows by the zeros, and reading at a place moves no position."""
    file = open_regular(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    os.write(file, b"head")
    write_zeros(file, size)
    sync_file(file)
    sync_directory(tmp_path)
    assert os.fstat(file).st_size == 4 + size
    assert read_at(file, 4 + size, 0) == b"head" + bytes(size)
    assert os.lseek(file, 0, os.SEEK_CUR) == 4 + size
    os.close(file)


def test_directory_that_others_can_write_is_not_private(tmp_path: Path) -> None:
    """Only this user may write to a private directory, and a link is none."""
    own = tmp_path / "own"
    own.mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(own)
    assert is_private(own)
    assert not is_private(tmp_path / "link")
    own.chmod(0o770)
    assert not is_private(own)
