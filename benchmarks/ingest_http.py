"""
Storage of runs through a real receiver, over 8 connections, beside the baseline in process.

A request carries one record, or NDJSON of 50 records. Afterwards the benchmark counts the rows and
compares one execution of each database with its record, because only kept records count.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import apsw
import cyclopts
import httpx
from rich.table import Table

from benchmarks import workload
from benchmarks.frame import Contestant, Target, console, present, race, rate_table, ratio
from benchmarks.ingest import BASELINE, seed_contestant
from benchmarks.load import CONNECTIONS, LoadResult, client_name, send
from benchmarks.seed_baseline import SeedLogger
from benchmarks.serving import Served, serving
from flightlog.secret_key import load_secret_key, write_access_header

_SINGLE = "receiver, one record a request"
_BATCHED = "receiver, NDJSON of 50"
_BATCH = 50


def measure(directory: Path, *, rounds: int = 6, size: int = 2000) -> list[Target]:
    """
    Send runs in both ways, and log them with the baseline, in turn.

    Args:
        directory: The directory for the databases.
        rounds: The number of rounds after a first round that isn't counted.
        size: The number of runs in a round; a multiple of 50.

    Returns:
        The targets with their measured values.
    """
    results: dict[str, list[LoadResult]] = {_SINGLE: [], _BATCHED: []}
    databases = {_SINGLE: directory / "single.db", _BATCHED: directory / "batched.db"}
    with ExitStack() as stack:
        baseline = stack.enter_context(SeedLogger(directory / "baseline.db"))
        single = stack.enter_context(serving(databases[_SINGLE]))
        batched = stack.enter_context(serving(databases[_BATCHED]))
        contestants: dict[str, Contestant] = {
            BASELINE: seed_contestant(baseline),
            _SINGLE: _sender(single, results[_SINGLE], batch=1),
            _BATCHED: _sender(batched, results[_BATCHED], batch=_BATCH),
        }
        rates = race(contestants, workload.rounds(rounds + 1, size), total=rounds + 1)
        for served in (single, batched):
            _check_read(served, workload.run(size // 2))
    for database in databases.values():
        check_counts(database, (rounds + 1) * size)
    console.print(
        rate_table(
            f"Ingest over HTTP, durable, {CONNECTIONS} connections, by {client_name()}",
            rates,
            {"× baseline": BASELINE},
        )
    )
    console.print(_latency_table(results))
    return [
        Target(
            name="over HTTP, one record a request, against the baseline in process",
            value=ratio(rates[_SINGLE], rates[BASELINE]),
            bound=1.2,
        ),
        Target(
            name="over HTTP, NDJSON of 50, against the baseline in process",
            value=ratio(rates[_BATCHED], rates[BASELINE]),
            bound=1.5,
        ),
    ]


def _sender(served: Served, results: list[LoadResult], *, batch: int) -> Contestant:
    def store(bodies: Sequence[bytes]) -> float:
        if batch == 1:
            result = send(bodies, served.port, "application/json")
        else:
            joined = workload.batches(bodies, batch)
            result = send(joined, served.port, "application/x-ndjson")
        results.append(result)
        return result.seconds

    return store


def _check_read(served: Served, body: bytes) -> None:
    sent = json.loads(body)
    target = f"/api/executions/{sent['id']}"
    access = write_access_header(load_secret_key(), served.port, "GET", target)
    answer = httpx.get(served.url + target, headers={"authorization": access})
    read = answer.raise_for_status().json()
    for ours, theirs in zip(read["nodeExecutions"], sent["nodeExecutions"], strict=True):
        if ours["input"] != theirs["input"] or ours["output"] != theirs["output"]:
            raise AssertionError(f"{sent['id']} came back otherwise than it was sent")


def check_counts(database: Path, expected: int) -> None:
    """
    Check the number of executions in a database.

    Args:
        database: The database's path.
        expected: The expected number of executions.

    Raises:
        AssertionError: The numbers of executions and node executions don't match `expected`.
    """
    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    counts = tuple(
        connection.execute(f"SELECT count(*) FROM {table}").get
        for table in ("executions", "node_executions")
    )
    connection.close()
    if counts != (expected, expected * workload.NODES):
        raise AssertionError(f"{expected} executions were acknowledged, stored are {counts}")


def _latency_table(results: dict[str, list[LoadResult]]) -> Table:
    table = Table(title="Time of a request, median of the rounds", title_justify="left")
    table.add_column("")
    table.add_column("p50", justify="right")
    table.add_column("p99", justify="right")
    for name, rounds in results.items():
        p50 = median(result.p50_ms for result in rounds[1:])
        p99 = median(result.p99_ms for result in rounds[1:])
        table.add_row(name, f"{p50:.1f} ms", f"{p99:.1f} ms")
    return table


def main(*, rounds: int = 6, size: int = 2000, directory: Path | None = None) -> None:
    """
    Measure storage over HTTP.

    Args:
        rounds: The number of turns of each contestant.
        size: The number of runs in a round; a multiple of 50.
        directory: The directory for temporary databases; the system's by default.
    """
    present(directory, lambda place: measure(place, rounds=rounds, size=size))


if __name__ == "__main__":
    cyclopts.run(main)
