"""`python -m support.faults` runs every scenario many times; the exit code is 1 on any fault."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from random import SystemRandom

import cyclopts
import pytest
from rich.console import Console
from rich.table import Table

from support.faults.campaign import SCENARIOS, VERDICT_S, torment
from support.faults.figures import Figures

console = Console(width=180, highlight=False)


def main(*scenarios: str, repetitions: int = 200, seed: int | None = None, at_once: int = 2) -> int:
    """
    Torture recording and print the results.

    Args:
        scenarios: The scenarios to run; all scenarios when empty.
        repetitions: The number of times that each fault strikes.
        seed: The seed of all random choices; printed, so that a run can be repeated.
        at_once: The number of concurrent scenarios.

    Returns:
        The exit code.
    """
    seed = SystemRandom().randrange(1 << 32) if seed is None else seed
    console.print(f"{repetitions} repetitions, seed {seed}")
    place = Path(tempfile.mkdtemp(prefix="flightlog-faults-"))
    started = time.monotonic()
    found: list[Figures] = []
    failed = False
    with ThreadPoolExecutor(at_once) as pool:
        running = {
            pool.submit(torment, name, place, repetitions, seed): name
            for name in scenarios or SCENARIOS
        }
        for future in as_completed(running):
            try:
                figures = future.result()
            except pytest.skip.Exception as skipped:
                console.print(f"[yellow]skipped[/] {running[future]}: {skipped}")
                continue
            except Exception:  # noqa: BLE001 - printed; other scenarios continue
                failed = True
                console.print(f"[red]failed[/] {running[future]}\n{traceback.format_exc()}")
                continue
            found.append(figures)
            console.print(
                f"[green]done[/] {figures.scenario}: {figures.kills:,} kills, "
                f"{figures.expected:,} records expected, {figures.lost:,} lost, "
                f"{figures.duplicated:,} duplicated.",
                *figures.notes,
                sep="\n     ",
            )
    console.print(table(found))
    console.print(f"In {time.monotonic() - started:,.0f} s.")
    late = any(max(figures.verdicts_s, default=0.0) > VERDICT_S for figures in found)
    if failed or late or not all(figures.is_good for figures in found):
        console.print(f"[bold red]Something is wrong.[/] The files are in {place}.")
        return 1
    shutil.rmtree(place)
    return 0


def table(found: Sequence[Figures]) -> Table:
    """
    Tabulate the results of scenarios and their sum, as docs/reference/faults.md explains them.

    Args:
        found: The figures of each scenario.

    Returns:
        The table.
    """
    made = Table(title="Faults", title_justify="left")
    made.add_column("", no_wrap=True)
    for heading in (
        "faults",
        "kills",
        "records",
        "lost",
        "twice",
        "gaps",
        "damaged",
        "exceptions",
        "false crashes",
        "stripped",
        "waited",
        "p99",
        "at first",
        "verdict",
    ):
        made.add_column(heading, justify="right")
    for figures in sorted(found, key=lambda figures: figures.scenario):
        made.add_row(figures.scenario, *_cells(figures))
    made.add_section()
    made.add_row("all", *_cells(_sum(found)))
    return made


def _cells(figures: Figures) -> list[str]:
    counts = (
        figures.repetitions,
        figures.kills,
        figures.expected,
        figures.lost + figures.disordered,
        figures.duplicated,
        figures.unaccounted,
        figures.damaged,
        figures.raised + figures.swallowed + figures.told_strangers,
        figures.falsely_crashed,
        figures.stripped,
    )
    waits = (figures.longest_wait_ms, figures.p99_wait_ms, figures.first_wait_ms)
    verdict = f"{max(figures.verdicts_s):.1f} s" if figures.verdicts_s else ""
    times = [f"{wait:,.1f} ms" if wait else "" for wait in waits]
    return [*(f"{count:,}" for count in counts), *times, verdict]


def _sum(found: Sequence[Figures]) -> Figures:
    total = Figures(scenario="all", seed=0)
    for figures in found:
        for name in Figures.__struct_fields__:
            value = getattr(figures, name)
            if name.endswith("_ms"):
                setattr(total, name, max(getattr(total, name), value))
            elif isinstance(value, int | list) and name != "seed":
                setattr(total, name, getattr(total, name) + value)
    return total


if __name__ == "__main__":
    sys.exit(cyclopts.run(main))
