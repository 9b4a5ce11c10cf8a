"""The ids of runs."""

from __future__ import annotations

import time

import pytest

from flightlog.capture.ids import make_run_id


def test_a_run_ids_text_grows_from_start_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text grows many times within one clock tick, and when the clock is set back."""
    ids = [make_run_id() for _ in range(2_000)]
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    ids += [make_run_id() for _ in range(2_000)]
    assert ids == sorted(set(ids))
    assert {(each[14], each[19] in "89ab", len(each)) for each in ids} == {("7", True, 36)}
