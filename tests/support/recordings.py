"""What a recorder wrote, without any receiver: read back from its spool."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flightlog.capture import Recorder
from flightlog.record.merge import merge
from flightlog.record.model import NodeExecution, WorkflowExecution, decode_execution
from flightlog.spool import claim_orphan, list_spools

NOBODY = "http://127.0.0.1:9"
"""An address where nobody listens."""


class Recording:
    """A recorder whose records stay in a spool of the test's own."""

    def __init__(self, recorder: Recorder, place: Path) -> None:
        self.recorder = recorder
        self._place = place

    def lines(self) -> list[bytes]:
        """Every message, as it would be delivered; ends the recording."""
        self.recorder.close(0)
        return lines_in(self._place)

    def executions(self) -> list[WorkflowExecution]:
        """Every execution, merged from its messages; ends the recording."""
        return merged(self.lines())

    def execution(self) -> WorkflowExecution:
        """The only execution; ends the recording."""
        (execution,) = self.executions()
        return execution


@contextmanager
def recording(place: Path, **options: Any) -> Iterator[Recording]:
    """Record into a directory, with these options of `Recorder`."""
    recorder = Recorder("order-intake", "Order intake", url=NOBODY, spool_dir=place, **options)
    try:
        yield Recording(recorder, place)
    finally:
        recorder.close(0)


def lines_in(place: Path) -> list[bytes]:
    """Every message in the spools of a directory whose owners are dead."""
    lines: list[bytes] = []
    for status in list_spools(place):
        spool = claim_orphan(status.path)
        if spool is not None:
            with spool:
                lines += [line for batch in spool.batches(1 << 20) for line in batch.lines]
    return lines


def merged(lines: list[bytes]) -> list[WorkflowExecution]:
    """The executions that messages tell of, in the order of their first message."""
    records: dict[str, list[WorkflowExecution]] = {}
    for line in lines:
        record = decode_execution(line)
        records.setdefault(record.id, []).append(record)
    return [merge(of_one) for of_one in records.values()]


def node(execution: WorkflowExecution, node_id: str) -> NodeExecution:
    """The only run of a node."""
    (found,) = [one for one in execution.node_executions if one.node_id == node_id]
    return found


def value(payload: Any) -> Any:
    """What a payload says."""
    return json.loads(bytes(payload))
