"""
The memory of a real receiver during 100,000 runs, and during one record of 100 MiB.

The value is the kernel's own peak of the process (`VmHWM`), so that no peak is missed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import cyclopts
import httpx
from rich.progress import track
from rich.table import Table

from benchmarks import workload
from benchmarks.frame import Target, console, present
from benchmarks.ingest_http import check_counts
from benchmarks.load import client_name, send
from benchmarks.serving import serving
from flightlog.logger import ExecutionLogger

_STEP: Final = 5_000
_BATCH: Final = 50
_MB: Final = 10**6


def measure(
    directory: Path, *, stored: int = 100_000, record_bytes: int = 100 * 2**20
) -> list[Target]:
    """
    Watch a receiver during many runs, and other receivers during one large record each.

    Args:
        directory: The directory for the databases.
        stored: The number of runs; a multiple of 5,000.
        record_bytes: The size of a large record, in bytes.

    Returns:
        The targets with their measured values.
    """
    return [_many(directory, stored), *_large(directory, record_bytes)]


def _many(directory: Path, count: int) -> Target:
    table = Table(
        title=f"Receiver taking runs over HTTP by {client_name()}, one by one and in NDJSON of 50",
        title_justify="left",
    )
    for heading in ("runs taken", "resident", "peak"):
        table.add_column(heading, justify="right")
    database = directory / "many.db"
    with serving(database) as served:
        table.add_row("0", _megabytes(served.resident_bytes), _megabytes(served.peak_bytes))
        steps = workload.ahead(count, _STEP)
        for number, bodies in enumerate(track(steps, "runs", count // _STEP, console=console), 1):
            if number % 2:
                send(bodies, served.port, "application/json")
            else:
                send(workload.batches(bodies, _BATCH), served.port, "application/x-ndjson")
            if number % 4 == 0 or number < 3:
                table.add_row(
                    f"{number * _STEP:,}",
                    _megabytes(served.resident_bytes),
                    _megabytes(served.peak_bytes),
                )
        peak = served.peak_bytes
    check_counts(database, count)
    console.print(table)
    return Target(
        name=f"receiver's memory while taking {count:,} runs",
        value=peak / _MB,
        bound=150,
        kind="at most",
        unit="MB",
    )


def _large(directory: Path, size: int) -> list[Target]:
    shapes: Mapping[str, Callable[[int], bytes]] = {
        "one payload": _record_of_text,
        "nodes of 100 KB": lambda size: _record_of_nodes(size, 100_000),
        "nodes of 1 KB": lambda size: _record_of_nodes(size, 1_000),
    }
    table = Table(title=f"One record of {size / _MB:.1f} MB", title_justify="left")
    for heading in ("shape", "before", "peak", "peak more than before", "× its size"):
        table.add_column(heading, justify="right")
    targets = []
    for number, (shape, make) in enumerate(shapes.items()):
        body = make(size)
        before, peak = _take(directory / f"large-{number}.db", body)
        cost = (peak - before) / len(body)
        table.add_row(
            shape, _megabytes(before), _megabytes(peak), _megabytes(peak - before), f"{cost:.2f}"
        )
        targets.append(
            Target(
                name=f"memory for one record of {size / _MB:.0f} MB, {shape}",
                value=cost,
                bound=3,
                kind="at most",
                unit="× its size",
            )
        )
    console.print(table)
    return targets


def _take(database: Path, body: bytes) -> tuple[int, int]:
    with serving(database) as served:
        # The first record pays for imports and caches, which don't count.
        send([workload.run(0)], served.port, "application/json")
        before = served.resident_bytes
        headers = {"Content-Type": "application/json"}
        url = f"{served.url}/api/executions"
        httpx.post(url, content=body, headers=headers, timeout=300).raise_for_status()
        peak = served.peak_bytes
    with ExecutionLogger(database) as logger:
        read = logger.get_execution("large")
        assert read is not None
        sent = json.loads(body)["nodeExecutions"]
        if [json.loads(bytes(node.output)) for node in read.node_executions if node.output] != [
            node["output"] for node in sent
        ]:
            raise AssertionError("the large record came back otherwise than it was sent")
    return before, peak


def _record_of_text(size: int) -> bytes:
    return _record(size, lambda room: [_node(0, _text(room - len(_node(0, ""))))])


def _record_of_nodes(size: int, node_bytes: int) -> bytes:
    def nodes(room: int) -> list[str]:
        text = _text(room)
        made: list[str] = []
        while room > 2 * node_bytes:
            at = len(made) * node_bytes
            made.append(_node(len(made), text[at : at + node_bytes]))
            room -= len(made[-1]) + 1
        made.append(_node(len(made), text[-(room - len(_node(len(made), ""))) :]))
        return made

    return _record(size, nodes)


def _record(size: int, nodes: Callable[[int], list[str]]) -> bytes:
    head = (
        '{"id":"large","workflowId":"large","workflowName":"Large","status":"success",'
        '"startedAt":"2026-11-01T00:00:00","trigger":{"type":"http","data":null},"nodeExecutions":['
    )
    body = f"{head}{','.join(nodes(size - len(head) - 2))}]}}".encode()
    assert len(body) == size
    return body


def _node(position: int, output: str) -> str:
    return (
        f'{{"nodeId":"node-{position}","nodeName":"Step {position}","nodeType":"httpRequest",'
        f'"status":"success","input":{{}},"output":"{output}"}}'
    )


def _text(size: int) -> str:
    # Text of real records compresses less than a repeated letter, and is valid within a string.
    unit = "".join(run.decode().replace('"', "'") for run in workload.runs(0, 400))
    return (unit * (size // len(unit) + 1))[:size]


def _megabytes(size: int) -> str:
    return f"{size / _MB:.1f} MB"


def main(
    *, stored: int = 100_000, record_bytes: int = 100 * 2**20, directory: Path | None = None
) -> None:
    """
    Measure the receiver's memory.

    Args:
        stored: The number of runs; a multiple of 5,000.
        record_bytes: The size of a large record, in bytes.
        directory: The directory for temporary databases; the system's by default.
    """
    present(directory, lambda place: measure(place, stored=stored, record_bytes=record_bytes))


if __name__ == "__main__":
    cyclopts.run(main)
