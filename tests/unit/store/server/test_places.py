"""Tests of the conditions of counts."""

from __future__ import annotations

from flightlog.store.clickhouse.source import DIALECT
from flightlog.store.query import EVERYTHING, HistoryFilter
from flightlog.store.server.places import compile_places
from flightlog.store.tallies import round_to_hours


def test_everything_has_no_condition() -> None:
    """A count of everything binds nothing."""
    assert compile_places(DIALECT, "hour", EVERYTHING, round_to_hours(EVERYTHING)) == ("true", {})


def test_values_are_bound() -> None:
    """Workflows, project and hours are values, not text of the statement."""
    chosen = HistoryFilter(
        workflow_ids=("a", "b"), project_id="p", started_from="2026-11-22T12:00:00.000000Z"
    )
    where, bound = compile_places(DIALECT, "hour", chosen, round_to_hours(chosen))
    assert where == (
        "true AND workflow_id IN %(workflow_ids)s AND project_id = %(project_id)s "
        "AND hour >= %(from_hour)s"
    )
    assert bound == {"workflow_ids": ["a", "b"], "project_id": "p", "from_hour": "2026-11-22T12"}
