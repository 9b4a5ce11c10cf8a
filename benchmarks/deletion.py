"""
The time that clients wait while nine tenths of a large history are removed.

The history holds runs of ten workflows, as in `workload`, and its search index. A process of its
own sends one run a request at a steady rate: first to a receiver that removes nothing, then to one
whose `keep_days` removes nine of ten runs, at last to one that clears nine of ten workflows. The
benchmark reports the durations of the requests, and the time until the file has a quarter of its
size. A short run takes a history of 150 MiB; `--mib 2048` takes one of 2 GiB.
"""

from __future__ import annotations

import http.client
import multiprocessing
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median, quantiles
from typing import Final

import cyclopts
import httpx
from rich.table import Table

from benchmarks import workload
from benchmarks.frame import Target, console, present
from benchmarks.serving import Served, serving
from flightlog.record.decoding import decode_execution
from flightlog.secret_key import load_secret_key, write_access_header
from flightlog.store.sqlite import SqliteStore

_MIB: Final = 2**20
_SHORT_MIB: Final = 150
_RUN_BYTES: Final = 10_000
"""The space that a run takes in the history, with its index."""
_CLIENTS: Final = 4
_PER_SECOND: Final = 60
_WORKFLOWS: Final = 10
_BATCH: Final = 200
_BETWEEN: Final = datetime(2026, 11, 15, tzinfo=UTC)
"""Nine of ten runs of the history start before this time."""
_FIRST_NEW: Final = 2_000_000
_FIRST_SENT: Final = 3_000_000
_ALONE_S: Final = 15.0
_LONGEST_S: Final = 1_800.0
_LEFT: Final = 0.25
_MOST_MS: Final = 50
_MOST_S: Final = 600
_TIMEOUT_S: Final = 600
_HEADERS: Final = {"Content-Type": "application/json"}


def measure(directory: Path, *, mib: int = _SHORT_MIB) -> list[Target]:
    """
    Measure the durations of requests with records while most of a history is removed.

    Args:
        directory: The directory for the databases.
        mib: The size of the history, MiB.

    Returns:
        The targets with their measured values.
    """
    path = directory / "pruned.db"
    fill(path, mib * _MIB)
    for copy in ("alone.db", "cleared.db"):
        shutil.copyfile(path, directory / copy)
    table = Table(title=f"{mib:,} MiB, {_PER_SECOND} runs a second", title_justify="left")
    for heading in ("", "requests", "p50 ms", "p99 ms", "max ms", "until 25 % s", "at last MiB"):
        table.add_column(heading, justify="right")
    with serving(directory / "alone.db") as served, _sending(served.port) as stop:
        time.sleep(_ALONE_S)
        answered = stop()
    table.add_row("nothing is removed", *_columns(answered), "", "")
    days = (datetime.now(UTC) - _BETWEEN).days
    targets = []
    for name, file, options, remove in (
        ("keep_days", path, ["--keep-days", str(days)], None),
        ("clear", directory / "cleared.db", [], _clear),
    ):
        whole = file.stat().st_size
        with serving(file, *options) as served, _sending(served.port) as stop:
            began = time.monotonic()
            removing = threading.Thread(target=remove or _remove_nothing, args=(served,))
            removing.start()
            _wait_until_small(file, whole, began)
            took_s = time.monotonic() - began
            removing.join()
            answered = stop()
        left = file.stat().st_size / _MIB
        table.add_row(name, *_columns(answered), f"{took_s:,.1f}", f"{left:,.0f}")
        targets += [
            Target(
                name=f"p99 of ingest while nine tenths of the runs are removed by {name}",
                value=_p99(answered),
                bound=_MOST_MS,
                kind="at most",
                unit="ms",
            ),
            Target(
                name=f"time until the file has a quarter of its size, by {name}",
                value=took_s,
                bound=_MOST_S,
                kind="at most",
                unit="s",
            ),
        ]
    console.print(table)
    return targets


def fill(path: Path, size: int) -> None:
    """
    Make an indexed history.

    Args:
        path: The history.
        size: The least size of the file without its write-ahead log, bytes.
    """
    store = SqliteStore(path)
    number = 0
    while not number or path.stat().st_size < size:
        runs = []
        for index in range(number, number + _BATCH):
            start = index if index // _WORKFLOWS % _WORKFLOWS else _FIRST_NEW + index
            body = workload.run(start, workflows=_WORKFLOWS)
            runs.append(decode_execution(body, []))
        store.merge(runs)
        number += _BATCH
    while store.index_portion().more:
        pass
    store.close()


def _remove_nothing(_: Served) -> None:
    """Leave removing to the receiver's own thread."""


def _clear(served: Served) -> None:
    for number in range(1, _WORKFLOWS):
        target = f"/api/workflows/workflow-{number}/executions"
        key = write_access_header(load_secret_key(), served.port, "DELETE", target)
        httpx.delete(
            served.url + target, headers={"authorization": key}, timeout=_LONGEST_S
        ).raise_for_status()


def _wait_until_small(file: Path, whole: int, began: float) -> None:
    while (took_s := time.monotonic() - began) < _LONGEST_S:
        # The records that arrive meanwhile take space, too.
        if file.stat().st_size <= whole * _LEFT + took_s * _PER_SECOND * _RUN_BYTES:
            return
        time.sleep(0.1)


@contextmanager
def _sending(port: int) -> Iterator[Callable[[], list[float]]]:
    # A process of its own, because the threads of this process would hold up the clients.
    spawning = multiprocessing.get_context("spawn")
    ended = spawning.Event()
    results: Queue[list[float]] = spawning.Queue()
    process = spawning.Process(target=_send, args=(port, ended, results), daemon=True)
    process.start()

    def stop() -> list[float]:
        ended.set()
        return results.get(timeout=_TIMEOUT_S)

    try:
        yield stop
    finally:
        process.kill()
        process.join()


def _send(port: int, ended: Event, results: Queue[list[float]]) -> None:
    answered: list[float] = []
    threads = [
        threading.Thread(target=_send_steadily, args=(port, number, ended, answered))
        for number in range(_CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put(answered)


def _send_steadily(port: int, client: int, ended: Event, answered: list[float]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    number = client
    due = time.perf_counter() + client / _PER_SECOND
    while not ended.is_set():
        # Workflow 0 is the one that `_clear` leaves.
        body = workload.run(_FIRST_SENT + number * _WORKFLOWS, workflows=_WORKFLOWS)
        time.sleep(max(0.0, due - time.perf_counter()))
        began = time.perf_counter()
        connection.request("POST", "/api/executions", body, _HEADERS)
        response = connection.getresponse()
        said = response.read()
        answered.append(time.perf_counter() - began)
        if response.status != http.client.OK:
            raise AssertionError(f"a record was answered with {response.status}: {said!r}")
        number += _CLIENTS
        # A late request doesn't make the next ones come all at once.
        due = max(due + _CLIENTS / _PER_SECOND, time.perf_counter())


def _columns(answered: list[float]) -> list[str]:
    return [
        f"{len(answered):,}",
        f"{median(answered) * 1000:,.1f}",
        f"{_p99(answered):,.1f}",
        f"{max(answered) * 1000:,.1f}",
    ]


def _p99(answered: list[float]) -> float:
    return quantiles(answered, n=100)[98] * 1000


def main(*, directory: Path | None = None, mib: int = _SHORT_MIB) -> None:
    """
    Run this benchmark alone.

    Args:
        directory: The directory for the databases; the system's by default.
        mib: The size of the history, MiB.
    """
    present(directory, lambda place: measure(place, mib=mib))


if __name__ == "__main__":
    cyclopts.run(main)
