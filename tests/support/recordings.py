"""Reads the messages of a recorder from its spool, without a receiver."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flightlog.capture import Recorder
from flightlog.record.decoding import decode_execution
from flightlog.record.merge import merge
from flightlog.record.model import NodeExecution, WorkflowExecution
from flightlog.spool import claim_orphan, list_spools

NOBODY = "http://127.0.0.1:9"
"""An address without a listener."""


class Recording:
    """A recorder whose records stay in a spool of the test."""

    def __init__(self, recorder: Recorder, place: Path) -> None:
        self.recorder = recorder
        self._place = place

    def lines(self) -> list[bytes]:
        """
        End the recording, and list every message in the form of a delivery.

        Returns:
            The JSON of each message.
        """
        self.recorder.close(0)
        return lines_in(self._place)

    def executions(self) -> list[WorkflowExecution]:
        """
        End the recording, and list every execution, merged from its messages.

        Returns:
            The executions, in the order of their first message.
        """
        return merged(self.lines())

    def execution(self) -> WorkflowExecution:
        """
        End the recording, and return the only execution.

        Returns:
            The execution.
        """
        (execution,) = self.executions()
        return execution


@contextmanager
def recording(place: Path, **options: Any) -> Iterator[Recording]:
    """
    Record into a directory, with these options of `Recorder`.

    Args:
        place: The spool directory.
        options: Options of `Recorder`.

    Yields:
        The recording.
    """
    recorder = Recorder("order-intake", "Order intake", url=NOBODY, spool_dir=place, **options)
    try:
        yield Recording(recorder, place)
    finally:
        recorder.close(0)


def lines_in(place: Path) -> list[bytes]:
    """
    List every message in the spools of a directory whose owners are dead.

    Args:
        place: The spool directory.

    Returns:
        The JSON of each message.
    """
    lines: list[bytes] = []
    for status in list_spools(place):
        spool = claim_orphan(status.path)
        if spool is not None:
            with spool:
                lines += [line for batch in spool.batches(1 << 20) for line in batch.lines]
    return lines


def merged(lines: list[bytes]) -> list[WorkflowExecution]:
    """
    List the executions of messages, in the order of their first message.

    Args:
        lines: The JSON of messages.

    Returns:
        The executions.
    """
    records: dict[str, list[WorkflowExecution]] = {}
    for line in lines:
        record = decode_execution(line)
        records.setdefault(record.id, []).append(record)
    return [merge(of_one) for of_one in records.values()]


def node(execution: WorkflowExecution, node_id: str) -> NodeExecution:
    """
    Return the only run of a node.

    Args:
        execution: The execution.
        node_id: The node's id.

    Returns:
        The node execution.
    """
    (found,) = [node_run for node_run in execution.node_executions if node_run.node_id == node_id]
    return found


def value(payload: Any) -> Any:
    """
    Decode a payload.

    Args:
        payload: The payload's JSON.

    Returns:
        The payload's value.
    """
    return json.loads(bytes(payload))
