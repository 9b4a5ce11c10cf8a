"""What the workflows noted: what had happened in them, and so must be in the history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple


class Place(NamedTuple):
    """Where in the history a node execution must be."""

    execution_id: str
    """The execution."""
    sequence: int
    """Its place there."""


class Told:
    """The notes of one process, or of several."""

    def __init__(self) -> None:
        self.began: set[str] = set()
        """Executions that had begun."""
        self.done: set[str] = set()
        """Executions that had ended."""
        self.begun: dict[str, Place] = {}
        """Node executions that had begun, by their markers."""
        self.ended: dict[str, str] = {}
        """The status of node executions that had ended, by their markers."""
        self.waits_us: list[int] = []
        """How long each of the workflow's calls to the recorder took, but for the first."""
        self.first_waits_us: list[int] = []
        """How long the first one of each process took, which loads what is needed."""
        self.raised: list[str] = []
        """Exceptions that reached the workflow, or that nobody caught."""
        self.steps = 0
        """How often the clock stepped back."""
        self.lost = 0
        """Messages that the recorders say they lost."""
        self.stripped = 0
        """Messages that they say they kept without payloads."""
        self.swallowed = 0
        """Faults of their own that they say they kept to themselves."""

    @property
    def running(self) -> set[str]:
        """Executions that had begun and not ended."""
        return self.began - self.done

    def read(self, path: Path) -> None:
        """Add the notes in a file; a line that is not whole was never written."""
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


def told_in(path: Path) -> Told:
    """Read the notes of one process."""
    told = Told()
    told.read(path)
    return told
