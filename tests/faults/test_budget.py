"""A history stays near its budget, and what must stay does, while records arrive."""

from __future__ import annotations

from pathlib import Path
from random import Random

from flightlog.store.sqlite import SqliteSettings
from support.faults.bounds import MIB, fill_week


def test_a_week_replayed_fast_stays_near_a_small_budget(tmp_path: Path) -> None:
    """
    Records that arrive faster than old ones go have to wait; failures and stars stay.

    `make faults budget_kept` measures a budget of 2 GB, and allows an excess of 5 %.
    """
    settings = SqliteSettings(
        synchronous="normal",
        checkpoint_bytes=MIB // 4,
        wal_limit_bytes=MIB,
        wal_refuse_bytes=8 * MIB,
    )
    budget = 3 * MIB
    week = fill_week(tmp_path / "history.db", budget, settings, Random(1))
    assert week.final_bytes <= budget
    assert week.largest_bytes <= 4 * budget
    assert week.lost == []
    assert len(week.kept) > 20
    assert week.left < week.stored
