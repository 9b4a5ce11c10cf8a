"""Tests of the runs of an id."""

from __future__ import annotations

from flightlog.record.model import RunKey
from flightlog.store.clickhouse.keys import KnownRuns, find_started_id

FIRST, SECOND, THIRD = (RunKey("a", f"0193a7f2-8c1e-7c3a-9d51-{n:012}") for n in (1, 2, 3))


def test_the_newest_run_has_the_id_also_if_it_was_deleted() -> None:
    """Older runs have their addresses, and a deleted run keeps its place."""
    known = KnownRuns(frozenset({FIRST, SECOND}), frozenset({THIRD}))
    assert known.find_row_id(SECOND) == SECOND.address
    assert known.find_row_id(THIRD) == "a"
    assert known.find_run("a") is None
    assert known.find_run(FIRST.address) == FIRST


def test_the_run_before_is_the_newest_older_one() -> None:
    """Deleted runs count."""
    known = KnownRuns(frozenset({FIRST, THIRD}), frozenset({SECOND}))
    assert known.find_previous(THIRD) == SECOND
    assert known.find_previous(FIRST) is None


def test_an_address_names_the_id_it_was_started_under() -> None:
    """A plain id names itself."""
    assert find_started_id(FIRST.address) == "a"
    assert find_started_id("a") == "a"
