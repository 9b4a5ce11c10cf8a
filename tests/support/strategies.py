"""Hypothesis strategies for whole and partial records, from correct and from careless clients."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from msgspec import UNSET, Raw
from msgspec.structs import replace

from flightlog.record.merge import merge
from flightlog.record.model import (
    ExecutionError,
    Message,
    NodeExecution,
    Trigger,
    WorkflowExecution,
)
from flightlog.record.registers import NODE_CRASH, NodeKey, Nodes, join_nodes, make_node_registers

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)
large_values = st.builds(
    lambda seed, size: {"text": f"{seed}-" * size}, st.integers(0, 3), st.sampled_from([40, 2_500])
)


def raw(value: Any) -> Raw:
    """
    Encode a payload as a client's `json.dumps` does.

    Args:
        value: The payload's value.

    Returns:
        The JSON.
    """
    return Raw(json.dumps(value).encode())


def is_id(text: str) -> bool:
    """
    Check whether a text can be an id.

    Args:
        text: The text.

    Returns:
        Whether the text is valid as an id.
    """
    return bool(text) and text.isprintable()


payloads = st.just(UNSET) | (json_values | large_values).map(raw)
times = st.integers(0, 5).map(lambda hour: f"2026-11-22T1{hour}:30:00.000000Z")
durations = st.none() | st.floats(0, 1e7) | st.just(0.0)
errors = st.none() | st.builds(
    ExecutionError,
    message=st.sampled_from(["declined", "timeout", ""]),
    stack=st.none() | st.just("Traceback …"),
    node_id=st.none() | st.just("charge"),
    kind=st.sampled_from([None, "exception", "crashed"]),
    type=st.none() | st.just("httpx.ConnectError"),
)
nodes = st.builds(
    NodeExecution,
    node_id=st.sampled_from(["charge", "notify"]),
    node_name=st.sampled_from(["Charge", "Notify"]),
    node_type=st.just("httpRequest"),
    status=st.sampled_from(["pending", "running", "success", "error", "skipped"]),
    sequence=st.integers(0, 2),
    attempt=st.none() | st.integers(1, 3),
    parent_sequence=st.none() | st.just(0),
    started_at=st.none() | times,
    completed_at=st.none() | times,
    duration_ms=durations,
    input=payloads,
    output=payloads,
    error=errors,
    process_id=st.sampled_from([None, None, "process-1", "worker-1"]),
    logs=payloads,
    background=st.none() | st.booleans(),
)
numbers = st.integers(1, 9) | st.sampled_from([2**63 - 2, 2**63 - 1])
"""Numbers of messages, few enough to collide."""
careless_records = st.builds(
    WorkflowExecution,
    id=st.sampled_from(["run-1", "run-2"]),
    workflow_id=st.sampled_from(["order-intake", "nightly"]),
    workflow_name=st.sampled_from(["Order intake", "Nightly"]),
    status=st.sampled_from(["running", "success", "error"]),
    started_at=times,
    project_id=st.none() | st.sampled_from(["shop", "lab"]),
    completed_at=st.none() | times,
    duration_ms=durations,
    execution_mode=st.sampled_from([None, "test", "production"]),
    trigger=st.none()
    | st.builds(Trigger, type=texts, data=payloads, is_simulated=st.none() | st.booleans()),
    node_executions=st.lists(nodes, max_size=3).map(tuple),
    error=errors,
    parent_execution_id=st.none() | st.just("run-0"),
    retry_of=st.none() | texts,
    tags=st.none() | st.dictionaries(texts, texts, max_size=2),
    name=st.none() | texts,
    process_id=st.sampled_from([None, "process-1", "process-2"]),
    message=st.none() | st.builds(Message, process_id=texts.filter(is_id), number=numbers),
    revision=st.integers(0, 2),
    starred=st.booleans(),
)
"""Records as the worst client sends them: contradictory, with repeated revisions."""


def verdict(known: WorkflowExecution, revision: int | None = None) -> WorkflowExecution:
    """
    Make the message that has the effect of `mark_crashed` on a running execution.

    Args:
        known: The known execution, including its running node executions.
        revision: The revision of the message; by default the revision of `known`.

    Returns:
        The message.
    """
    running = [
        node
        for node in known.node_executions
        if node.status == "running" and node.process_id is None
    ]
    return WorkflowExecution(
        id=known.id,
        run_id=known.run_id,
        workflow_id=known.workflow_id,
        workflow_name=known.workflow_name,
        started_at=known.started_at,
        status="error",
        error=ExecutionError(
            message="The process ended before the execution did.",
            node_id=running[-1].node_id if running else None,
            kind="crashed",
        ),
        revision=known.revision if revision is None else revision,
    )


run_ids = st.sampled_from([None, *(f"0193a7f2-8c1e-7c3a-9d51-{number:012}" for number in range(3))])
"""Few run ids, so that several records belong to one run."""
records_of_runs = st.builds(
    lambda record, run_id: replace(record, run_id=run_id), careless_records, run_ids
)
"""Records as the worst client sends them, of several runs under one id."""


def node_verdicts(
    messages: Sequence[WorkflowExecution], process_id: str
) -> list[WorkflowExecution]:
    """
    Make the messages that have the effect of `mark_crashed` on node executions.

    The executions themselves are marked already.

    Args:
        messages: All messages of one run, including the crash message if there is one.
        process_id: The process that is presumed dead.

    Returns:
        The messages, one for each running node execution of the process.
    """
    shown = merge(messages)
    verdicts = []
    for node in shown.node_executions:
        if node.status != "running" or (node.process_id or shown.process_id) != process_id:
            continue
        known: Nodes = {}
        for message in messages:
            known = join_nodes(known, make_node_registers(message))
        revision = known[NodeKey(node.sequence or 0, node.node_id)].version.revision
        crashed = NodeExecution(
            node_id=node.node_id,
            node_name=node.node_name,
            node_type=node.node_type,
            status="error",
            sequence=node.sequence,
            error=NODE_CRASH,
            process_id=node.process_id,
        )
        verdicts.append(
            WorkflowExecution(
                id=shown.id,
                run_id=shown.run_id,
                workflow_id=shown.workflow_id,
                workflow_name=shown.workflow_name,
                started_at=shown.started_at,
                status="running",
                node_executions=(crashed,),
                revision=revision,
            )
        )
    return verdicts


@st.composite
def splittings(draw: st.DrawFn, whole: WorkflowExecution) -> Sequence[WorkflowExecution]:
    """
    Draw the messages that a recorder may send for an execution.

    The running messages and the final message share the node executions. The final message repeats
    neither the trigger nor the inputs of earlier messages.

    Args:
        draw: Hypothesis's function for choices.
        whole: The execution's record.

    Returns:
        The messages, in the order of sending.
    """
    count = draw(st.integers(1, 4))
    where = [draw(st.integers(0, count)) for _ in whole.node_executions]
    messages = [
        replace(
            whole,
            status="running",
            completed_at=None,
            duration_ms=None,
            error=None,
            trigger=whole.trigger if number == 0 else None,
            node_executions=tuple(
                replace(
                    node,
                    status="running",
                    completed_at=None,
                    duration_ms=None,
                    output=UNSET,
                    error=None,
                )
                for node, first in zip(whole.node_executions, where, strict=True)
                if first == number
            ),
            revision=number,
        )
        for number in range(count)
    ]
    end = replace(
        whole,
        trigger=None,
        node_executions=tuple(
            replace(node, input=UNSET if first < count else node.input)
            for node, first in zip(whole.node_executions, where, strict=True)
        ),
        revision=count,
    )
    return [*messages, end]


reported_errors = errors.filter(lambda error: error is None or error.kind != "crashed")
ended_nodes = st.builds(
    NodeExecution,
    node_id=st.sampled_from(["charge", "notify"]),
    node_name=st.just("Charge"),
    node_type=st.just("httpRequest"),
    status=st.sampled_from(["success", "error", "skipped"]),
    attempt=st.none() | st.integers(1, 3),
    started_at=times,
    completed_at=times,
    duration_ms=st.floats(0, 1e7),
    input=payloads,
    output=payloads,
    error=reported_errors,
)
ended_records = st.builds(
    WorkflowExecution,
    id=st.just("run-1"),
    workflow_id=st.just("order-intake"),
    workflow_name=st.just("Order intake"),
    status=st.sampled_from(["success", "error"]),
    started_at=times,
    completed_at=times,
    duration_ms=st.floats(0, 1e7),
    trigger=st.builds(Trigger, type=st.just("http"), data=json_values.map(raw)),
    node_executions=st.lists(ended_nodes, max_size=4).map(tuple),
    error=reported_errors,
)
"""Whole records of ended executions, as a correct client sends them."""
