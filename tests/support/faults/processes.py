"""Workflows as processes, and waiting for what they do."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

import msgspec

from support.faults.notes import Told, told_in
from support.faults.workflow import Orders

DEADLINE_S: Final = 60.0
_LOOK_S: Final = 0.01

_given_ports: Final[set[int]] = set()
_given_lock: Final = threading.Lock()


def wait_until(is_so: Callable[[], bool], what: str, look_s: float = _LOOK_S) -> None:
    """
    Ask again and again until it is so.

    Args:
        is_so: Asked.
        what: For the error.
        look_s: How long to pause in between.

    Raises:
        AssertionError: It is not, by a deadline that nothing healthy comes near.
    """
    pause = threading.Event()
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"within {DEADLINE_S:g} s this did not happen: {what}")
        pause.wait(look_s)


def free_port(random: Random) -> int:
    """
    Choose a port where nobody listens, and that no other scenario of this process was given.

    Not one that the system gives to outgoing connections: while the receiver is away, one of those
    could take it, or a client that connects again and again could meet itself there.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        with _given_lock:
            if port in _given_ports:
                continue
            _given_ports.add(port)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class WorkflowProcess:
    """A tortured workflow."""

    def __init__(self, orders: Orders, environment: dict[str, str]) -> None:
        self.notes = Path(orders.notes)
        """The file of its notes."""
        self.killed_at: float | None = None
        """When it was killed, on the monotonic clock."""
        self.said = self.notes.with_suffix(".stderr")
        """What it wrote to its standard error."""
        self._looked_at_bytes = self._counted_lines = 0
        with self.said.open("wb") as stderr:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "support.faults.workflow",
                    msgspec.json.encode(orders).decode(),
                ],
                env=environment,
                stdin=subprocess.PIPE,
                stderr=stderr,
            )

    @property
    def told(self) -> Told:
        """What it noted so far."""
        return told_in(self.notes)

    def go_on(self, lines: int) -> None:
        """Wait until it has noted so many lines more."""
        target = self._lines() + lines
        wait_until(lambda: self._lines() >= target or not self.is_alive, f"{lines} lines more")
        if not self.is_alive:
            raise AssertionError(f"the workflow ended by itself: {self.said.read_text()}")

    def _lines(self) -> int:
        if self.notes.exists():
            with self.notes.open("rb") as file:
                file.seek(self._looked_at_bytes)
                new = file.read()
            self._looked_at_bytes += len(new)
            self._counted_lines += new.count(b"\n")
        return self._counted_lines

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """Kill it, whatever it is doing."""
        self.killed_at = time.monotonic()
        self._process.kill()
        self._process.communicate()

    def ask_to_end(self) -> None:
        """Have it end after the execution that it is in."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()

    def end(self) -> None:
        """Have it end, and wait for that."""
        self.ask_to_end()
        if self.killed_at is None and self._process.wait(DEADLINE_S) != 0:
            raise AssertionError(f"the workflow ended badly: {self.said.read_text()}")
