"""The spool of the running process."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from pathlib import Path

import pytest

from flightlog.spool import (
    SpoolLimits,
    SpoolWriter,
    Wakeup,
    claim_orphan,
    list_fallback_spool_dirs,
    list_spools,
)
from flightlog.spool.directory import RESERVE_FILE
from support.spools import append, numbers_in, open_spool

SMALL = SpoolLimits(segment_bytes=1000, reserve_bytes=4000)


def drained(spool: SpoolWriter) -> list[bytes]:
    """Return every waiting message, confirmed batch by batch."""
    lines: list[bytes] = []
    while (batch := spool.pending(500)) is not None:
        lines += batch.lines
        spool.confirm(batch)
    return lines


def test_messages_are_handed_out_until_they_are_confirmed(tmp_path: Path) -> None:
    """`pending` returns the same messages repeatedly; `confirm` advances to the next messages."""
    with open_spool(tmp_path) as spool:
        append(spool, 3)
        first = spool.pending(10_000)
        again = spool.pending(10_000)
        assert first is not None
        assert again is not None
        assert first.lines == again.lines
        assert numbers_in(first.lines) == [1, 2, 3]
        spool.confirm(again)
        assert spool.pending(10_000) is None
        append(spool, 1)
        assert numbers_in(drained(spool)) == [4]


def test_each_line_says_its_process_and_number(tmp_path: Path) -> None:
    """Each delivered line has its process and number for the ledger."""
    with open_spool(tmp_path) as spool:
        spool.append(b'{"id":"run"}')
        (line,) = drained(spool)
    assert line == (
        b'{"message":{"processId":"%b","number":1},"id":"run"}' % spool.process_id.encode()
    )


def test_a_full_segment_is_followed_by_another_and_goes_when_delivered(tmp_path: Path) -> None:
    """Files are bounded, are read in order, and are deleted once their messages are confirmed."""
    with open_spool(tmp_path, SMALL) as spool:
        append(spool, 200)
        assert spool.directory is not None
        assert len(list(spool.directory.glob("*.segment"))) > 5
        assert numbers_in(drained(spool)) == list(range(1, 201))
        assert len(list(spool.directory.glob("*.segment"))) <= 1


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    """Directories are 0700 and files 0600, whatever the umask."""
    before = os.umask(0)
    try:
        with open_spool(tmp_path / "deep" / "spool") as spool:
            append(spool, 1)
            assert spool.directory is not None
            for path in (spool.directory.parent, spool.directory):
                assert stat.S_IMODE(path.stat().st_mode) == 0o700
            files = list(spool.directory.iterdir())
            assert files
            for path in files:
                assert stat.S_IMODE(path.stat().st_mode) == 0o600
    finally:
        os.umask(before)


def test_a_spool_that_is_delivered_leaves_nothing(tmp_path: Path) -> None:
    """Closing a spool whose messages are all confirmed removes it."""
    with open_spool(tmp_path) as spool:
        append(spool, 2)
        drained(spool)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_delivered_is_left_for_the_next(tmp_path: Path) -> None:
    """Closing a spool with messages releases its lock and leaves the messages."""
    with open_spool(tmp_path) as spool:
        append(spool, 2)
        (status,) = list_spools(tmp_path)
        assert status.alive
        assert claim_orphan(status.path) is None
    (status,) = list_spools(tmp_path)
    assert not status.alive
    assert status.owner is not None
    assert status.owner.url == "http://localhost:3000"
    with claim_orphan(status.path) or pytest.fail("nobody holds it") as dead:
        lines = [line for batch in dead.batches(10_000) for line in batch.lines]
        assert numbers_in(lines) == [1, 2]
        assert claim_orphan(status.path) is None, "one at a time"
        dead.remove()
    assert list(tmp_path.iterdir()) == []


def test_payloads_are_dropped_before_records(tmp_path: Path) -> None:
    """Near the limit a record loses its payloads, at the limit it is lost, and both are counted."""
    limits = SpoolLimits(max_bytes=10_000, segment_bytes=100_000)
    with open_spool(tmp_path, limits) as spool:
        for _ in range(20):
            spool.append(b'{"output":', b'"%b"' % (b"x" * 1000), b"}")
        lines = drained(spool)
        assert sum(b"xxx" in line for line in lines) == 8
        assert sum(b"dropped" in line for line in lines) == 12
        assert spool.stripped == 12
        assert spool.lost == 0
        spool.sync()
        assert spool.trouble == "the spool is full"
        append(spool, 1)
        spool.sync()
        assert spool.trouble is None


def test_a_small_spool_takes_messages_as_long_as_they_are_delivered(tmp_path: Path) -> None:
    """Delivered messages free space, even if the limit is small beside a file."""
    with open_spool(tmp_path, SpoolLimits(max_bytes=100_000)) as spool:
        for _ in range(500):
            spool.append(b'{"output":', b'"%b"' % (b"x" * 1000), b"}")
            drained(spool)
        assert (spool.stripped, spool.lost) == (0, 0)


def test_a_file_that_someone_cut_does_not_hold_up_the_others(tmp_path: Path) -> None:
    """The missing part is skipped, and later messages are returned."""
    with open_spool(tmp_path) as spool:
        append(spool, 3)
        assert spool.directory is not None
        (segment,) = spool.directory.glob("*.segment")
        os.truncate(segment, 0)
        gone = spool.pending(10_000)
        assert gone is not None
        assert (gone.lines, gone.damaged) == ((), 1)
        spool.confirm(gone)
        assert spool.pending(10_000) is None
        append(spool, 1)
        assert numbers_in(drained(spool)) == [4]


def test_other_processes_count_towards_the_limit(tmp_path: Path) -> None:
    """The spools of other processes reduce the space for this process."""
    limits = SpoolLimits(max_bytes=10_000, segment_bytes=100_000)
    with open_spool(tmp_path, limits) as other, open_spool(tmp_path, limits) as spool:
        other.append(b'{"output":', b'"%b"' % (b"x" * 8000), b"}")
        spool.measure_others()
        spool.append(b'{"output":', b'"%b"' % (b"x" * 2000), b"}")
        assert b"dropped" in drained(spool)[0]


def test_a_deleted_directory_is_made_again_with_what_waited(tmp_path: Path) -> None:
    """Deleting the spool's directory loses no message that the process still has open."""
    place = tmp_path / "spool"
    with open_spool(place) as spool:
        append(spool, 3)
        shutil.rmtree(place)
        spool.restore()
        append(spool, 1)
    (status,) = list_spools(place)
    with claim_orphan(status.path) or pytest.fail("nobody holds it") as dead:
        assert numbers_in([line for batch in dead.batches(9) for line in batch.lines]) == [
            1,
            2,
            3,
            4,
        ]


