"""Storage of runs in process into a database of 1,000,000 node executions and an empty database."""

from __future__ import annotations

import time
from pathlib import Path

import cyclopts
from rich.progress import track
from rich.table import Table

from benchmarks import workload
from benchmarks.frame import Target, console, present, race, rate_table, ratio
from benchmarks.ingest import logger_contestant
from flightlog.logger import ExecutionLogger
from flightlog.record.decoding import decode_lines

_FULL = "database with {:,} node executions"
_EMPTY = "database that was empty"
_CALL = 200
_STEP = 5_000


def measure(
    directory: Path, *, stored: int = 100_000, rounds: int = 8, size: int = 1000
) -> list[Target]:
    """
    Fill one database, then store the same runs in the full and in an empty database, in turn.

    Args:
        directory: The directory for the databases.
        stored: The number of runs in the full database; a multiple of 5,000.
        rounds: The number of rounds after a first round that isn't counted.
        size: The number of runs in a round.

    Returns:
        The targets with their measured values.
    """
    full_name = _FULL.format(stored * workload.NODES)
    with (
        ExecutionLogger(directory / "full.db") as full,
        ExecutionLogger(directory / "empty.db") as empty,
    ):
        console.print(_filling_table(_fill(full, stored)))
        console.print(f"{full.reader.health().size_bytes / 2**20:,.0f} MiB on disk\n")
        rates = race(
            {full_name: logger_contestant(full, _CALL), _EMPTY: logger_contestant(empty, _CALL)},
            workload.rounds(rounds + 1, size, first=stored),
            total=rounds + 1,
        )
        more = (rounds + 1) * size
        for logger, expected in ((full, stored + more), (empty, more)):
            if logger.get_stats().success != expected:
                raise AssertionError(f"not all of {expected} runs are stored in {logger.path}")
    console.print(
        rate_table("Ingest into a large database", rates, {"× empty": _EMPTY}),
    )
    return [
        Target(
            name=f"ingest at {stored * workload.NODES:,} node executions, against empty",
            value=ratio(rates[full_name], rates[_EMPTY]),
            bound=0.8,
        )
    ]


def _fill(logger: ExecutionLogger, count: int) -> list[float]:
    rates = []
    steps = workload.ahead(count, _STEP)
    for bodies in track(steps, "filling", total=count // _STEP, console=console):
        started = time.perf_counter()
        for batch in workload.batches(bodies, _CALL):
            logger.log_executions(decode_lines(batch))
        rates.append(len(bodies) / (time.perf_counter() - started))
    return rates


def _filling_table(rates: list[float]) -> Table:
    table = Table(
        title="While it fills (the next runs are made on the other core meanwhile)",
        title_justify="left",
    )
    table.add_column("runs stored", justify="right")
    table.add_column("runs/s", justify="right")
    for number, rate in enumerate(rates, start=1):
        if number % 4 == 0 or number == 1:
            table.add_row(f"{number * _STEP:,}", f"{rate:,.0f}")
    return table


def main(
    *, stored: int = 100_000, rounds: int = 8, size: int = 1000, directory: Path | None = None
) -> None:
    """
    Measure storage into a large database.

    Args:
        stored: The number of runs of 10 nodes in the large database; a multiple of 5,000.
        rounds: The number of turns of each contestant.
        size: The number of runs in a round.
        directory: The directory for temporary databases; the system's by default.
    """
    present(directory, lambda place: measure(place, stored=stored, rounds=rounds, size=size))


if __name__ == "__main__":
    cyclopts.run(main)
