"""Spools of dead processes are claimed and read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flightlog.spool import SpoolLimits, claim_orphan, list_spools
from flightlog.spool.directory import OWNER_FILE
from support.spools import append, numbers_in, open_spool


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


def test_a_file_is_deleted_once_its_messages_are_delivered(tmp_path: Path) -> None:
    """So the next process that takes the spool over doesn't deliver everything again."""
    with open_spool(tmp_path, SpoolLimits(segment_bytes=1024)) as spool:
        append(spool, 100)
    (status,) = list_spools(tmp_path)
    files = sorted(status.path.glob("*.segment"))
    assert len(files) > 2
    with claim_orphan(status.path) or pytest.fail("nobody holds it") as dead:
        for batch in dead.batches(100):
            if 60 in numbers_in(batch.lines):
                break
    left = sorted(status.path.glob("*.segment"))
    assert 0 < len(left) < len(files)
    assert left == files[-len(left) :]
    with claim_orphan(status.path) or pytest.fail("nobody holds it") as dead:
        numbers = [number for each in dead.batches(100) for number in numbers_in(each.lines)]
    assert numbers == list(range(numbers[0], 101))
    assert numbers[0] <= 60
    assert sorted(status.path.glob("*.segment")) == files[-1:]


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
