"""Errors are grouped by their messages."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flightlog.store import error_groups
from flightlog.store.query import HistoryFilter
from flightlog.store.sqlite import SqliteStore
from support.records import record

TEMPLATES = (
    "Timeout after {n} ms",
    "Row {n} has no price",
    "No file {path} for {id}",
    "card_declined: Your card was declined",
    'Unknown product "{word}" in order {id}',
)


class Failure(NamedTuple):
    """A failure, and the template that its message was made of."""

    template: int
    message: str
    workflow: int
    node: int
    project: int
    minute: int


@st.composite
def failures(draw: st.DrawFn) -> Failure:
    """Draw a failure."""
    template = draw(st.integers(0, len(TEMPLATES) - 1))
    message = TEMPLATES[template].format(
        n=draw(st.integers(0, 10**9)),
        path=draw(st.sampled_from(["/srv/data/in.csv", "~/orders/7.json", "/a/b/c"])),
        id=draw(st.uuids() | st.from_regex(r"order-[0-9]{1,5}", fullmatch=True)),
        word=draw(st.sampled_from(["oak chair", "lamp", "table 7"])),
    )
    small = st.integers(0, 2)
    return Failure(
        template, message, draw(small), draw(small), draw(small), draw(st.integers(0, 59))
    )


def test_only_the_newest_failures_are_grouped(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the newest failures are grouped, and the answer reports the limit."""
    store.merge([record("new", status="error", error={"message": "no", "type": "E"})])
    monkeypatch.setattr(error_groups, "FAILURES", 1)
    groups = store.group_errors(HistoryFilter(), 10)
    assert [group.message for group in groups.errors] == ["no"]
    assert not groups.complete


@settings(max_examples=40, deadline=None)
@given(st.lists(failures(), max_size=25), st.integers(-1, 2), st.integers(-1, 2))
def test_groups_equal_a_scan(made: list[Failure], workflow: int, project: int) -> None:
    """Counts, first and last failure, workflows and histograms are those of a scan."""
    runs = [
        record(
            f"run-{number}",
            workflowId=f"w{failure.workflow}",
            projectId=f"p{failure.project}",
            status="error",
            startedAt=f"2026-11-22T10:{failure.minute:02d}:{number:02d}Z",
            error={"message": failure.message, "nodeId": f"n{failure.node}", "type": "E"},
        )
        for number, failure in enumerate(made)
    ]
    chosen = HistoryFilter(
        workflow_ids=() if workflow < 0 else (f"w{workflow}", "w9"),
        project_id=None if project < 0 else f"p{project}",
        started_from="2026-11-22T10:00:00.000000Z",
        started_before="2026-11-22T11:00:00.000000Z",
    )
    with (
        TemporaryDirectory() as directory,
        closing(SqliteStore(Path(directory) / "h.db")) as store,
    ):
        store.merge(runs)
        found = store.group_errors(chosen, 100)
    kept = [
        (run, failure)
        for run, failure in zip(runs, made, strict=True)
        if workflow in {-1, failure.workflow} and project in {-1, failure.project}
    ]
    assert found.complete
    assert len(found.errors) == len({failure.template for _, failure in kept})
    assert sum(group.count for group in found.errors) == len(kept)
    for group in found.errors:
        newest = next(run for run in runs if run.id == group.last_execution_id)
        template = made[runs.index(newest)].template
        own = sorted(
            (run for run, failure in kept if failure.template == template),
            key=lambda run: run.started_at,
        )
        assert group.count == len(own)
        assert (group.first_at, group.last_at) == (own[0].started_at, own[-1].started_at)
        assert newest == own[-1]
        nodes = {run.error.node_id for run in own if run.error is not None}
        assert group.node_id == (nodes.pop() if len(nodes) == 1 else None)
        assert {(each.workflow_id, each.count) for each in group.workflows} == {
            (run.workflow_id, sum(other.workflow_id == run.workflow_id for other in own))
            for run in own
        }
        assert found.histogram_step_ms == 120_000
        steps = [0] * 30
        for run in own:
            steps[int(run.started_at[14:16]) // 2] += 1
        assert list(group.histogram) == steps
    counts = [group.count for group in found.errors]
    assert counts == sorted(counts, reverse=True)