def test_where_the_directory_cannot_be_made_the_temporary_one_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the spool directory can't be made, a private temporary directory is used."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "file").touch()
    with open_spool(tmp_path / "file" / "spool") as spool:
        append(spool, 2)
        assert spool.directory is not None
        assert spool.directory.is_relative_to(tmp_path / "tmp")
        assert spool.trouble is not None
        assert "can't be written" in spool.trouble
        assert numbers_in(drained(spool)) == [1, 2]


@pytest.mark.parametrize("taken", ["writable", "file", "fifo", "link", "owned"])
def test_a_taken_fallback_directory_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: str
) -> None:
    """A name that another user, or a file, has taken gets no record, and costs none."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first, second = list_fallback_spool_dirs()[:2]
    _take(first, taken, tmp_path)
    (tmp_path / "file").touch()
    with open_spool(tmp_path / "file" / "spool") as spool:
        append(spool, 2)
        assert (spool.lost, spool.directory and spool.directory.parent) == (0, second)
        assert "can't be written" in (spool.trouble or "")
    assert list_spools(first) == []
    assert not first.is_dir() or list(first.iterdir()) == []


def _take(path: Path, taken: str, tmp_path: Path) -> None:
    if taken == "file":
        path.touch()
    elif taken == "fifo":
        os.mkfifo(path)
    elif taken == "link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path.mkdir(mode=0o700)
        path.chmod(0o777 if taken == "writable" else 0o700)
        if taken == "owned":
            if os.geteuid() != 0:
                pytest.skip("only root can give a directory to another user")
            os.chown(path, 65534, 65534)


def test_a_chosen_fallback_directory_that_is_taken_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same holds if no other directory can be chosen."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first, second = list_fallback_spool_dirs()[:2]
    _take(first, "writable", tmp_path)
    with open_spool(first) as spool:
        append(spool, 1)
        assert (spool.lost, spool.directory and spool.directory.parent) == (0, second)


def test_fallback_directories_that_are_all_taken_lose_and_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records are lost only if every name is taken."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for path in list_fallback_spool_dirs():
        path.touch()
    (tmp_path / "file").touch()
    with open_spool(tmp_path / "file" / "spool") as spool:
        append(spool, 2)
        assert spool.lost == 2


def test_where_nothing_can_be_written_losses_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any place nothing is raised, and the numbers continue, so that the gap is visible."""
    (tmp_path / "file").touch()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    with open_spool(tmp_path / "file" / "spool") as spool:
        append(spool, 2)
        assert spool.lost == 2
        assert spool.last_number == 2
        assert spool.pending(100) is None


def test_threads_share_a_spool(tmp_path: Path) -> None:
    """Appending from many threads loses nothing and uses no number twice."""
    with open_spool(tmp_path, SMALL) as spool:
        threads = [threading.Thread(target=append, args=(spool, 200)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(numbers_in(drained(spool))) == list(range(1, 1601))


def test_a_reserve_is_kept_from_the_start(tmp_path: Path) -> None:
    """The space for records is preallocated as real bytes."""
    with open_spool(tmp_path, SMALL) as spool:
        append(spool, 1)
        assert spool.directory is not None
        assert (spool.directory / RESERVE_FILE).stat().st_size == 4000


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act for another user")
def test_a_spool_of_another_user_hides_no_other(tmp_path: Path) -> None:
    """A program that once ran with sudo leaves a spool that its user can't read."""
    with open_spool(tmp_path) as others, open_spool(tmp_path) as spool:
        append(spool, 1)
        assert spool.directory is not None
        for path in (*tmp_path.parents, tmp_path):
            if path.stat().st_mode & 0o005 != 0o005:
                path.chmod(0o755)
        os.seteuid(65534)
        try:
            found = {spool.path.name: spool for spool in list_spools(tmp_path)}
        finally:
            os.seteuid(0)
        assert set(found) == {others.process_id, spool.process_id}
        assert all(spool.alive and spool.owner is None for spool in found.values())


def test_ring_before_the_wait_ends_it_at_once() -> None:
    """A ring is not lost while nobody waits; a cleared ring is."""
    wakeup = Wakeup()
    wakeup.ring()
    wakeup.wait()
    wakeup.ring()
    wakeup.ring()
    wakeup.clear()
    wakeup.wait(0)
    assert wakeup._rung.empty()


def test_ring_wakes_another_thread() -> None:
    """A thread that waits without a limit goes on after a ring."""
    wakeup = Wakeup()
    thread = threading.Thread(target=wakeup.wait, daemon=True)
    thread.start()
    wakeup.ring()
    thread.join(30)
    assert not thread.is_alive()
