"""Lets the disk of a history fail during its activities, and checks the history afterwards."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import ClassVar, Final, Self

import pytest
from msgspec import Struct

from flightlog.errors import FlightlogError
from flightlog.record.decoding import decode_execution
from flightlog.spool.recovery import claim_orphan
from flightlog.store.query import ExecutionQuery
from flightlog.store.sqlite import SqliteStore
from flightlog.store.sqlite.backup import find_damage
from flightlog.store.sqlite.settings import SqliteSettings
from flightlog.store.sqlite.sources import open_in_place
from support.disk import activities
from support.disk.control import Control, Fault, compile_library, make_environment
from support.disk.journal import Before, lose_power
from support.programs import program_command, program_environment, read_line

SYNCED: Final = "synced spool"
"""The activity of a recorder whose spool is synced after each execution."""
_WATCHED: Final = "disk"
_UNSYNCED: Final = SqliteSettings(synchronous="normal")


class Outcome(Struct, kw_only=True):
    """The result of one run of an activity."""

    stored: list[str] = []
    """The records that were reported as stored."""
    deleted: list[str] = []
    """The records that were reported as deleted."""
    refusals: list[str] = []
    """The codes of the errors."""
    is_killed: bool = False
    """Whether the process was killed."""
    count: int = 0
    """The number of counted calls."""
    struck: int = 0
    """The number of calls that were struck."""
    faults: list[str] = []
    """The descriptions of everything that must not happen."""
    ready_s: float = 0.0
    """The time until the history was open and had answered a first call, seconds."""
    expected: int = 0
    """The number of records that the history must hold."""
    lost_messages: int = 0
    """The number of messages that a recorder counts as lost."""


class FaultyDisk:
    """
    A directory whose system calls fail, and a program that works on histories in it.

    Args:
        place: A directory for everything.
        random: Chooses what a loss of power keeps.
        loses_power: Whether to journal all changes for losses of power.
    """

    program: ClassVar[str] = "store_on_a_faulty_disk"
    """The program that works on the disk."""

    def __init__(self, place: Path, random: Random, *, loses_power: bool = False) -> None:
        place.mkdir(parents=True, exist_ok=True)
        library = compile_library(place)
        if library is None:
            pytest.skip("a faulty disk needs Linux and a C compiler")
        self._place = place
        self._random = random
        self._watched = place / _WATCHED
        self._watched.mkdir()
        self._control = Control(place / "control")
        self._journal = place / "journal" if loses_power else None
        environment = make_environment(library, self._watched, place / "control", self._journal)
        self._errors = (place / "errors").open("w+")
        self._program = subprocess.Popen(
            program_command(self.program, place / "control"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=program_environment(measured=False) | environment,
            text=True,
        )
        self._prepared: dict[str, Path] = {}
        self._numbers = itertools.count()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._program.kill()
        self._program.communicate()
        self._control.close()
        self._errors.close()

    def run(self, activity: str, fault: Fault, first: int, times: int = 1) -> Outcome:
        """
        Carry out an activity in a new process, and check the history afterwards.

        Args:
            activity: The activity's name.
            fault: The fault.
            first: The number of the first system call that fails; 0 for none.
            times: How many calls in a row fail.

        Returns:
            The outcome.
        """
        prepared = self._prepare(activity)
        place = self._watched / f"run-{next(self._numbers)}"
        shutil.copytree(prepared, place)
        before = Before(prepared, {str(path): path.stat().st_ino for path in place.iterdir()})
        if self._journal is not None:
            self._journal.write_bytes(b"")
        self._control.choose(fault, first, times)
        outcome = self._work(activity, place)
        outcome.count, outcome.struck = self._control.count, self._control.struck
        with self._after(place, before, outcome) as files:
            self._check(files, activity, outcome)
        shutil.rmtree(place)
        return outcome

    def _prepare(self, activity: str) -> Path:
        if activity not in self._prepared:
            place = self._place / f"prepared-{activity}"
            place.mkdir()
            self._make_files(activity, place)
            self._prepared[activity] = place
        return self._prepared[activity]

    def _work(self, activity: str, place: Path) -> Outcome:
        outcome = Outcome()
        assert self._program.stdin is not None
        self._program.stdin.write(f"{activity}\t{place}\n")
        self._program.stdin.flush()
        while True:
            word, _, rest = read_line(self._program).partition(" ")
            if word == "stored":
                outcome.stored.append(rest)
            elif word == "deleted":
                outcome.deleted.append(rest)
            elif word == "refused":
                outcome.refusals.append(rest)
            elif word == "lost":
                outcome.lost_messages = int(rest)
            elif word == "killed":
                outcome.is_killed = True
                return outcome
            elif word == "stuck":
                outcome.faults.append(f"nothing is stored after the fault: {outcome.refusals}")
            else:
                if (word, rest) != ("ended", "0"):
                    outcome.faults.append(f"{word} {rest}: {self._read_errors()}")
                return outcome

    def _read_errors(self) -> str:
        self._errors.seek(0)
        return self._errors.read()[-2_000:]

    @contextmanager
    def _after(self, place: Path, before: Before, outcome: Outcome) -> Iterator[Path]:
        if self._journal is None or not outcome.is_killed:
            yield place
            return
        with tempfile.TemporaryDirectory(dir=self._place) as name:
            target = Path(name)
            lose_power(place, before, self._journal, self._random, target)
            yield target

    def _make_files(self, activity: str, place: Path) -> None:
        activities.prepare(activity, place)

    def _check(self, place: Path, activity: str, outcome: Outcome) -> None:
        _check(place, activity, outcome)


class FaultySpool(FaultyDisk):
    """A directory for spools whose system calls fail, and a program that records into them."""

    program = "recorder_on_a_faulty_disk"

    def _make_files(self, activity: str, place: Path) -> None:
        pass

    def _check(self, place: Path, activity: str, outcome: Outcome) -> None:
        outcome.expected = len(outcome.stored)
        found: set[str] = set()
        for owner in place.glob("**/owner.json"):
            orphan = claim_orphan(owner.parent)
            if orphan is None:
                outcome.faults.append(f"{activity}: the spool {owner.parent} can't be claimed")
                continue
            with orphan:
                lines = [line for batch in orphan.batches(2**20) for line in batch.lines]
            found |= {run.id for run in map(decode_execution, lines) if run.status == "success"}
        missing = [name for name in outcome.stored if name not in found]
        if len(missing) > outcome.lost_messages or not set(outcome.stored[-2:]) <= found:
            outcome.faults.append(f"{missing} are lost, {outcome.lost_messages} counted")


def _check(place: Path, activity: str, outcome: Outcome) -> None:
    kept = [name for name in activities.prepared_names() if "failed" in name]
    names = [*kept, *outcome.stored]
    outcome.expected = len(names)
    try:
        began_at = time.perf_counter()
        store = SqliteStore(place / activities.HISTORY, _UNSYNCED)
        try:
            store.get(names[-1])
            outcome.ready_s = time.perf_counter() - began_at
            _check_history(store, names, outcome)
            back = [name for name in outcome.deleted if store.get(name) is not None]
            if back:
                outcome.faults.append(f"{back} are back after their deletion")
        finally:
            store.close()
        outcome.faults += _find_damage(place / activities.HISTORY)
        for copy in activities.find_databases(place):
            # Opening the copy first applies the journal of an interrupted change.
            _check_copy(copy, kept, outcome)
            outcome.faults += _find_damage(copy)
    except FlightlogError as error:
        outcome.faults.append(f"after {activity}: {error}")


def _check_history(store: SqliteStore, names: Sequence[str], outcome: Outcome) -> None:
    for name in names:
        if store.get(name) != activities.make_record(name):
            outcome.faults.append(f"{name} is lost or changed")
    if store.merge([activities.make_record("failed-at-last")]).created != 1:
        outcome.faults.append("a new record was not stored")
    while store.index_portion().more:
        pass
    left = store.health().not_indexed
    if left:
        outcome.faults.append(f"{left} executions are never indexed")
    listed = {each.id for each in store.find(ExecutionQuery(limit=500)).executions}
    if not set(names) <= listed:
        outcome.faults.append("the list lacks executions")


def _check_copy(copy: Path, kept: Sequence[str], outcome: Outcome) -> None:
    store = SqliteStore(copy, _UNSYNCED)
    outcome.faults += [f"{copy.name} lacks {name}" for name in kept if store.get(name) is None]
    store.close()


def _find_damage(path: Path) -> list[str]:
    with open_in_place(path, SqliteSettings()) as connection:
        damage = find_damage(connection)
    return [] if damage is None else [f"{path.name} is damaged: {damage}"]
