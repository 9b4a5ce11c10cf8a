"""The files of a spool at the limits of their disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.spool import claim_orphan, list_spools
from support.disks import fill, small_disk
from support.programs import run_program
from support.spools import append, numbers_in, open_spool


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
    # The limit would also hold for the file of coverage.
    printed = run_program("spool_under_a_size_limit", tmp_path, measured=False)
    (status,) = list_spools(tmp_path)
    with claim_orphan(status.path) or pytest.fail("nobody holds it") as dead:
        lines = [line for batch in dead.batches(9) for line in batch.lines]
    assert sorted(numbers_in(lines)) == list(range(1, 101))
    assert printed == "0\n"
