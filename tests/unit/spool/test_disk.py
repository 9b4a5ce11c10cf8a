"""Spools on full disks, and spools that other programs change."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flightlog.spool import claim_orphan, list_spools
from flightlog.spool.directory import OWNER_FILE
from support.disks import fill, small_disk
from support.spools import append, numbers_in, open_spool

UNDER_A_SIZE_LIMIT = """
import resource, sys
from pathlib import Path
from flightlog.spool import SpoolLimits, SpoolWriter
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
spool = SpoolWriter(Path(sys.argv[1]), "http://localhost:3000", SpoolLimits(reserve_bytes=2000))
for number in range(100):
    spool.append(b'{"output":', b'"%b"' % (b"x" * 300), b"}")
print(spool.lost)
"""


def test_a_full_disk_costs_payloads_and_no_record(tmp_path: Path) -> None:
    """While the disk is full, records go to the reserve without payloads."""
    with small_disk(tmp_path / "disk", 2_000_000) as disk, open_spool(disk / "spool") as spool:
        append(spool, 1)
        fill(disk)
        for number in range(100):
            spool.append(b'{"output":', b'"%b"' % (b"x" * 900), b"}")
            assert spool.lost == 0, number
        assert spool.stripped > 90
        assert spool.trouble is not None
        assert "space" in spool.trouble
        lines: list[bytes] = []
        while (batch := spool.pending(10_000)) is not None:
            lines += batch.lines
            spool.confirm(batch)
        assert sorted(numbers_in(lines)) == list(range(1, 102))


def test_what_the_reserve_holds_survives_its_process(tmp_path: Path) -> None:
    """The process that takes the spool over finds the records in the reserve."""
    with small_disk(tmp_path / "disk", 2_000_000) as disk:
        with open_spool(disk / "spool") as spool:
            append(spool, 1)
            fill(disk)
            for _ in range(50):
                spool.append(b'{"output":', b'"%b"' % (b"x" * 900), b"}")
        (status,) = list_spools(disk / "spool")
        with claim_orphan(status.path) or pytest.fail("nobody holds it") as dead:
            batches = list(dead.batches(1000))
            lines = [line for batch in batches for line in batch.lines]
            assert sorted(numbers_in(lines)) == list(range(1, 52))
            assert sum(batch.damaged for batch in batches) == 0


def test_a_limit_on_file_sizes_begins_a_new_file(tmp_path: Path) -> None:
    """A file that may not grow is followed by another file; no record is lost."""
    child = subprocess.run(
        [sys.executable, "-c", UNDER_A_SIZE_LIMIT, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    (status,) = list_spools(tmp_path)
    with claim_orphan(status.path) or pytest.fail("nobody holds it") as dead:
        lines = [line for batch in dead.batches(9) for line in batch.lines]
    assert sorted(numbers_in(lines)) == list(range(1, 101))
    assert child.stdout == "0\n"


def test_damage_in_a_dead_spool_is_counted_and_passed_over(tmp_path: Path) -> None:
    """A frame whose bytes changed on the disk loses only itself."""
    with open_spool(tmp_path) as spool:
        append(spool, 10)
    (status,) = list_spools(tmp_path)
    (segment,) = status.path.glob("*.segment")
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 0xFF
    segment.write_bytes(data)
    with claim_orphan(status.path) or pytest.fail("nobody holds it") as dead:
        batches = list(dead.batches(100))
    assert sum(len(batch.lines) for batch in batches) == 9
    assert sum(batch.damaged for batch in batches) == 1


def test_a_spool_without_its_owners_file_is_left_alone_for_a_while(tmp_path: Path) -> None:
    """A directory that is being made, or has lost its owner's file, is not dead at once."""
    with open_spool(tmp_path) as spool:
        append(spool, 1)
    (status,) = list_spools(tmp_path)
    (status.path / OWNER_FILE).unlink()
    assert list_spools(tmp_path) == []
    assert claim_orphan(status.path) is None


def test_an_owners_file_that_is_damaged_leaves_the_messages(tmp_path: Path) -> None:
    """The owner may be unreadable; the messages are read all the same."""
    with open_spool(tmp_path) as spool:
        append(spool, 2)
    (status,) = list_spools(tmp_path)
    (status.path / OWNER_FILE).write_text("{")
    (status,) = list_spools(tmp_path)
    assert status.owner is None
    with claim_orphan(status.path) or pytest.fail("nobody holds it") as dead:
        lines = [line for batch in dead.batches(100) for line in batch.lines]
    assert json.loads(lines[0])["message"] == {"processId": status.path.name, "number": 1}


def test_no_spool_directory_is_no_spool(tmp_path: Path) -> None:
    """A directory that doesn't exist, or is a file, has no spools."""
    (tmp_path / "file").touch()
    assert list_spools(tmp_path / "none") == []
    assert list_spools(tmp_path / "file") == []
    assert claim_orphan(tmp_path / "none") is None
    assert claim_orphan(tmp_path / "file") is None
