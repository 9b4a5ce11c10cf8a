"""Scenarios that measure the sizes of the write-ahead log and of the history under load."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
import msgspec

from flightlog.logger import ExecutionLogger
from flightlog.receiver.retention import choose_pause_s
from flightlog.record.model import WorkflowExecution
from flightlog.store.retention import RetentionLimits
from flightlog.store.sqlite import SqliteSettings, SqliteStore
from support.faults.figures import Figures
from support.faults.processes import wait_until
from support.faults.slow import p99, serving
from support.faults.torture import Torture
from support.programs import read_line, start_program
from support.records import record

MIB: Final = 2**20
_PER_SECOND: Final = 1_000
_PER_REQUEST: Final = 50
_SENDERS: Final = 4
_SECONDS_PER_REPETITION: Final = 3
_MOST_LOG_BYTES: Final = 256 * MIB
_USUAL_LOG_BYTES: Final = 64 * MIB
_SHRINK_S: Final = 60.0
_MIB_PER_REPETITION: Final = 10
_NOW: Final = datetime(2026, 11, 30, tzinfo=UTC)
_WEEK: Final = timedelta(days=7)
_STEP: Final = 20
_LOADS: Final = 4
"""The load of the week has so many times the size of the budget."""


def make_run(number: int, started_at: datetime, random: Random, **fields: Any) -> WorkflowExecution:
    """
    Make a record of a few KB that no compression shortens much.

    Args:
        number: Part of the id.
        started_at: The start.
        random: The source of the payloads.
        fields: Further JSON fields.

    Returns:
        The record.
    """
    time_text = started_at.isoformat()
    nodes = [
        {
            "nodeId": f"node-{place}",
            "nodeName": "Node",
            "nodeType": "code",
            "status": "success",
            "input": {"order": number, "text": random.randbytes(300).hex()},
            "output": {"order": number, "text": random.randbytes(300).hex()},
        }
        for place in range(5)
    ]
    return record(
        f"run-{number}",
        workflowId=f"workflow-{number % 5}",
        startedAt=time_text,
        completedAt=time_text,
        nodeExecutions=nodes,
        **fields,
    )


def log_kept(torture: Torture) -> Figures:
    """
    Keep a read transaction open in another program while records arrive.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("a reader keeps the log")
    seconds = torture.repetitions * _SECONDS_PER_REPETITION
    path = torture.place / "h.db"
    with serving(torture.place) as url, httpx.Client(base_url=url, timeout=120) as client:
        client.post(
            "/api/executions", json=_to_json(make_run(0, _NOW, Random(0)))
        ).raise_for_status()
        senders = _Senders(url, seconds)
        with _reading(path):
            largest = _watch_log(path, senders)
        began_at = time.monotonic()
        wait_until(lambda: _log_bytes(path) <= _USUAL_LOG_BYTES, "the log is small again")
        took_s = time.monotonic() - began_at
        senders.finish()
    figures.expected = senders.sent
    with ExecutionLogger(path) as logger:
        figures.lost = senders.sent + 1 - logger.get_stats().total
    figures.damaged = (largest > _MOST_LOG_BYTES) + (took_s > _SHRINK_S) + senders.failed
    figures.notes.append(
        f"{senders.sent:,} executions, {senders.sent / seconds:,.0f} a second; {senders.refused:,} "
        f"answers of 429; largest log {largest / MIB:,.0f} MiB; back under 64 MiB after "
        f"{took_s:.1f} s"
    )
    return figures


class _Senders:
    """Sends records for a time, and each request again until it is stored."""

    def __init__(self, url: str, seconds: float) -> None:
        self.sent = self.refused = self.failed = 0
        self._url = url
        self._ends_at = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._send, args=(number,)) for number in range(_SENDERS)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def are_sending(self) -> bool:
        """Whether the time is not over."""
        return time.monotonic() < self._ends_at

    def finish(self) -> None:
        """Wait until all requests are stored."""
        for thread in self._threads:
            thread.join()

    def _send(self, sender: int) -> None:
        random = Random(sender)
        pause = threading.Event()
        interval_s = _SENDERS * _PER_REQUEST / _PER_SECOND
        number = 1_000_000 * (sender + 1)
        with httpx.Client(base_url=self._url, timeout=120) as client:
            while self.are_sending:
                began_at = time.monotonic()
                runs = [make_run(number + k, _NOW, random) for k in range(_PER_REQUEST)]
                number += _PER_REQUEST
                self._send_until_stored(client, b"\n".join(map(msgspec.json.encode, runs)), pause)
                pause.wait(max(0.0, interval_s - (time.monotonic() - began_at)))

    def _send_until_stored(self, client: httpx.Client, body: bytes, pause: threading.Event) -> None:
        kind = {"Content-Type": "application/x-ndjson"}
        while True:
            answer = client.post("/api/executions", content=body, headers=kind)
            with self._lock:
                self.sent += _PER_REQUEST if answer.is_success else 0
                self.refused += answer.status_code == 429
                self.failed += answer.status_code not in {200, 429}
            if answer.status_code != 429:
                return
            pause.wait(float(answer.headers["Retry-After"]) / 4)


