"""
What every benchmark needs: fair rounds, tables, targets, and a word on the machine.

On a shared machine rates drift by tens of per cent within minutes, so contestants take turns round
by round on the same records, in a new order each time. The first round warms up (it pays for
imports and for training a dictionary) and isn't counted.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import harmonic_mean, median
from typing import Literal, TypeAlias

from msgspec import Struct
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.machine import machine_table

Contestant: TypeAlias = Callable[[Sequence[bytes]], float]
"""Stores the records it is given and answers the seconds that counted."""

console = Console(width=110, highlight=False)


class Target(Struct, frozen=True, kw_only=True):
    """One number that was promised, and what it came to."""

    name: str
    """What was measured."""
    value: float
    """What it came to."""
    bound: float
    """What was promised."""
    kind: Literal["at least", "at most"] = "at least"
    """Which side of the bound is good."""
    unit: str = "×"
    """Of both numbers."""

    @property
    def met(self) -> bool:
        """Whether the promise holds."""
        return self.value >= self.bound if self.kind == "at least" else self.value <= self.bound


def present(directory: Path | None, measure: Callable[[Path], list[Target]]) -> list[Target]:
    """
    Run one benchmark between the machine's table and the targets'.

    Args:
        directory: Where its databases are made for the time being; the system's by default.
        measure: Given a directory of its own, prints its tables and answers its targets.
    """
    with scratch(directory) as place:
        console.print(machine_table(place))
        targets = measure(place)
    console.print(target_table(targets))
    return targets


@contextmanager
def scratch(directory: Path | None) -> Iterator[Path]:
    """Make a directory for a benchmark's databases and remove it afterwards."""
    with tempfile.TemporaryDirectory(prefix="flightlog-bench-", dir=directory) as made:
        yield Path(made)


def race(
    contestants: Mapping[str, Contestant], rounds: Iterable[Sequence[bytes]], *, total: int
) -> dict[str, list[float]]:
    """
    Let contestants store the same records, taking turns.

    Args:
        contestants: By name.
        rounds: The records of each round; the first round is not counted.
        total: How many rounds there are, for the progress bar.

    Returns:
        Each one's records a second, round by round.
    """
    names = list(contestants)
    rates: dict[str, list[float]] = {name: [] for name in names}
    for number, bodies in enumerate(track(rounds, "rounds", total=total, console=console)):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            # What one contestant left to be written must not be written in another's time.
            os.sync()
            seconds = contestants[name](bodies)
            if number > 0:
                rates[name].append(len(bodies) / seconds)
    return rates


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """
    Compare two contestants' rates, to our disadvantage.

    Returns:
        The smaller of the median of the rounds' ratios, which a disturbance of one round doesn't
        touch, and the ratio over all rounds, which hides no round that had more to do than others.
    """
    by_round = median(mine / other for mine, other in zip(ours, theirs, strict=True))
    return min(by_round, harmonic_mean(ours) / harmonic_mean(theirs))


def rate_table(
    title: str, rates: Mapping[str, Sequence[float]], against: Mapping[str, str]
) -> Table:
    """
    Tabulate a race.

    Args:
        title: Of the table.
        rates: As `race` answers them.
        against: Column headings and the contestants that they compare with.
    """
    table = Table(title=title, title_justify="left")
    table.add_column("")
    table.add_column("runs/s", justify="right")
    table.add_column("range", justify="right")
    for heading in against:
        table.add_column(heading, justify="right")
    for name, values in rates.items():
        table.add_row(
            name,
            f"{harmonic_mean(values):,.0f}",
            f"{min(values):,.0f}-{max(values):,.0f}",
            *(f"{ratio(values, rates[other]):.2f}" for other in against.values()),
        )
    return table


def target_table(targets: Iterable[Target]) -> Table:
    """Tabulate what was promised and what came of it."""
    table = Table(title="Targets", title_justify="left")
    table.add_column("")
    table.add_column("measured", justify="right")
    table.add_column("promised", justify="right")
    table.add_column("")
    for target in targets:
        table.add_row(
            target.name,
            f"{target.value:.3g} {target.unit}",
            f"{target.kind} {target.bound:g} {target.unit}",
            "[green]met[/]" if target.met else "[bold red]missed[/]",
        )
    return table
