"""
Durable storage of runs in process, including decoding, beside the baseline and the limit.

The limit is the fastest use of the seed's schema: prepared rows, `executemany`, one transaction.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import cyclopts
import msgspec

from benchmarks import workload
from benchmarks.frame import Contestant, Target, console, present, race, rate_table, ratio
from benchmarks.seed_baseline import Row, SeedLogger, execution_row, node_row
from flightlog.logger import ExecutionLogger
from flightlog.record.decoding import decode_execution, decode_lines

BASELINE = "baseline: the seed's logger"
_NORMAL = "  the same, synchronous=NORMAL"
_LIMIT = "limit: ready-made rows"
_OURS = "Flightlog, 200 records a call"
_OURS_ALL = "Flightlog, 1,000 records a call"
_OURS_50 = "Flightlog, 50 records a call"
_OURS_1 = "Flightlog, 1 record a call"


def measure(directory: Path, *, rounds: int = 6, size: int = 1000) -> list[Target]:
    """
    Store runs with every contestant, in turn.

    Args:
        directory: The directory for the databases.
        rounds: The number of rounds after a first round that isn't counted.
        size: The number of runs in a round.

    Returns:
        The targets with their measured values.
    """
    with ExitStack() as stack:
        baseline = stack.enter_context(SeedLogger(directory / "baseline.db"))
        normal = stack.enter_context(SeedLogger(directory / "normal.db", synchronous="normal"))
        limit = stack.enter_context(SeedLogger(directory / "limit.db"))
        ours = {
            count: stack.enter_context(ExecutionLogger(directory / f"ours-{count}.db"))
            for count in (1000, 200, 50, 1)
        }
        contestants = {
            BASELINE: seed_contestant(baseline),
            _NORMAL: seed_contestant(normal),
            _LIMIT: _limit_contestant(limit),
            _OURS_ALL: logger_contestant(ours[1000], 1000),
            _OURS: logger_contestant(ours[200], 200),
            _OURS_50: logger_contestant(ours[50], 50),
            _OURS_1: _single_contestant(ours[1]),
        }
        rates = race(contestants, workload.rounds(rounds + 1, size), total=rounds + 1)
        expected = (rounds + 1) * size
        for count, logger in ours.items():
            stored = logger.get_stats().success
            if stored != expected:
                raise AssertionError(f"{stored} of {expected} runs stored, {count} records a call")
    console.print(
        rate_table(
            "Ingest in process, durable",
            rates,
            {"× baseline": BASELINE, "× limit": _LIMIT},
        )
    )
    return [
        Target(
            name="ingest in process, against the baseline",
            value=ratio(rates[_OURS], rates[BASELINE]),
            bound=1.5,
        ),
        Target(
            name="ingest in process, against the limit",
            value=ratio(rates[_OURS], rates[_LIMIT]),
            bound=0.8,
        ),
    ]


def seed_contestant(logger: SeedLogger) -> Contestant:
    """
    Make the baseline, which handles each body as the seed's receiver does.

    Args:
        logger: The seed's logger, which stores the records.

    Returns:
        The contestant.
    """

    def store(bodies: Sequence[bytes]) -> float:
        started = time.perf_counter()
        for body in bodies:
            logger.log_execution(json.loads(body))
        return time.perf_counter() - started

    return store


def logger_contestant(logger: ExecutionLogger, count: int) -> Contestant:
    """
    Make a contestant that logs `count` records with each call, from NDJSON.

    Args:
        logger: Flightlog's logger, which stores the records.
        count: The number of records in a call.

    Returns:
        The contestant.
    """

    def store(bodies: Sequence[bytes]) -> float:
        batches = workload.batches(bodies, count)
        started = time.perf_counter()
        for batch in batches:
            logger.log_executions(decode_lines(batch))
        return time.perf_counter() - started

    return store


def _single_contestant(logger: ExecutionLogger) -> Contestant:
    def store(bodies: Sequence[bytes]) -> float:
        started = time.perf_counter()
        for body in bodies:
            logger.log_execution(decode_execution(body))
        return time.perf_counter() - started

    return store


def _limit_contestant(logger: SeedLogger) -> Contestant:
    def store(bodies: Sequence[bytes]) -> float:
        executions, nodes = rows_of(bodies)
        started = time.perf_counter()
        logger.insert_rows(executions, nodes)
        return time.perf_counter() - started

    return store


def rows_of(bodies: Sequence[bytes]) -> tuple[list[Row], list[Row]]:
    """
    Make the seed's rows of these records: executions, and node executions.

    Args:
        bodies: The JSON of records.

    Returns:
        The rows of executions, and the rows of node executions.
    """
    # msgspec makes the same text faster; this preparation isn't timed.
    records = [msgspec.json.decode(body) for body in bodies]
    executions = [execution_row(record, _text) for record in records]
    nodes = [
        node_row(record, node, _text) for record in records for node in record["nodeExecutions"]
    ]
    return executions, nodes


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def main(*, rounds: int = 6, size: int = 1000, directory: Path | None = None) -> None:
    """
    Measure storage in process.

    Args:
        rounds: The number of turns of each contestant.
        size: The number of runs in a round.
        directory: The directory for temporary databases; the system's by default.
    """
    present(directory, lambda place: measure(place, rounds=rounds, size=size))


if __name__ == "__main__":
    cyclopts.run(main)
