"""All scenarios, and running one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from support.faults import exceptions, files, killing, network, slow, taking
from support.faults.figures import Figures
from support.faults.torture import Torture

VERDICT_S: Final = 5.0
"""Within so long a crash must be shown, where the receiver shares the machine."""

SCENARIOS: Final[dict[str, Callable[[Torture], Figures]]] = {
    scenario.__name__: scenario
    for scenario in (
        # Those that take longest come first, so that none of them is left alone at the end.
        killing.receiver_killed,
        killing.both_killed,
        network.receiver_faulty,
        exceptions.exceptions_everywhere,
        killing.stopped,
        files.history_disk_full,
        taking.history_taken_away,
        files.spool_disk_full,
        killing.workflow_killed,
        killing.busy_workflow_killed,
        killing.workflow_killed_without_receiver,
        files.spool_unwritable,
        files.spool_deleted,
        network.impostor,
        files.clock_steps_back,
        slow.slow_clients,
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
