"""
Measure periods, workflows and nodes by the executions of a search.

The running aggregates serve `flightlog.store.counting`, but they know few filters. For the other
filters, this module counts the executions that `flightlog.store.surveying` finds.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from flightlog.store.histogram import find_bucket
from flightlog.store.metrics import NodeList, WorkflowList, WorkflowPlace
from flightlog.store.query import HistoryFilter
from flightlog.store.surveying import (
    COUNTED_EXECUTIONS,
    SurveyStore,
    read_timed,
    survey,
)
from flightlog.store.tallies import (
    Tally,
    list_slowest_nodes,
    make_workflow_metrics,
    name_nodes,
    order_places,
)

MEASURED_EXECUTIONS: Final = 2_000
"""The largest number of executions whose nodes are measured."""
MEASURED_NODES: Final = 100_000
"""After so many node executions, no further executions are read."""
_AT_ONCE: Final = 50
"""An execution can have many node executions, so few executions are read at once."""


def search_tally(reads: SurveyStore, chosen: HistoryFilter) -> tuple[Tally, str | None]:
    """
    Count executions by status and duration.

    Args:
        reads: Reads the rows.
        chosen: The executions.

    Returns:
        The counts, and the start time that an unfinished search reached.
    """
    found = survey(reads, chosen, COUNTED_EXECUTIONS)
    tally = Tally((status, bucket) for _, status, bucket in read_timed(reads, found))
    return tally, found.searched_to


def search_workflows(
    reads: SurveyStore, chosen: HistoryFilter, limit: int | None, after: WorkflowPlace | None
) -> WorkflowList:
    """Count and time by workflow and project; see `ExecutionReader.list_workflows`."""
    found = survey(reads, chosen, COUNTED_EXECUTIONS)
    tallies: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
    newest: dict[tuple[str, str], tuple[str, str]] = {}
    for workflow, project, name, started_at, status, duration_ms in reads.fetch_measured(
        found.positions
    ):
        tallies[workflow, project][status, find_bucket(duration_ms)] += 1
        newest.setdefault((workflow, project), (name, started_at))
    workflows = tuple(
        make_workflow_metrics(*place, tallies[place], *newest[place])
        for place in order_places(tallies, limit, after)
    )
    return WorkflowList(workflows, found.searched_to)


def search_nodes(reads: SurveyStore, chosen: HistoryFilter, limit: int) -> NodeList:
    """Count and time by node; see `ExecutionReader.list_nodes`."""
    found = survey(reads, chosen, MEASURED_EXECUTIONS)
    positions, searched_to = found.positions, found.searched_to
    tallies: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
    names: dict[tuple[str, str], tuple[str, str]] = {}
    measured = 0
    for start in range(0, len(positions), _AT_ONCE):
        if measured >= MEASURED_NODES:
            searched_to = positions[start - 1].started_at
            break
        rows = reads.fetch_measured_nodes(positions[start : start + _AT_ONCE])
        measured += len(rows)
        for workflow, node_id, name, kind, status, duration_ms in rows:
            tallies[workflow, node_id][status, find_bucket(duration_ms)] += 1
            names.setdefault((workflow, node_id), (name, kind))
    return NodeList(name_nodes(list_slowest_nodes(tallies, limit), names), searched_to)
