from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from flightlog.record.model import WorkflowExecution
from flightlog.store.histogram import find_bucket, to_microseconds
from flightlog.store.retention import RetentionLimits
from flightlog.store.sqlite import SqliteSettings, SqliteStore
from support.examples import examples
from support.strategies import careless_records


class CountsMachine(RuleBasedStateMachine):
    """After any merges, deletions and clearings, every count equals the result of a scan."""

    make_path: Callable[[], Path]

    def __init__(self) -> None:
        super().__init__()
        self.path = type(self).make_path()
        self.store = SqliteStore(self.path, SqliteSettings(synchronous="normal"))
        self.shell = apsw.Connection(str(self.path))

    def teardown(self) -> None:
        """Close the store of this run."""
        self.shell.close()
        self.store.close()

    @rule(records=st.lists(careless_records, max_size=4))
    def merge(self, records: list[WorkflowExecution]) -> None:
        """Merge the records of careless clients."""
        self.store.merge(records)

    @rule(process_id=st.sampled_from(["process-1", "process-2"]))
    def mark_crashed(self, process_id: str) -> None:
        """Presume that a process died."""
        self.store.mark_crashed(process_id)

    @rule(execution_id=st.sampled_from(["run-1", "run-2"]))
    def delete(self, execution_id: str) -> None:
        """Delete executions, and forget the tombstone so that the id can be used again."""
        self.store.delete(execution_id)
        self.query("DELETE FROM deleted_executions")

    @rule(
        workflow_id=st.sampled_from(["order-intake", "nightly"]),
        project_id=st.sampled_from([None, "shop"]),
    )
    def clear(self, workflow_id: str, project_id: str | None) -> None:
        """Clear a workflow."""
        self.store.clear(workflow_id, project_id)
        self.query("DELETE FROM deleted_executions")

    @rule(spared_bytes=st.integers(0, 400_000))
    def prune(self, spared_bytes: int) -> None:
        """Remove old payloads, nodes and executions until the history has a size."""
        limits = RetentionLimits(max_bytes=spared_bytes)
        while self.store.prune(limits).more:
            pass

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement on a separate connection."""
        return self.shell.execute(sql).fetchall()

    @invariant()
    def aggregates_equal_a_scan(self) -> None:
        """Executions and node executions are counted right by place, status and duration."""
        for table, scan in (("execution_aggregates", EXECUTIONS), ("node_aggregates", NODES)):
            counts: Counter[tuple[Any, ...]] = Counter()
            sums: Counter[tuple[Any, ...]] = Counter()
            for *key, duration_ms in self.query(scan):
                place = (*key, find_bucket(duration_ms))
                counts[place] += 1
                sums[place] += to_microseconds(duration_ms)
            stored = self.query(f"SELECT * FROM {table}")
            assert {tuple(row[:-2]): row[-2:] for row in stored} == {
                place: (count, sums[place]) for place, count in counts.items()
            }

    @invariant()
    def references_equal_a_scan(self) -> None:
        """
        Each payload knows the number of columns that refer to the payload.

        A payload without a reference is gone.
        """
        stored = dict(self.query("SELECT id, refs FROM payloads"))
        assert stored == Counter(row[0] for row in self.query(REFERENCES))


EXECUTIONS = """
SELECT workflow_id, coalesce(project_id, ''), substr(started_at, 1, 13), status, duration_ms
FROM executions
"""
NODES = """
SELECT workflow_id, coalesce(project_id, ''), node_id, substr(e.started_at, 1, 13), n.status,
  n.duration_ms
FROM node_executions AS n JOIN executions AS e ON e.id = n.execution_id
"""
REFERENCES = """
SELECT trigger_data FROM executions WHERE typeof(trigger_data) = 'integer'
UNION ALL SELECT input FROM node_executions WHERE typeof(input) = 'integer'
UNION ALL SELECT output FROM node_executions WHERE typeof(output) = 'integer'
UNION ALL SELECT logs FROM node_executions WHERE typeof(logs) = 'integer'
"""


def test_counts_equal_a_scan_after_anything(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Running aggregates and reference counts never drift."""

    class Machine(CountsMachine):
        make_path = staticmethod(lambda: tmp_path_factory.mktemp("counts") / "history.db")

    Machine.TestCase.settings = settings(
        max_examples=examples(20), stateful_step_count=6, deadline=None
    )
    Machine.TestCase("runTest").debug()
