"""The common parts of scenarios: directory, repetitions, random choices, and parallel lanes."""

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
    """A run of a scenario."""

    place: Path
    """A directory for the scenario."""
    repetitions: int
    """The number of times that the fault must strike."""
    seed: int
    """The seed of all random choices."""

    def figures(self, scenario: str) -> Figures:
        """
        Make the figures for the results.

        Args:
            scenario: The scenario's name.

        Returns:
            The empty figures.
        """
        return Figures(scenario=scenario, seed=self.seed, repetitions=self.repetitions)

    def random(self, name: str = "") -> Random:
        """
        Make a source of random choices that depends only on the seed and the purpose.

        Args:
            name: The purpose of the choices.

        Returns:
            The source of random choices.
        """
        return Random(f"{self.seed} {self.place.name} {name}")

    def site(self, name: str = "site", **options: Any) -> Site:
        """
        Make a site with its own directory.

        Args:
            name: The name of the site's directory.
            options: Further arguments of `Site`.

        Returns:
            The site.
        """
        return Site(self.place / f"{self.place.name}-{name}", self.random(name), **options)

    def in_lanes(self, lanes: int, run: Callable[[int, Random], None]) -> None:
        """
        Run all repetitions in parallel lanes.

        Args:
            lanes: The number of lanes.
            run: Runs a repetition, with its lane's number and its lane's random choices.
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
    """
    Run a gateway between the site's workflows and its receiver.

    Args:
        site: The site of the receiver.

    Yields:
        The gateway.
    """
    with Gateway(free_port(site.random), site.port, site.random) as gateway:
        yield gateway


def finish(site: Site, figures: Figures) -> None:
    """
    Deliver all messages, end all processes, and compare.

    Args:
        site: The site.
        figures: Receives the results.
    """
    site.settle()
    figures.add(site)
