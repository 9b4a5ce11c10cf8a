"""Names in a spool's directory that are no regular files: no process waits for them."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from flightlog.spool import claim_orphan, list_spools
from flightlog.spool.directory import REJECTED_SUFFIX, RESERVE_FILE, is_abandoned
from support.spools import append, numbers_in, open_spool

KINDS = ["fifo", "socket", "device", "directory", "link", "link to a fifo", "broken link"]


def put(kind: str, path: Path) -> None:
    """Make a file that is not a regular file."""
    elsewhere = path.parents[1] / f"elsewhere-{path.name}"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        where = Path.cwd()
        os.chdir(path.parent)
        try:
            with socket.socket(socket.AF_UNIX) as listening:
                listening.bind(path.name)
        finally:
            os.chdir(where)
    elif kind == "device":
        if os.geteuid() != 0:
            pytest.skip("only root can make devices")
        os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))
    elif kind == "directory":
        path.mkdir()
    elif kind == "link":
        elsewhere.write_bytes(b"not a message")
        path.symlink_to(elsewhere)
    elif kind == "link to a fifo":
        os.mkfifo(elsewhere)
        path.symlink_to(elsewhere)
    else:
        path.symlink_to(elsewhere)


def dead_spool(place: Path) -> Path:
    """Make a spool with three messages and a dead owner."""
    with open_spool(place) as spool:
        append(spool, 3)
        assert spool.directory is not None
        return spool.directory


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["00000000.segment", "99999999.segment", RESERVE_FILE])
def test_a_spool_with_a_special_file_is_collected(tmp_path: Path, kind: str, name: str) -> None:
    """The special file holds no message and hides none; afterwards the spool is deleted."""
    path = dead_spool(tmp_path / "spools")
    (path / name).unlink(missing_ok=True)
    put(kind, path / name)
    (status,) = list_spools(tmp_path / "spools")
    assert not status.alive
    spool = claim_orphan(path)
    assert spool is not None
    with spool:
        batches = list(spool.batches(1 << 20))
        assert [numbers_in(batch.lines) for batch in batches if batch.lines] == [[1, 2, 3]]
        spool.remove()
    assert list_spools(tmp_path / "spools") == []
    assert not is_abandoned(path)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", KINDS)
def test_a_special_file_for_an_owner_hides_no_other_spool(tmp_path: Path, kind: str) -> None:
    """A directory whose owner's file is no regular file is no spool."""
    place = tmp_path / "spools"
    path, other = dead_spool(place), dead_spool(place)
    (path / "owner.json").unlink()
    put(kind, path / "owner.json")
    assert [status.path for status in list_spools(place)] == [other]
    with pytest.raises(OSError):  # noqa: PT011 - the operating system's, of several kinds
        claim_orphan(path)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", KINDS)
def test_special_files_beside_spools_are_no_spools(tmp_path: Path, kind: str) -> None:
    """A link to a spool is no spool, either."""
    place = tmp_path / "spools"
    path = dead_spool(place)
    put(kind, place / "special")
    assert [status.path for status in list_spools(place) if status.owner] == [path]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", KINDS)
def test_a_refused_record_is_kept_beside_a_special_file(tmp_path: Path, kind: str) -> None:
    """A special file with the name of the file for refused records costs no refused record."""
    place = tmp_path / "spools"
    path = dead_spool(place)
    put(kind, place / f"{path.name}{REJECTED_SUFFIX}")
    spool = claim_orphan(path)
    assert spool is not None
    with spool:
        kept = spool.keep_rejected(b"{}")
    assert kept.read_bytes() == b"{}\n"
    assert kept.name.endswith(REJECTED_SUFFIX)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", KINDS)
def test_special_files_in_the_spool_of_a_living_process_cost_nothing(
    tmp_path: Path, kind: str
) -> None:
    """The process continues to write and deliver, and ends."""
    with open_spool(tmp_path / "spools") as spool:
        append(spool, 1)
        assert spool.directory is not None
        for name in ("owner.json", "00000001.segment", "reserve"):
            (spool.directory / name).unlink()
        for name in ("owner.json", "00000001.segment", "00000002.segment"):
            put(kind, spool.directory / name)
        spool.sync()
        spool.restore()
        append(spool, 1)
        lines: list[bytes] = []
        while (batch := spool.pending(1 << 20)) is not None:
            lines += batch.lines
            spool.confirm(batch)
    assert set(numbers_in(lines)) == {1, 2}
