"""Workflows as processes, and waits for their progress."""

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

from support.faults.notes import Progress, read_progress
from support.faults.workflow import Orders

DEADLINE_S: Final = 180.0
_LOOK_S: Final = 0.01
_LOOK_LEFT_S: Final = 0.1

_given_ports: Final[set[int]] = set()
_given_lock: Final = threading.Lock()


def wait_until(is_so: Callable[[], bool], what: str, look_s: float = _LOOK_S) -> None:
    """
    Poll until a condition holds.

    Args:
        is_so: The condition.
        what: The description for the error.
        look_s: The pause between polls, in seconds.

    Raises:
        AssertionError: The condition doesn't hold at a deadline far beyond any healthy wait.
    """
    pause = threading.Event()
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"within {DEADLINE_S:g} s this did not happen: {what}")
        pause.wait(look_s)


def free_port(random: Random) -> int:
    """
    Choose a free port that no other scenario of this process has.

    The system gives the ports of this range to no outgoing connection. While the receiver is away,
    an outgoing connection could take its port, or a client that retries could connect to itself.

    Args:
        random: The source of random choices.

    Returns:
        The port.
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


def wait_for_progress(read_left: Callable[[], int], what: str) -> None:
    """
    Wait until nothing is left, however long it takes, as long as there is progress.

    Args:
        read_left: Reads how much is left.
        what: The description for the error.

    Raises:
        AssertionError: Nothing was done for `DEADLINE_S`.
    """
    pause = threading.Event()
    least, since = read_left(), time.monotonic()
    while least:
        pause.wait(_LOOK_LEFT_S)
        left = read_left()
        if left < least:
            least, since = left, time.monotonic()
        elif time.monotonic() - since > DEADLINE_S:
            raise AssertionError(f"for {DEADLINE_S:g} s nothing was done of this: {what}")


class WorkflowProcess:
    """A tortured workflow."""

    def __init__(self, orders: Orders, environment: dict[str, str]) -> None:
        self.notes = Path(orders.notes)
        """The file of the workflow's notes."""
        self.killed_at: float | None = None
        """The time of the kill on the monotonic clock, in seconds."""
        self.said = self.notes.with_suffix(".stderr")
        """The file of the workflow's standard error."""
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
    def progress(self) -> Progress:
        """The notes so far."""
        return read_progress(self.notes)

    def go_on(self, lines: int) -> None:
        """
        Wait until the workflow has noted this number of further lines.

        Args:
            lines: The number of further lines.
        """
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
        """Whether the process is running."""
        return self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """
        Send a signal to the process.

        Args:
            number: The signal's number.
        """
        self._process.send_signal(number)

    def kill(self) -> None:
        """Kill the process with SIGKILL."""
        self.killed_at = time.monotonic()
        self._process.kill()
        self._process.communicate()

    def ask_to_end(self) -> None:
        """Request an end after the current execution."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()

    def end(self) -> None:
        """Request an end, and wait for the end."""
        self.ask_to_end()
        if self.killed_at is None and self._process.wait(DEADLINE_S) != 0:
            raise AssertionError(f"the workflow ended badly: {self.said.read_text()}")
