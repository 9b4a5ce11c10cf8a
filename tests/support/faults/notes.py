"""The workflows' notes: events that happened, and so must be in the history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple


class Place(NamedTuple):
    """The place of a node execution in the history."""

    execution_id: str
    """The id of the execution."""
    sequence: int
    """The node execution's sequence."""


class Progress:
    """The notes of one or more processes."""

    def __init__(self) -> None:
        self.began: set[str] = set()
        """Executions that have begun."""
        self.done: set[str] = set()
        """Executions that have ended."""
        self.begun: dict[str, Place] = {}
        """Node executions that have begun, by marker."""
        self.ended: dict[str, str] = {}
        """The status of node executions that have ended, by marker."""
        self.waits_us: list[int] = []
        """The durations of the calls to the recorder, in microseconds, without first calls."""
        self.first_waits_us: list[int] = []
        """The durations of each process's first call, which loads modules, in microseconds."""
        self.raised: list[str] = []
        """Exceptions that reached the workflow or that no code caught."""
        self.steps = 0
        """The number of times that the clock was set back."""
        self.lost = 0
        """The number of messages that the recorders report as lost."""
        self.stripped = 0
        """The number of messages that the recorders kept without payloads."""
        self.swallowed = 0
        """The number of internal errors that the recorders suppressed."""

    @property
    def running(self) -> set[str]:
        """Executions that have begun and not ended."""
        return self.began - self.done

    def read(self, path: Path) -> None:
        """
        Add the notes in a file, and skip an incomplete last line.

        Args:
            path: The file of notes.
        """
        try:
            whole = path.read_bytes().rpartition(b"\n")[0]
        except FileNotFoundError:
            return
        before = len(self.waits_us)
        for line in whole.splitlines():
            self._add(*json.loads(line))
        self.first_waits_us += self.waits_us[before : before + 1]
        del self.waits_us[before : before + 1]

    def _add(self, kind: str, *words: Any) -> None:
        match kind, words:
            case "began", [execution_id, waited_us]:
                self.began.add(execution_id)
                self.waits_us.append(waited_us)
            case "done", [execution_id, waited_us]:
                self.done.add(execution_id)
                self.waits_us.append(waited_us)
            case "begun", [execution_id, sequence, marker]:
                self.begun[marker] = Place(execution_id, sequence)
            case "ended", [_, _, marker, status, waited_us]:
                self.ended[marker] = status
                self.waits_us.append(waited_us)
            case "raised", [text]:
                self.raised.append(text)
            case "stepped", []:
                self.steps += 1
            case "status", [lost, stripped, swallowed]:
                self.lost += lost
                self.stripped += stripped
                self.swallowed += swallowed
            case _:
                raise ValueError(f"the note {kind!r} {words!r} means nothing")


def read_progress(path: Path) -> Progress:
    """
    Read the notes of a process.

    Args:
        path: The file of notes.

    Returns:
        The notes.
    """
    progress = Progress()
    progress.read(path)
    return progress
