"""Scenarios in which system calls of a history fail, or its process or its power ends at them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Final

from support.disk.activities import ACTIVITIES
from support.disk.control import Fault
from support.disk.strikes import SYNCED, FaultyDisk, FaultySpool, Outcome
from support.faults.figures import Figures
from support.faults.torture import Torture

_KILLS_PER_REPETITION: Final = 5
_FAILURES: Final = (Fault.NO_SPACE, Fault.IO_ERROR, Fault.SHORT_WRITE, Fault.SYNC_ERROR)
_FOR_EVERY_CALL: Final = 100
"""From so many repetitions on, every system call fails once; otherwise some are chosen."""

_EACH_CALL: Final = 300
"""Each of so many first calls fails, then every `_STEP`-th call: reindexing repeats its calls."""
_STEP: Final = 7


def store_killed(torture: Torture) -> Figures:
    """
    Kill the process of a history at system calls of each activity.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("history's process killed at a system call")
    is_long = torture.repetitions >= _FOR_EVERY_CALL
    times = torture.repetitions * (_KILLS_PER_REPETITION if is_long else 2)
    _kill(torture, figures, times, loses_power=False)
    return figures


def store_loses_power(torture: Torture) -> Figures:
    """
    Lose the power at system calls of each activity: a part of the unsynced writes is missing.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("history's power lost at a system call")
    _kill(torture, figures, torture.repetitions, loses_power=True)
    return figures


def _kill(torture: Torture, figures: Figures, times: int, *, loses_power: bool) -> None:
    random = torture.random("calls")
    slowest_s = 0.0
    struck: Counter[str] = Counter()
    with FaultyDisk(torture.place / "disk", random, loses_power=loses_power) as disk:
        counts = {activity: disk.run(activity, Fault.KILL, 0).count for activity in ACTIVITIES}
        for number in range(times):
            activity = list(ACTIVITIES)[number % len(ACTIVITIES)]
            outcome = _strike(disk, activity, random, counts[activity])
            slowest_s = max(slowest_s, outcome.ready_s)
            struck[activity] += outcome.is_killed
            figures.kills += outcome.is_killed
            _add(figures, activity, outcome)
    figures.repetitions = struck.total()
    struck_texts = ", ".join(f"{name} {count:,}" for name, count in struck.items())
    figures.notes.append(f"struck during {struck_texts}; ready after at most {slowest_s:.3f} s")


def _strike(disk: FaultyDisk, activity: str, random: Random, count: int) -> Outcome:
    # A checkpoint's thread makes the number of calls vary a little.
    while True:
        outcome = disk.run(activity, Fault.KILL, random.randint(1, count))
        if outcome.is_killed or outcome.faults:
            return outcome


def store_calls_fail(torture: Torture) -> Figures:
    """
    Let the n-th system call of each activity fail in each way; then the disk works again.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("history's n-th system call failing")
    random = torture.random("calls")
    struck: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    with FaultyDisk(torture.place / "disk", random) as disk:
        for activity in ACTIVITIES:
            is_long = torture.repetitions >= _FOR_EVERY_CALL
            for fault in _FAILURES if is_long else random.sample(_FAILURES, 2):
                for outcome in _fail(torture, disk, activity, fault):
                    struck[fault.name.lower()] += bool(outcome.struck)
                    refusals.update(outcome.refusals)
                    _add(figures, f"{activity}, {fault.name}", outcome)
    figures.repetitions = struck.total()
    figures.notes.append(f"calls that failed: {dict(struck)}; errors: {dict(refusals)}")
    return figures


def spool_calls_fail(torture: Torture) -> Figures:
    """
    Let the n-th system call of a recorder's spool fail in each way; then the disk works again.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("spool's n-th system call failing")
    with FaultySpool(torture.place / "disk", torture.random("calls")) as disk:
        for activity, fault in (
            *(("spool", fault) for fault in _FAILURES[:3]),
            *((SYNCED, fault) for fault in _FAILURES),
        ):
            for outcome in _fail(torture, disk, activity, fault):
                figures.repetitions += bool(outcome.struck)
                figures.lost += outcome.lost_messages
                if outcome.struck and fault is Fault.SYNC_ERROR and not outcome.refusals:
                    outcome.faults.append("a failed sync was not reported")
                _add(figures, f"{activity}, {fault.name}", outcome)
    return figures


def _fail(torture: Torture, disk: FaultyDisk, activity: str, fault: Fault) -> Iterator[Outcome]:
    if torture.repetitions < _FOR_EVERY_CALL:
        clean = disk.run(activity, fault, 0)
        random = torture.random(f"{activity} {fault}")
        for _ in range(2 if activity in {"spool", SYNCED} else 1):
            yield disk.run(activity, fault, random.randint(1, clean.count))
        return
    number = 1
    while True:
        outcome = disk.run(activity, fault, number)
        yield outcome
        if not outcome.struck:
            return
        number += 1 if number < _EACH_CALL else _STEP


def _add(figures: Figures, what: str, outcome: Outcome) -> None:
    figures.expected += outcome.expected
    lost = [fault for fault in outcome.faults if "is lost" in fault]
    figures.lost += len(lost)
    figures.damaged += len(outcome.faults) - len(lost)
    for fault in outcome.faults:
        figures.complain(f"{what}: {fault}")
