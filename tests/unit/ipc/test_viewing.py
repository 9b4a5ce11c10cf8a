from __future__ import annotations

from flightlog.clock import utc_now
from flightlog.ipc.projects import OpenProjects
from flightlog.ipc.recording import RecordingRules
from flightlog.ipc.routing import RoutedStore
from flightlog.logger import ExecutionLogger
from flightlog.store.query import EVERYTHING, ExecutionQuery
from support.records import record


def test_a_viewer_reads_the_current_history(histories: OpenProjects, projects: list[str]) -> None:
    """Every view reads the current history, and a switch changes `foreign_changes`."""
    logger = ExecutionLogger("unused.db", store=RoutedStore(histories, RecordingRules(utc_now)))
    logger.log_executions([record("a"), record("b", status="error", error={"message": "no"})])
    views, newest = logger.views, ExecutionQuery()
    assert [one.id for one in views.summaries(newest).summaries] == ["b", "a"]
    assert [one.id for one in views.summaries(ExecutionQuery(ids=("a",))).summaries] == ["a"]
    assert views.counts(EVERYTHING).total == views.workflows(EVERYTHING)[0].total == 2
    assert sum(point.error for point in views.series(EVERYTHING, 10).points) == 1
    assert views.projects() == ()
    assert [one.node_id for one in views.nodes(EVERYTHING, 10)] == ["charge"]
    assert [one.message for one in views.errors(EVERYTHING, 10).errors] == ["no"]
    assert views.outline("a") is not None
    assert views.payload_key("a", "trigger") is not None
    assert logger.set_star("a", starred=True)
    before = logger.foreign_changes()
    histories.switch(projects[1])
    assert logger.foreign_changes() != before
    assert views.summaries(newest).summaries == ()
    assert not logger.set_star("a", starred=True)
    assert logger.delete_executions(["a"]) == 0
    histories.switch(projects[0])
    assert logger.delete_executions(["a", "b"]) == 2
