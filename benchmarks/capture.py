"""
The cost of recording for a workflow: nodes in a row with 1 KB of input and 1 KB of output.

The OpenTelemetry SDK is the alternative that many users would choose. Its contestant makes a span
with both values as attributes (JSON text, because an attribute can't be an object), a
BatchSpanProcessor, and an exporter that does nothing. OpenTelemetry neither redacts nor keeps spans
when its process dies.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice, pairwise
from pathlib import Path
from statistics import median
from typing import Any, Final

import cyclopts
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from rich.table import Table

from benchmarks import workload
from benchmarks.frame import Contestant, Target, console, present, race, ratio
from benchmarks.serving import serving
from flightlog.capture import Recorder, RedactionRules
from flightlog.capture.encoding import encode_value
from flightlog.redaction import Redactor

_OTEL: Final = "OpenTelemetry SDK, exporting nothing"
_THERE: Final = "Flightlog, a receiver takes it all"
_AWAY: Final = "Flightlog, the receiver is away"
_NOBODY: Final = "http://127.0.0.1:9"
_MB: Final = 10**6
_MEMORY_CHILD: Final = """
import sys
from flightlog.capture import Recorder
recorder = Recorder("w", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=0)
value = {"orderId": 7, "item": "chair"}
def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
with recorder.execution() as execution:
    for number in range(int(sys.argv[2])):
        if number % int(sys.argv[3]) == 0:
            print(number, resident(), flush=True)
        with execution.node("n", input=value) as node:
            node.output = value
