"""All scenarios, and running one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from support.faults import files, killing, network
from support.faults.figures import Figures
from support.faults.torture import Torture

SCENARIOS: Final[dict[str, Callable[[Torture], Figures]]] = {
    scenario.__name__: scenario
    for scenario in (
        killing.workflow_killed,
        killing.receiver_killed,
        killing.both_killed,
        killing.stopped,
        network.receiver_faulty,
        network.impostor,
        files.spool_disk_full,
        files.history_disk_full,
        files.spool_unwritable,
        files.spool_deleted,
        files.clock_steps_back,
    )
}


def torment(name: str, place: Path, repetitions: int, seed: int) -> Figures:
    """
    Run one scenario.

    Args:
        name: Which.
        place: A directory for it; its files stay.
        repetitions: How often the fault must strike.
        seed: Of all random choices.
    """
    own = place / name
    own.mkdir(parents=True)
    return SCENARIOS[name](Torture(place=own, repetitions=repetitions, seed=seed))
