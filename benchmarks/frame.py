"""
The common parts of benchmarks: fair rounds, tables, targets, and the machine's description.

On a shared machine, rates drift by tens of percent within minutes. Contestants therefore take turns
on the same records in each round, in a new order each time. The first round isn't counted, because
it pays for imports and for the training of a dictionary.
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
"""Stores the given records and returns the seconds that count."""

console = Console(width=110, highlight=False)


class Target(Struct, frozen=True, kw_only=True):
    """A promised number and its measured value."""

    name: str
    """The name of the measured quantity."""
    value: float
    """The measured value."""
    bound: float
    """The promised bound."""
    kind: Literal["at least", "at most"] = "at least"
    """The good side of the bound."""
    unit: str = "×"
    """The unit of value and bound."""

    @property
    def met(self) -> bool:
        """Whether the value meets the bound."""
        return self.value >= self.bound if self.kind == "at least" else self.value <= self.bound


def present(directory: Path | None, measure: Callable[[Path], list[Target]]) -> list[Target]:
    """
    Run a benchmark, with the machine's table before it and the table of targets after it.

    Args:
        directory: The directory for temporary databases; the system's by default.
        measure: Takes a temporary directory, prints its tables and returns its targets.

    Returns:
        The targets that `measure` returns.
    """
    with scratch(directory) as place:
        console.print(machine_table(place))
        targets = measure(place)
    console.print(target_table(targets))
    return targets


@contextmanager
def scratch(directory: Path | None) -> Iterator[Path]:
    """
    Make a directory for a benchmark's databases, and remove it afterwards.

    Args:
        directory: The parent directory; the system's temporary directory by default.

    Yields:
        The new directory.
    """
    with tempfile.TemporaryDirectory(prefix="flightlog-bench-", dir=directory) as made:
        yield Path(made)


def race(
    contestants: Mapping[str, Contestant], rounds: Iterable[Sequence[bytes]], *, total: int
) -> dict[str, list[float]]:
    """
    Let contestants store the same records in turn.

    Args:
        contestants: The contestants by name.
        rounds: The records of each round; the first round is not counted.
        total: The number of rounds, for the progress bar.

    Returns:
        The rate of each contestant in records per second, round by round.
    """
    names = list(contestants)
    rates: dict[str, list[float]] = {name: [] for name in names}
    for number, bodies in enumerate(track(rounds, "rounds", total=total, console=console)):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            # Pending writes of a contestant must not be written in the time of the next contestant.
            os.sync()
            seconds = contestants[name](bodies)
            if number > 0:
                rates[name].append(len(bodies) / seconds)
    return rates


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """
    Compare two contestants' rates, to Flightlog's disadvantage.

    Args:
        ours: Flightlog's rates, round by round.
        theirs: The other contestant's rates, round by round.

    Returns:
        The smaller of two ratios. The median of the rounds' ratios ignores a disturbance of a
            single
        round. The ratio over all rounds includes rounds with more work than others.
    """
    by_round = median(mine / other for mine, other in zip(ours, theirs, strict=True))
    return min(by_round, harmonic_mean(ours) / harmonic_mean(theirs))


def rate_table(
    title: str, rates: Mapping[str, Sequence[float]], against: Mapping[str, str]
) -> Table:
    """
    Tabulate a race.

    Args:
        title: The title of the table.
        rates: The rates that `race` returns.
        against: Column headings, and the contestants for the comparison in each column.

    Returns:
        The table.
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
    """
    Tabulate the targets and their measured values.

    Args:
        targets: The targets with their measured values.

    Returns:
        The table.
    """
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
