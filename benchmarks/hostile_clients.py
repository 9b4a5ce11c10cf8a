"""
The time that other clients wait while ten clients send text that is expensive to redact.

Ten clients send bodies without a signature, each as soon as its last body is answered: first 12.5
MB, then 30 KB, the most that the receiver redacts without its workers. The bodies are full of
`password=`, tables of passwords, `eyJ` and the like. Another client sends one run at a time, as in
`workload`. The benchmark reports the latency of its requests, with and without the ten clients, and
the memory of the receiver and its workers together.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Final

import cyclopts
import httpx
from rich.table import Table

from benchmarks import workload
from benchmarks.frame import Target, console, present
from benchmarks.serving import Served, serving

_CLIENTS: Final = 10
_LARGE_BYTES: Final = 12_500_000
_SMALL_BYTES: Final = 30_000
_MB: Final = 1_000_000
_HEADERS: Final = {"Content-Type": "application/json"}
_PAUSE_S: Final = 0.02
_TEXTS: Final[tuple[str, ...]] = (
    "user,password\na,b\n",
    "eyJ",
    "password=",
    "-----BEGIN RSA PRIVATE KEY-----\n",
    "<password>",
    "mysql -p",
    '\\"password\\": ',
)


def measure(directory: Path, *, seconds: float = 30.0) -> list[Target]:
    """
    Measure the latency of one client alone, then beside hostile clients.

    Args:
        directory: The directory for the database.
        seconds: The time of each part.

    Returns:
        The targets with their measured values.
    """
    table = Table(title="One run a request, beside hostile clients", title_justify="left")
    for heading in ("", "requests", "p50 ms", "p99 ms", "max ms", "hostile bodies", "peak MB"):
        table.add_column(heading, justify="right")
    targets = []
    for name, clients, size in (
        ("alone", 0, 0),
        ("beside 10 × 12.5 MB", _CLIENTS, _LARGE_BYTES),
        ("beside 10 × 30 KB", _CLIENTS, _SMALL_BYTES),
    ):
        with serving(directory / f"hostile-{size}.db") as served:
            before = served.family_bytes
            with _hostile(served, clients, size) as done:
                answered, peak = _send(served, seconds)
                bodies = len(done)
        p99 = quantiles(answered, n=100)[98] * 1000
        table.add_row(
            name,
            f"{len(answered):,}",
            f"{median(answered) * 1000:,.1f}",
            f"{p99:,.1f}",
            f"{max(answered) * 1000:,.1f}",
            f"{bodies:,}",
            f"{peak / _MB:,.0f}",
        )
        if size:
            target = f"p99 of others' ingest, {name} of hostile text"
            targets.append(Target(name=target, value=p99, bound=500, kind="at most", unit="ms"))
        if size == _LARGE_BYTES:
            target = "memory of receiver and workers meanwhile, against the bodies that they hold"
            grown = (peak - before) / (clients * size)
            targets.append(Target(name=target, value=grown, bound=3, kind="at most"))
    console.print(table)
    return targets


def hostile_body(number: int, text: str, size: int) -> bytes:
    """
    Make a record with a hostile text.

    Args:
        number: The record's number.
        text: The text, which is repeated.
        size: The size of the repeated text, bytes.

    Returns:
        The record's JSON.
    """
    return json.dumps(
        {
            "id": f"hostile-{number}",
            "workflowId": "hostile",
            "workflowName": "Hostile",
            "status": "success",
            "startedAt": "2026-11-29T10:00:00Z",
            "trigger": {"type": "http", "data": {"text": text * (size // len(text))}},
        }
    ).encode()


def _send(served: Served, seconds: float) -> tuple[list[float], int]:
    answered: list[float] = []
    peak = 0
    end = time.monotonic() + seconds
    with httpx.Client(base_url=served.url, headers=_HEADERS, timeout=600) as client:
        while time.monotonic() < end:
            body = workload.run(len(answered))
            began = time.perf_counter()
            client.post("/api/executions", content=body).raise_for_status()
            answered.append(time.perf_counter() - began)
            peak = max(peak, served.family_bytes)
            time.sleep(_PAUSE_S)
    return answered, peak


@contextmanager
def _hostile(served: Served, clients: int, size: int) -> Iterator[list[int]]:
    stop = threading.Event()
    done: list[int] = []
    threads = [
        threading.Thread(
            target=_loop(
                served, hostile_body(number, _TEXTS[number % len(_TEXTS)], size), stop, done
            ),
            daemon=True,
        )
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    try:
        yield done
    finally:
        stop.set()


def _loop(
    served: Served, body: bytes, stop: threading.Event, done: list[int]
) -> Callable[[], None]:
    def run() -> None:
        with httpx.Client(base_url=served.url, headers=_HEADERS, timeout=600) as client:
            while not stop.is_set():
                try:
                    client.post("/api/executions", content=body)
                except httpx.HTTPError:
                    # The benchmark ends while bodies are being redacted.
                    return
                done.append(len(body))

    return run


def main(*, directory: Path | None = None, seconds: float = 30.0) -> None:
    """
    Run this benchmark alone.

    Args:
        directory: The directory for the database; the system's by default.
        seconds: The time of each part.
    """
    present(directory, lambda place: measure(place, seconds=seconds))


if __name__ == "__main__":
    cyclopts.run(main)
