"""The reserve of a spool: emergency space, and the next segment of a quick writer."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest

from flightlog.spool import SpoolLimits, SpoolWriter, Wakeup, claim_orphan, list_spools
from flightlog.spool.directory import OWNER_FILE, RESERVE_FILE
from flightlog.spool.frames import encode_frame
from support.disks import fill, small_disk
from support.programs import run_program
from support.recordings import lines_in
from support.spools import append, numbers_in, open_spool

SMALL = SpoolLimits(segment_bytes=1000, reserve_bytes=1000)


def segment_sizes(spool: SpoolWriter) -> dict[str, int]:
    """Return the size of each segment, the oldest first."""
    assert spool.directory is not None
    return {path.name: path.stat().st_size for path in sorted(spool.directory.glob("*.segment"))}


def reserve_path(spool: SpoolWriter) -> Path:
    """Return the path of the reserve."""
    assert spool.directory is not None
    return spool.directory / RESERVE_FILE


def test_quick_writer_continues_in_the_reserve(tmp_path: Path) -> None:
    """The reserve becomes the next segment, another is made, and messages stay in order."""
    with open_spool(tmp_path, SMALL) as spool:
        reserve = reserve_path(spool).stat()
        assert reserve.st_size == 1000
        while reserve_path(spool).exists():
            append(spool, 1)
        assert spool.directory is not None
        segments = sorted(spool.directory.glob("*.segment"))
        assert segments[-1].stat().st_ino == reserve.st_ino
        spool.make_reserve()
        assert reserve_path(spool).stat().st_size == 1000
        append(spool, 100)
        count = spool.last_number
        (status,) = list_spools(tmp_path)
    with claim_orphan(status.path) or pytest.fail("nobody holds it") as dead:
        batches = list(dead.batches(400))
    lines = [line for batch in batches for line in batch.lines]
    assert numbers_in(lines) == list(range(1, count + 1))
    assert sum(batch.damaged for batch in batches) == 0


def test_wakeup_rings_when_the_reserve_became_a_segment(tmp_path: Path) -> None:
    """A thread that waits for the wakeup makes the next reserve."""
    wakeup = Wakeup()
    with open_spool(tmp_path, SMALL) as spool:

        def make() -> None:
            wakeup.wait()
            spool.make_reserve()

        spool.ring_for_reserve(wakeup)
        maker = threading.Thread(target=make, daemon=True)
        maker.start()
        while reserve_path(spool).exists() and maker.is_alive():
            append(spool, 1)
        maker.join(30)
        assert not maker.is_alive()
        assert reserve_path(spool).stat().st_size == 1000


def test_slow_writer_keeps_its_reserve(tmp_path: Path) -> None:
    """Few messages need one segment, which is not preallocated."""
    with open_spool(tmp_path, SMALL) as spool:
        reserve = reserve_path(spool).stat().st_ino
        append(spool, 3)
        spool.make_reserve()
        assert list(segment_sizes(spool).values()) == [3 * (31 + 24)]
        assert reserve_path(spool).stat().st_ino == reserve


def test_large_reserve_stays_out_of_a_small_spool(tmp_path: Path) -> None:
    """A reserve that is larger than a segment is never a segment."""
    limits = SpoolLimits(segment_bytes=1000, reserve_bytes=4000)
    with open_spool(tmp_path, limits) as spool:
        append(spool, 100)
        assert reserve_path(spool).stat().st_size == 4000
        assert max(segment_sizes(spool).values()) < 1100


def test_spool_that_is_left_takes_no_more_than_its_messages(tmp_path: Path) -> None:
    """At the end, the reserve and unused preallocated space are released."""
    with open_spool(tmp_path, SMALL) as spool:
        for _ in range(6):
            append(spool, 12)
            spool.make_reserve()
    (status,) = list_spools(tmp_path)
    assert not (status.path / RESERVE_FILE).exists()
    left = [path.read_bytes() for path in sorted(status.path.glob("*.segment"))]
    assert len(left) > 2
    assert all(data[-1:] == b"}" for data in left)


def test_delivered_spool_leaves_nothing(tmp_path: Path) -> None:
    """The reserve, the segments and the directory are deleted."""
    with open_spool(tmp_path, SMALL) as spool:
        append(spool, 100)
        spool.make_reserve()
        while (batch := spool.pending(500)) is not None:
            spool.confirm(batch)
    assert not list(tmp_path.iterdir())


def test_preallocated_segments_keep_within_the_limit(tmp_path: Path) -> None:
    """All segments together never exceed the limit, however often a reserve is made."""
    limits = SpoolLimits(max_bytes=64_000, segment_bytes=4_000, reserve_bytes=1_000)
    with open_spool(tmp_path, limits) as spool:
        for _ in range(900):
            append(spool, 1)
            spool.make_reserve()
            assert sum(segment_sizes(spool).values()) <= limits.max_bytes
        assert spool.lost == 0
        assert spool.last_number == 900


def test_restoring_copies_no_message_of_a_file_that_is_in_place(tmp_path: Path) -> None:
    """Files that are no longer open are found at their paths, however many wait for delivery."""
    with open_spool(tmp_path, SMALL) as spool:
        for _ in range(30):
            append(spool, 20)
            spool.sync()
            spool.restore()
        sizes = segment_sizes(spool)
        assert len(sizes) > 20
        assert max(sizes.values()) < 2 * SMALL.segment_bytes
    assert numbers_in(lines_in(tmp_path)) == list(range(1, 601))


def test_deleted_reserve_is_not_used(tmp_path: Path) -> None:
    """Appended messages are in a file that can be found, and the reserve is made again."""
    with open_spool(tmp_path, SMALL) as spool:
        append(spool, 10)
        reserve_path(spool).unlink()
        append(spool, 150)
        spool.restore()
        assert reserve_path(spool).exists()
    assert numbers_in(lines_in(tmp_path)) == list(range(1, 161))


def test_reserve_in_use_on_a_full_disk_keeps_records_without_payloads(tmp_path: Path) -> None:
    """A reserve that just became the newest segment is emergency space, too, until its end."""
    limits = SpoolLimits(segment_bytes=200_000, reserve_bytes=200_000)
    payload = b'"%b"' % (b"x" * 900)
    with (
        small_disk(tmp_path / "disk", 2_000_000) as disk,
        open_spool(disk / "spool", limits) as spool,
    ):
        while reserve_path(spool).exists():
            spool.append(b'{"output":', payload, b"}")
        fill(disk)
        spool.make_reserve()
        assert not reserve_path(spool).exists()
        before = spool.last_number
        for _ in range(1000):
            spool.append(b'{"output":', payload, b"}")
        assert spool.stripped == 1000
        assert spool.lost == 0
        (disk / "filler").unlink()
        spool.measure_others()
        while spool.stripped - 1000 == spool.last_number - before - 1000:
            spool.append(b'{"output":', payload, b"}")
        assert numbers_in(drain(spool)) == list(range(1, spool.last_number + 1))


def drain(spool: SpoolWriter) -> list[bytes]:
    """Read all messages of a spool, as delivery does."""
    lines: list[bytes] = []
    while (batch := spool.pending(10_000)) is not None:
        lines += batch.lines
        spool.confirm(batch)
    return lines


def test_spool_of_an_older_version_is_drained(tmp_path: Path) -> None:
    """It may have a preallocated segment without messages, and a reserve beside it."""
    owner = SpoolWriter(tmp_path / "other", "http://localhost:3000")
    append(owner, 1)
    assert owner.directory is not None
    place = tmp_path / "spools" / owner.process_id
    place.mkdir(parents=True, mode=0o700)
    (place / OWNER_FILE).write_bytes((owner.directory / OWNER_FILE).read_bytes())
    owner.close()
    frames = [encode_frame(number, b'{"id":"run"}') for number in range(1, 4)]
    (place / "00000001.segment").write_bytes(frames[0] + frames[1])
    (place / "00000002.segment").write_bytes(bytes(4096))
    (place / RESERVE_FILE).write_bytes(frames[2] + bytes(4096))
    with claim_orphan(place) or pytest.fail("nobody holds it") as dead:
        batches = list(dead.batches(100))
        dead.remove()
    assert numbers_in(line for batch in batches for line in batch.lines) == [1, 2, 3]
    assert sum(batch.damaged for batch in batches) == 0
    assert not place.exists()


@pytest.mark.parametrize(
    ("case", "appended"), [("made", 101), ("overtaken", 300), ("forked", 240), ("no space", 101)]
)
def test_no_message_is_lost_by_a_reserve(tmp_path: Path, case: str, appended: int) -> None:
    """The next process finds every message, in order and undamaged."""
    run_program("spool_dies_with_a_reserve", tmp_path, case, expected_code=-signal.SIGKILL)
    (status,) = list_spools(tmp_path)
    with claim_orphan(status.path) or pytest.fail("nobody holds it") as dead:
        batches = list(dead.batches(400))
        dead.remove()
    numbers = numbers_in(line for batch in batches for line in batch.lines)
    assert numbers == list(range(1, appended + 1))
    assert sum(batch.damaged for batch in batches) == 0
    assert not status.path.exists()
    assert not list(tmp_path.iterdir())