print(number + 1, resident(), flush=True)
"""


class _NoExporter(SpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002 - the base class's signature
        return SpanExportResult.SUCCESS


def measure(
    directory: Path, *, rounds: int = 12, nodes: int = 2_000, remembered: int = 1_000_000
) -> list[Target]:
    """
    Let the contestants record the same nodes in turn, and watch the memory of a long execution.

    Args:
        directory: The directory for the spools and the receiver's database.
        rounds: The number of rounds besides the first round.
        nodes: The number of nodes for each contestant in a round.
        remembered: The number of nodes of the long execution.

    Returns:
        The targets with their measured values.
    """
    rates = _race(directory, rounds, nodes)
    table = Table(title="A node with 1 KB in and 1 KB out", title_justify="left")
    for heading in ("", "µs a node", "range", "× OpenTelemetry"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, values in rates.items():
        costs = sorted(1e6 / value for value in values)
        table.add_row(
            name,
            f"{costs[len(costs) // 2]:.1f}",
            f"{costs[0]:.1f}-{costs[-1]:.1f}",
            f"{1 / ratio(values, rates[_OTEL]):.2f}",
        )
    console.print(table)
    _present_parts(directory, rounds, nodes)
    return [
        Target(
            name="cost of a node, against OpenTelemetry",
            value=1 / ratio(rates[_AWAY], rates[_OTEL]),
            bound=0.7,
            kind="at most",
        ),
        Target(
            name="cost of a node with the receiver away, against one that takes it all",
            value=1 / ratio(rates[_AWAY], rates[_THERE]),
            bound=1.05,
            kind="at most",
        ),
        _memory(directory, remembered),
    ]


def _race(directory: Path, rounds: int, nodes: int) -> dict[str, list[float]]:
    with serving(directory / "history.db") as served:
        url = f"http://127.0.0.1:{served.port}"
        with (
            _flightlog(directory / "there", url) as there,
            _flightlog(directory / "away", _NOBODY) as away,
            _opentelemetry() as otel,
        ):
            values = (_values(nodes, number) for number in range(rounds + 1))
            return race({_OTEL: otel, _THERE: there, _AWAY: away}, values, total=rounds + 1)


def _values(count: int, seed: int) -> list[bytes]:
    runs = (json.loads(body) for body in workload.runs(seed * count, -(-count // workload.NODES)))
    values = (node["output"] for run in runs for node in run["nodeExecutions"])
    return [json.dumps(value).encode() for value in islice(values, count)]


@contextmanager
def _flightlog(place: Path, url: str) -> Iterator[Contestant]:
    recorder = Recorder("w", url=url, spool_dir=place, drain_timeout_s=10)

    def record(bodies: Sequence[bytes]) -> float:
        values: list[Any] = [json.loads(body) for body in bodies]
        started = time.perf_counter()
        with recorder.execution() as execution:
            for given, returned in pairwise(values):
                with execution.node("charge", "Charge card", input=given) as node:
                    node.output = returned
        seconds = time.perf_counter() - started
        recorder.flush(30)
        return seconds

    yield record
    status = recorder.status()
    assert (status.lost, status.stripped, status.swallowed) == (0, 0, 0), status
    recorder.close(0)


@contextmanager
def _opentelemetry() -> Iterator[Contestant]:
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(_NoExporter()))
    tracer = provider.get_tracer("benchmark")

    def record(bodies: Sequence[bytes]) -> float:
        values: list[Any] = [json.loads(body) for body in bodies]
        started = time.perf_counter()
        with tracer.start_as_current_span("execution"):
            for given, returned in pairwise(values):
                with tracer.start_as_current_span("charge") as span:
                    span.set_attribute("input", json.dumps(given))
                    span.set_attribute("output", json.dumps(returned))
        seconds = time.perf_counter() - started
        provider.force_flush()
        return seconds

    yield record
    provider.shutdown()


def _present_parts(directory: Path, rounds: int, nodes: int) -> None:
    """Print what kinds of nodes, and parts of one, take of the workflow's thread."""
    redactor = Redactor(b"benchmark" * 4, RedactionRules())
    values: list[Any] = [json.loads(body) for body in _values(nodes, 0)]
    small = [{"orderId": number, "item": "chair"} for number in range(nodes)]
    texts = [json.dumps(value, separators=(",", ":")).encode() for value in values]
    recorder = Recorder("w", url=_NOBODY, spool_dir=directory / "parts", drain_timeout_s=0)

    def record(payloads: Sequence[Any]) -> None:
        with recorder.execution() as execution:
            for given, returned in pairwise(payloads):
                with execution.node("charge", "Charge card", input=given) as node:
                    node.output = returned

    def record_bare(payloads: Sequence[Any]) -> None:
        with recorder.execution() as execution:
            for _ in payloads[1:]:
                with execution.node("charge", "Charge card"):
                    pass

    parts: dict[str, Callable[[], object]] = {
        "node with 1 KB payloads": lambda: record(values),
        "node with small payloads": lambda: record(small),
        "node without payloads": lambda: record_bare(values),
        "encode one value of 1 KB": lambda: [encode_value(value, _MB) for value in values],
        "redact one value of 1 KB": lambda: [redactor.payload(text, "input") for text in texts],
    }
    costs: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(rounds + 1):
        for name, run in parts.items():
            started = time.thread_time()
            run()
            costs[name].append((time.thread_time() - started) * 1e6 / nodes)
    recorder.close(0)
    table = Table(title="Time of the workflow's own thread", title_justify="left")
    table.add_column("")
    table.add_column("µs", justify="right")
    for name, taken in costs.items():
        table.add_row(name, f"{median(taken[1:]):.1f}")
    console.print(table)


def _memory(directory: Path, nodes: int) -> Target:
    table = Table(title=f"Memory over {nodes:,} nodes of one execution", title_justify="left")
    table.add_column("nodes", justify="right")
    table.add_column("resident", justify="right")
    step = max(1, nodes // 10)
    child = subprocess.run(
        [sys.executable, "-c", _MEMORY_CHILD, str(directory / "memory"), str(nodes), str(step)],
        check=True,
        capture_output=True,
        text=True,
    )
    resident = {}
    for line in child.stdout.splitlines():
        number, kilobytes = map(int, line.split())
        resident[number] = kilobytes * 1024
        table.add_row(f"{number:,}", f"{resident[number] / _MB:.1f} MB")
    console.print(table)
    sizes = list(resident.values())
    return Target(
        name=f"memory after {nodes:,} nodes, against after a tenth of them",
        value=sizes[-1] / sizes[1],
        bound=1.1,
        kind="at most",
    )


def main(*, rounds: int = 12, nodes: int = 2_000, remembered: int = 1_000_000) -> None:
    """
    Measure recording.

    Args:
        rounds: The number of rounds.
        nodes: The number of nodes in each round.
        remembered: The number of nodes of the execution whose memory is watched.
    """
    present(None, lambda place: measure(place, rounds=rounds, nodes=nodes, remembered=remembered))


if __name__ == "__main__":
    cyclopts.run(main)
