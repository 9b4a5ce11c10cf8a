"""
Bytes on disk after a checkpoint, compared with the received JSON and with the seed's schema.

One workload has runs that differ in everything. Another is a scheduled workflow with the same data
in every run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import apsw
import cyclopts
from rich.table import Table

from benchmarks import workload
from benchmarks.frame import Target, console, present
from benchmarks.ingest import rows_of
from benchmarks.seed_baseline import SeedLogger
from benchmarks.workload import Payloads
from flightlog.logger import ExecutionLogger
from flightlog.record.decoding import decode_lines

_CALL: Final = 50
_WORKLOADS: Final[dict[Payloads, str]] = {
    "unique": "every payload differs",
    "repeating": "scheduled, payloads repeat",
    "stamped trigger": "scheduled, a time in the trigger differs",
    "stamped": "scheduled, a time in every payload differs",
}
_BOUNDS: Final[dict[Payloads, float]] = {"unique": 0.35, "repeating": 0.12}


def measure(directory: Path, *, stored: int = 5_000) -> list[Target]:
    """
    Store runs of each workload with Flightlog and in the seed's schema, and measure the files.

    Args:
        directory: The directory for the databases.
        stored: The number of runs of each workload.

    Returns:
        The targets with their measured values.
    """
    table = Table(title=f"Disk, {stored:,} runs of 10 nodes", title_justify="left")
    table.add_column("")
    headings = ("JSON a run", "Flightlog a run", "of JSON", "seed a run", "of JSON")
    for heading in headings:
        table.add_column(heading, justify="right")
    targets, details = [], []
    for payloads, label in _WORKLOADS.items():
        name = payloads.replace(" ", "-")
        received = _store(directory, name, stored, payloads)
        ours, seed = _size(directory, f"{name}-ours"), _size(directory, f"{name}-seed")
        table.add_row(
            label,
            f"{received / stored:,.0f}",
            f"{ours / stored:,.0f}",
            f"{ours / received:.3f}",
            f"{seed / stored:,.0f}",
            f"{seed / received:.3f}",
        )
        details.append(_detail_table(directory / f"{name}-ours.db", label, stored, received))
        if payloads in _BOUNDS:
            targets.append(
                Target(
                    name=f"disk, {label}",
                    value=ours / received,
                    bound=_BOUNDS[payloads],
                    kind="at most",
                    unit="of the JSON",
                )
            )
    console.print(table, *details)
    return targets


def _store(directory: Path, name: str, count: int, payloads: Payloads) -> int:
    received = 0
    with (
        ExecutionLogger(directory / f"{name}-ours.db") as ours,
        SeedLogger(directory / f"{name}-seed.db") as seed,
    ):
        for first in range(0, count, _CALL):
            bodies = workload.runs(first, min(_CALL, count - first), payloads=payloads)
            received += sum(map(len, bodies))
            ours.log_executions(decode_lines(b"\n".join(bodies)))
            seed.insert_rows(*rows_of(bodies))
        if ours.get_stats().success != count:
            raise AssertionError(f"not all of {count} runs are stored")
    return received


def _size(directory: Path, name: str) -> int:
    # Closing a database checkpoints its log; any file that is left beside the database counts too.
    return sum(path.stat().st_size for path in directory.glob(f"{name}.db*"))


def _detail_table(database: Path, label: str, count: int, received: int) -> Table:
    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    rows: Any = connection.execute(
        "SELECT name, sum(pgsize), sum(unused) FROM dbstat GROUP BY name ORDER BY 2 DESC"
    ).fetchall()
    connection.close()
    sizes: list[tuple[str, int, int]] = rows
    table = Table(title=f"Where it is: {label}", title_justify="left")
    table.add_column("table or index")
    for heading in ("bytes a run", "of which unused", "of JSON"):
        table.add_column(heading, justify="right")
    for name, size, unused in sizes:
        if size >= count:
            table.add_row(
                name, f"{size / count:,.0f}", f"{unused / count:,.0f}", f"{size / received:.3f}"
            )
    return table


def main(*, stored: int = 5_000, directory: Path | None = None) -> None:
    """
    Measure the size on disk.

    Args:
        stored: The number of runs of each workload.
        directory: The directory for temporary databases; the system's by default.
    """
    present(directory, lambda place: measure(place, stored=stored))


if __name__ == "__main__":
    cyclopts.run(main)
