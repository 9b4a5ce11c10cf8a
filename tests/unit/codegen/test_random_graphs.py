from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from flightlog.capture import Recorder
from flightlog.codegen import generate, manifest_from
from flightlog.record.decoding import decode_execution
from flightlog.record.merge import merge
from flightlog.record.model import NodeExecution, WorkflowExecution
from support.examples import examples
from support.graphs import Graph, graphs

EXAMPLES = 60
SAMPLED = 5


@pytest.fixture(scope="module")
def spool_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the spool directory for the runs of this module."""
    return tmp_path_factory.mktemp("spool")


def record_of(source: str, spool_dir: Path) -> WorkflowExecution:
    """Run a generated module in this process, and return its record."""
    module = ModuleType("w")
    exec(compile(source, "w.py", "exec"), module.__dict__)
    messages: list[bytes] = []
    recorder = Recorder(
        "w", spool_dir=spool_dir, url="http://127.0.0.1:9", observer=messages.append
    )
    module.__dict__["workflow"].recorder = recorder
    outcome = module.__dict__["workflow"].run({"some": "input"})
    recorder.close(0)
    assert outcome.error is None
    return merge(map(decode_execution, messages))


def truth_of(graph: Graph, source: str, run: NodeExecution, edge: dict[str, Any]) -> bool:
    """Decide whether an edge is taken after its source has run."""
    if edge.get("condition") == "{{ 1 > 2 }}":
        return False
    handle = edge.get("sourceHandle")
    return handle is None or handle == json.loads(bytes(run.output))["handle"]  # type: ignore[arg-type]


@settings(
    max_examples=examples(EXAMPLES), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(graph=graphs())
def test_the_record_agrees_with_the_graph(graph: Graph, spool_dir: Path) -> None:
    """In each run of its block, a node runs once or is skipped, and never precedes its sources."""
    record = record_of(generate(manifest_from(graph.manifest)).files["w.py"], spool_dir)
    assert record.status == "success"
    runs = {run.sequence: run for run in record.node_executions}
    by_node = Counter(run.node_id for run in record.node_executions)
    assert by_node.keys() == graph.nodes.keys()
    for node_id, count in by_node.items():
        if node_id not in graph.parents:
            assert count == 1
    for run in record.node_executions:
        assert run.status in {"success", "skipped"}
        parent = graph.parents.get(run.node_id)
        if parent is None:
            assert run.parent_sequence is None
        elif run.status == "success":
            assert runs[run.parent_sequence].node_id == parent
            assert runs[run.parent_sequence].status == "success"
    for loop, items in graph.loops.items():
        for run in record.node_executions:
            if run.node_id == loop and run.status == "success":
                assert len(json.loads(bytes(run.output))) == items  # type: ignore[arg-type]
    _check_edges(graph, record)


def _check_edges(graph: Graph, record: WorkflowExecution) -> None:
    edges: dict[str, list[dict[str, Any]]] = {}
    for edge in graph.edges:
        edges.setdefault(edge["target"], []).append(edge)
    # Check only nodes outside all blocks, because each of them runs at most once.
    once = {run.node_id: run for run in record.node_executions if run.node_id not in graph.parents}
    for node_id, run in once.items():
        incoming = edges.get(node_id, [])
        taken = [
            edge
            for edge in incoming
            if once[edge["source"]].status == "success"
            and truth_of(graph, edge["source"], once[edge["source"]], edge)
        ]
        assert run.status == ("success" if taken or not incoming else "skipped")
        for source in graph.before[node_id]:
            before = once[source]
            if run.status == before.status == "success":
                assert run.started_at is not None
                assert before.completed_at is not None
                assert run.started_at >= before.completed_at


@settings(
    max_examples=examples(SAMPLED), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(graph=graphs())
def test_a_generated_project_is_clean_to_ruff(graph: Graph, tmp_path: Path) -> None:
    """The files on disk pass ruff's own default rules and format."""
    for name, text in generate(manifest_from(graph.manifest)).files.items():
        (tmp_path / name).write_text(text)
    for command in (["check"], ["format", "--check"]):
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                "ruff",
                *command,
                "--isolated",
                "--target-version",
                "py311",
                ".",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout
