"""What every scenario needs: where, how often, random choices, and lanes to run in at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from msgspec import Struct

from support.faults.figures import Figures
from support.faults.gateway import Gateway
from support.faults.processes import free_port
from support.faults.site import Site


class Torture(Struct, frozen=True, kw_only=True):
    """One run of a scenario."""

    place: Path
    """A directory of its own."""
    repetitions: int
    """How often the fault must strike."""
    seed: int
    """Of all random choices."""

    def figures(self, scenario: str) -> Figures:
        """Where to put what comes of it."""
        return Figures(scenario=scenario, seed=self.seed, repetitions=self.repetitions)

    def random(self, name: str = "") -> Random:
        """Choices that are the same for every run with this seed."""
        return Random(f"{self.seed} {self.place.name} {name}")

    def site(self, name: str = "site", **options: Any) -> Site:
        """A site with a directory of its own."""
        return Site(self.place / f"{self.place.name}-{name}", self.random(name), **options)

    def in_lanes(self, lanes: int, run: Callable[[int, Random], None]) -> None:
        """
        Run all repetitions, several at once.

        Args:
            lanes: How many at once.
            run: Runs one; told its lane's number, and given that lane's choices.
        """

        def lane(number: int) -> None:
            random = self.random(f"lane {number}")
            for _ in range(number, self.repetitions, lanes):
                run(number, random)

        with ThreadPoolExecutor(lanes) as pool:
            for future in [pool.submit(lane, number) for number in range(lanes)]:
                future.result()


@contextmanager
def gateway_to(site: Site) -> Iterator[Gateway]:
    """A gateway between the site's workflows and its receiver."""
    with Gateway(free_port(site.random), site.port, site.random) as gateway:
        yield gateway


def finish(site: Site, figures: Figures) -> None:
    """Let everything be delivered, end all processes, and compare."""
    site.settle()
    figures.add(site)
