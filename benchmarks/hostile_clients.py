"""
The time that other clients wait while ten clients send text that is expensive to redact.

Ten clients send bodies without a signature, each as soon as its last body is answered: first 12.5
MB, then 30 KB, the most that the receiver redacts without its workers. The bodies are full of
`password=`, tables of passwords, `eyJ` and the like. The ten clients are a process of their own.
Another client sends one run at a time, as in `workload`, alternately to that receiver and to a
receiver without hostile clients. So both latencies are measured at the same load of the machine.
The benchmark also reports the memory of the first receiver and its workers together.
"""

from __future__ import annotations

import json
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized
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
    Measure the latency of one client beside hostile clients, and without them.

    Args:
        directory: The directory for the databases.
        seconds: The time of each part.

    Returns:
        The targets with their measured values.
    """
    table = Table(title="One run a request, beside hostile clients", title_justify="left")
    for heading in ("", "requests", "p50 ms", "p99 ms", "max ms", "hostile bodies", "peak MB"):
        table.add_column(heading, justify="right")
    targets = []
    for name, size in (("10 × 12.5 MB", _LARGE_BYTES), ("10 × 30 KB", _SMALL_BYTES)):
        with (
            serving(directory / f"hostile-{size}.db") as served,
            serving(directory / f"quiet-{size}.db") as quiet,
        ):
            before = served.family_bytes
            with _hostile(served, size) as bodies:
                with_hostile, alone, peak = _send(served, quiet, seconds)
                done = bodies.value
        table.add_row(f"beside {name}", *_columns(with_hostile), f"{done:,}", f"{peak / _MB:,.0f}")
        table.add_row("without them, at the same time", *_columns(alone), "", "")
        target = f"p99 of others' ingest, beside {name} of hostile text"
        targets.append(
            Target(name=target, value=_p99(with_hostile), bound=500, kind="at most", unit="ms")
        )
        if size == _LARGE_BYTES:
            target = "memory of receiver and workers meanwhile, against the bodies that they hold"
            grown = (peak - before) / (_CLIENTS * size)
            targets.append(Target(name=target, value=grown, bound=3, kind="at most"))
    console.print(table)
    return targets


def _columns(answered: list[float]) -> list[str]:
    return [
        f"{len(answered):,}",
        f"{median(answered) * 1000:,.1f}",
        f"{_p99(answered):,.1f}",
        f"{max(answered) * 1000:,.1f}",
    ]


def _p99(answered: list[float]) -> float:
    return quantiles(answered, n=100)[98] * 1000


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


def _send(served: Served, quiet: Served, seconds: float) -> tuple[list[float], list[float], int]:
    with_hostile: list[float] = []
    alone: list[float] = []
    peak = 0
    end = time.monotonic() + seconds
    with (
        httpx.Client(base_url=served.url, headers=_HEADERS, timeout=600) as first,
        httpx.Client(base_url=quiet.url, headers=_HEADERS, timeout=600) as second,
    ):
        while time.monotonic() < end:
            for client, answered in ((first, with_hostile), (second, alone)):
                body = workload.run(len(answered))
                began = time.perf_counter()
                client.post("/api/executions", content=body).raise_for_status()
                answered.append(time.perf_counter() - began)
            peak = max(peak, served.family_bytes)
            time.sleep(_PAUSE_S)
    return with_hostile, alone, peak


@contextmanager
def _hostile(served: Served, size: int) -> Iterator[Synchronized[int]]:
    # A process of their own, because their threads would hold up the client that is measured.
    spawning = multiprocessing.get_context("spawn")
    done: Synchronized[int] = spawning.Value("q", 0)
    process = spawning.Process(target=_attack, args=(served.url, size, done), daemon=True)
    process.start()
    try:
        yield done
    finally:
        process.kill()
        process.join()


def _attack(url: str, size: int, done: Synchronized[int]) -> None:
    threads = [
        threading.Thread(
            target=_loop(url, hostile_body(number, _TEXTS[number % len(_TEXTS)], size), done),
            daemon=True,
        )
        for number in range(_CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _loop(url: str, body: bytes, done: Synchronized[int]) -> Callable[[], None]:
    def run() -> None:
        with httpx.Client(base_url=url, headers=_HEADERS, timeout=600) as client:
            while True:
                try:
                    client.post("/api/executions", content=body)
                except httpx.HTTPError:
                    # The receiver ends while bodies are being redacted.
                    return
                with done.get_lock():
                    done.value += 1

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