@contextmanager
def _reading(path: Path) -> Iterator[subprocess.Popen[str]]:
    process = start_program("sqlite_holds_a_snapshot", path)
    assert read_line(process)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _watch_log(path: Path, senders: _Senders) -> int:
    largest = 0
    pause = threading.Event()
    while senders.are_sending:
        largest = max(largest, _log_bytes(path))
        pause.wait(0.05)
    return largest


def _log_bytes(path: Path) -> int:
    return path.with_name(path.name + "-wal").stat().st_size


def _to_json(run: WorkflowExecution) -> object:
    return msgspec.json.decode(msgspec.json.encode(run))


def budget_kept(torture: Torture) -> Figures:
    """
    Store the load of a week fast, with a budget that holds a quarter of it.

    Args:
        torture: The run of the scenario; its repetitions decide the size of the budget.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("a week within a budget")
    budget = torture.repetitions * _MIB_PER_REPETITION * MIB
    found = fill_week(torture.place / "history.db", budget, SqliteSettings(), torture.random())
    figures.expected = len(found.kept)
    figures.lost = len(found.lost)
    figures.damaged = int(found.largest_bytes > budget * 1.05)
    figures.notes.append(
        f"budget {budget / MIB:,.0f} MiB, {found.stored:,} executions stored, "
        f"{found.left:,} left; largest size {found.largest_bytes / MIB:,.0f} MiB; "
        f"a request waited {p99(found.waits_ms):,.0f} ms (p99)"
    )
    return figures


class Week(msgspec.Struct, kw_only=True):
    """The results of a week's load."""

    stored: int = 0
    """The number of executions that were stored."""
    left: int = 0
    """The number of executions in the history at the end."""
    largest_bytes: int = 0
    """The largest size of the database and its write-ahead log."""
    final_bytes: int = 0
    """The size after the last portion of removing."""
    kept: list[str] = []
    """The failures and starred executions, which must stay."""
    lost: list[str] = []
    """The failures and starred executions that are missing."""
    waits_ms: list[float] = []
    """The duration of each call that stored executions, in milliseconds."""


def fill_week(path: Path, budget: int, settings: SqliteSettings, random: Random) -> Week:
    """
    Store a week of executions while another thread keeps the history within a budget.

    Args:
        path: The history.
        budget: The budget, bytes.
        settings: How the history is kept.
        random: The source of the payloads.

    Returns:
        The results.
    """
    week = Week()
    now = [_NOW - _WEEK]
    store = SqliteStore(path, settings, clock=lambda: now[0])
    ended = threading.Event()
    pruner = threading.Thread(target=_keep_budget, args=(store, budget, ended))
    pruner.start()
    try:
        steps = _LOADS * budget // (_STEP * 4_000)
        for _ in range(steps):
            now[0] += _WEEK / steps
            _store_step(store, week, now[0], random)
            week.largest_bytes = max(week.largest_bytes, _total_bytes(path))
    finally:
        ended.set()
        pruner.join()
        while store.prune(RetentionLimits(max_bytes=budget)).more:
            pass
        store._empty_log(1)
        week.final_bytes = _total_bytes(path)
        week.left = store.health().executions
        week.lost = [name for name in week.kept if store.get(name) is None]
        store.close()
    return week


def _store_step(store: SqliteStore, week: Week, now: datetime, random: Random) -> None:
    runs = []
    for number in range(week.stored, week.stored + _STEP):
        if number % 100 == 7:
            runs.append(
                make_run(number, now, random, status="error", error={"message": "declined"})
            )
        else:
            runs.append(make_run(number, now, random, starred=number % 500 == 0))
        if number % 100 == 7 or number % 500 == 0:
            week.kept.append(f"run-{number}")
    began_at = time.perf_counter()
    store.merge(runs)
    week.waits_ms.append((time.perf_counter() - began_at) * 1000)
    week.stored += _STEP


def _keep_budget(store: SqliteStore, budget: int, ended: threading.Event) -> None:
    # As `RetentionThread`, but without its pause of 5 seconds: the week is replayed fast.
    limits = RetentionLimits(max_bytes=budget)
    while not ended.is_set():
        began_at = time.monotonic()
        removed = store.prune(limits)
        took_s = time.monotonic() - began_at
        ended.wait(choose_pause_s(took_s) if removed.more else 0.02)


def _total_bytes(path: Path) -> int:
    return path.stat().st_size + _log_bytes(path)
