"""Lists all scenarios, and runs a scenario."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from support.faults import (
    bounds,
    database,
    exceptions,
    files,
    killing,
    network,
    slow,
    storage,
    taking,
)
from support.faults.figures import Figures
from support.faults.torture import Torture

VERDICT_S: Final = 5.0
"""The time limit for showing a crash, in seconds, when the receiver shares the machine."""

SCENARIOS: Final[dict[str, Callable[[Torture], Figures]]] = {
    scenario.__name__: scenario
    for scenario in (
        # The longest scenarios come first, so that no long scenario runs alone at the end.
        killing.receiver_killed,
        killing.both_killed,
        database.postgres_struck,
        network.receiver_faulty,
        exceptions.exceptions_everywhere,
        killing.stopped,
        files.history_disk_full,
        taking.history_taken_away,
        files.spool_disk_full,
        storage.store_calls_fail,
        storage.store_killed,
        storage.store_loses_power,
        storage.spool_calls_fail,
        killing.workflow_killed,
        killing.busy_workflow_killed,
        killing.workflow_killed_without_receiver,
        files.spool_unwritable,
        files.spool_deleted,
        network.impostor,
        files.clock_steps_back,
        slow.slow_clients,
        bounds.log_kept,
        bounds.budget_kept,
    )
}

LONG_ONLY: Final = frozenset({"slow_clients", "log_kept", "budget_kept", "postgres_struck"})
"""The scenarios that the suite covers with tests of their own, because they take long."""


def torment(name: str, place: Path, repetitions: int, seed: int) -> Figures:
    """
    Run a scenario.

    Args:
        name: The scenario's name.
        place: A directory for the scenario, whose files stay.
        repetitions: The number of times that the fault must strike.
        seed: The seed of all random choices.

    Returns:
        The scenario's figures.
    """
    own = place / name
    own.mkdir(parents=True)
    return SCENARIOS[name](Torture(place=own, repetitions=repetitions, seed=seed))
