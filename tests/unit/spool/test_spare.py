"""The preallocated file of a process that writes quickly."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from flightlog.spool import SpoolWriter, Wakeup, claim_orphan, list_spools
from flightlog.spool.limits import SpoolLimits
from support.recordings import lines_in
from support.spools import append, numbers_in, open_spool

SMALL = SpoolLimits(segment_bytes=1000, reserve_bytes=4000)

HEAD = """
import os, signal, sys
from pathlib import Path
from flightlog.spool import SpoolWriter
from flightlog.spool.limits import SpoolLimits

def append(count):
    for _ in range(count):
        spool.append(b'{"id":"run","status":"running"}')

limits = SpoolLimits(segment_bytes=1000, reserve_bytes=4000)
spool = SpoolWriter(Path(sys.argv[1]), "http://localhost:3000", limits)
append(100)
"""
KILLED = """
spool.make_spare()
append(1)
os.kill(os.getpid(), signal.SIGKILL)
"""
OVERTAKEN = """
def hook(event, arguments):
    # The file of the spare is opened: other threads append meanwhile.
    if event == "open" and str(arguments[0]).endswith(".segment") and not overtaken:
        overtaken.append(arguments[0])
        append(100)

overtaken = []
sys.addaudithook(hook)
spool.make_spare()
append(100)
assert overtaken and not os.path.exists(overtaken[0]), overtaken
os.kill(os.getpid(), signal.SIGKILL)
"""
FORKED = """
spool.make_spare()
append(40)
spool.make_spare()
if os.fork() == 0:
    spool.abandon()
    os._exit(0)
os.wait()
append(100)
os.kill(os.getpid(), signal.SIGKILL)
"""
TOO_LARGE = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (900, 900))
files = os.listdir(spool.directory)
spool.make_spare()
assert os.listdir(spool.directory) == files
append(1)
os.kill(os.getpid(), signal.SIGKILL)
"""


def sizes_of(spool: SpoolWriter) -> dict[str, int]:
    """Return the size of each file with messages."""
    assert spool.directory is not None
    return {path.name: path.stat().st_size for path in sorted(spool.directory.glob("*.segment"))}


def test_a_file_that_filled_quickly_has_the_next_one_made_in_advance(tmp_path: Path) -> None:
    """The next file is preallocated, and messages go into the file in order."""
    with open_spool(tmp_path, SMALL) as spool:
        append(spool, 60)
        before = sizes_of(spool)
        spool.make_spare()
        (spare,) = sizes_of(spool).keys() - before
        assert sizes_of(spool)[spare] == 1000
        while sizes_of(spool)[spare] == 1000:
            append(spool, 1)
        assert list(sizes_of(spool))[-1] == spare
        (status,) = list_spools(tmp_path)
        left = spool.last_number
    with claim_orphan(status.path) or pytest.fail("nobody holds it") as dead:
        batches = list(dead.batches(400))
    lines = [line for batch in batches for line in batch.lines]
    assert numbers_in(lines) == list(range(1, left + 1))
    assert sum(batch.damaged for batch in batches) == 0


def test_a_bell_rings_when_a_file_filled_quickly(tmp_path: Path) -> None:
    """A thread that waits for the wakeup makes the spare."""
    bell = Wakeup()
    with open_spool(tmp_path, SMALL) as spool:

        def make() -> None:
            bell.wait()
            spool.make_spare()

        spool.ring_for_spare(bell)
        maker = threading.Thread(target=make, daemon=True)
        maker.start()
        append(spool, 30)
        maker.join(30)
        assert not maker.is_alive()
        assert 1000 in sizes_of(spool).values()


def test_nothing_is_made_before_it_is_asked_for(tmp_path: Path) -> None:
    """A slow writer has one file, and no spare."""
    with open_spool(tmp_path, SMALL) as spool:
        append(spool, 3)
        spool.make_spare()
        assert len(sizes_of(spool)) == 1


def test_a_spool_that_is_left_takes_no_more_than_its_messages(tmp_path: Path) -> None:
    """At the end, unused preallocated space and the spare are released."""
    with open_spool(tmp_path, SMALL) as spool:
        append(spool, 60)
        spool.make_spare()
        append(spool, 20)
        spool.make_spare()
        assert list(sizes_of(spool).values())[-2:] == [1000, 1000]
    (status,) = list_spools(tmp_path)
    left = [path.read_bytes() for path in sorted(status.path.glob("*.segment"))]
    assert [len(data) > 1000 for data in left] == [True] * (len(left) - 1) + [False]
    assert all(data and data[-1:] == b"}" for data in left)


def test_a_spool_with_a_spare_leaves_nothing_when_it_is_delivered(tmp_path: Path) -> None:
    """The spare, the other files and the directory are deleted."""
    with open_spool(tmp_path, SMALL) as spool:
        append(spool, 100)
        spool.make_spare()
        while (batch := spool.pending(500)) is not None:
            spool.confirm(batch)
    assert not list(tmp_path.iterdir())


def test_room_in_advance_keeps_within_the_limit(tmp_path: Path) -> None:
    """All files together never exceed the limit, however often a spare is made."""
    limits = SpoolLimits(max_bytes=64_000, segment_bytes=4_000, reserve_bytes=1_000)
    with open_spool(tmp_path, limits) as spool:
        for _ in range(900):
            append(spool, 1)
            spool.make_spare()
            assert sum(sizes_of(spool).values()) <= limits.max_bytes
        assert spool.lost == 0
        assert spool.last_number == 900


def test_a_spare_that_someone_deleted_is_not_used(tmp_path: Path) -> None:
    """Appended messages are in a file that can be found."""
    with open_spool(tmp_path, SMALL) as spool:
        append(spool, 60)
        before = sizes_of(spool)
        spool.make_spare()
        (spare,) = sizes_of(spool).keys() - before
        assert spool.directory is not None
        (spool.directory / spare).unlink()
        append(spool, 100)
    assert numbers_in(lines_in(tmp_path)) == list(range(1, 161))


@pytest.mark.parametrize(
    ("script", "appended"),
    [(KILLED, 101), (OVERTAKEN, 300), (FORKED, 240), (TOO_LARGE, 101)],
    ids=["killed", "overtaken by another file", "forked", "no room for it"],
)
def test_no_message_is_lost_by_a_spare(tmp_path: Path, script: str, appended: int) -> None:
    """The next process finds every message, in order and undamaged."""
    child = subprocess.run(
        [sys.executable, "-c", HEAD + script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert child.returncode == -signal.SIGKILL, child.stderr
    (status,) = list_spools(tmp_path)
    with claim_orphan(status.path) or pytest.fail("nobody holds it") as dead:
        batches = list(dead.batches(400))
        dead.remove()
    numbers = numbers_in(line for batch in batches for line in batch.lines)
    assert numbers == list(range(1, appended + 1))
    assert sum(batch.damaged for batch in batches) == 0
    assert not status.path.exists()
    assert not list(tmp_path.iterdir())
