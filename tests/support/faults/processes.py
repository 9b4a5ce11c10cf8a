"""The processes of a scenario: workflows, a receiver on a fixed port, and their surroundings."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from flightlog.spool import SpoolStatus, fallback_spool_dir, list_spools
from support.faults.notes import Told, told_in
from support.faults.workflow import WORKFLOW_ID, Orders

TESTS: Final = Path(__file__).parents[2]
DEADLINE_S: Final = 60.0
_FLIGHTLOG: Final = (sys.executable, "-m", "flightlog.cli")
_LOOK_S: Final = 0.01


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
    Choose a port where nobody listens.

    Not one that the system gives to outgoing connections: while the receiver is away, one of those
    could take it, or a client that connects again and again could meet itself there.
    """
    while True:
        port = random.randrange(20_000, 32_000)
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


class Site:
    """
    One receiver, its history, and workflows that deliver to it; ends them all when it is left.

    Args:
        place: A directory of its own.
        random: For its choices.
        database_dir: Where the history is; in `place` when None.
        spool_dir: Where the spools are; in `place` when None.
        lease_s: The receiver's.
    """

    def __init__(
        self,
        place: Path,
        random: Random,
        *,
        database_dir: Path | None = None,
        spool_dir: Path | None = None,
        lease_s: float = 60.0,
    ) -> None:
        place.mkdir(parents=True, exist_ok=True)
        (place / "tmp").mkdir(exist_ok=True)
        self.random = random
        self.database = (database_dir or place) / "history.db"
        """The history's file."""
        self.spool_dir = spool_dir or place / "spool"
        """Where the spools are."""
        self.port = free_port(random)
        """The receiver's."""
        self.url = f"http://127.0.0.1:{self.port}"
        """The receiver's."""
        self.workflows: list[WorkflowProcess] = []
        """All that were ever started."""
        self.receiver_kills = 0
        """How often the receiver was killed."""
        self.receiver_since = 0.0
        """Since when the receiver listens, on the monotonic clock."""
        self._place = place
        self._numbers = itertools.count()
        self._receiver: subprocess.Popen[str] | None = None
        own = {"PATH": os.environ["PATH"], "HOME": str(place), "PYTHONPATH": str(TESTS)}
        self._environment = own | {
            "TMPDIR": str(place / "tmp"),
            "FLIGHTLOG_SPOOL_DIR": str(self.spool_dir),
            "FLIGHTLOG_KEY": f"the-key-of-{place.name}-and-of-nobody-else",
            "FLIGHTLOG_LEASE_S": str(lease_s),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for workflow in self.workflows:
            if workflow.is_alive:
                workflow.kill()
        self.kill_receiver()

    def start_receiver(self, *, sees_spools: bool = True) -> None:
        """
        Start the receiver, and wait until it listens.

        Args:
            sees_spools: Whether it is on the workflows' machine, so to speak.
        """
        environment = dict(self._environment)
        if not sees_spools:
            elsewhere = self._place / "elsewhere"
            elsewhere.mkdir(exist_ok=True)
            environment |= {"FLIGHTLOG_SPOOL_DIR": f"{elsewhere}/spool", "TMPDIR": str(elsewhere)}
        with (self._place / "receiver.stderr").open("ab") as stderr:
            self._receiver = subprocess.Popen(
                [*_FLIGHTLOG, "serve", "--port", str(self.port), "--db", str(self.database)],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        assert self._receiver.stdout is not None
        for line in self._receiver.stdout:
            if line.startswith("Workflows"):
                self.receiver_since = time.monotonic()
                return
        raise AssertionError((self._place / "receiver.stderr").read_text())

    def kill_receiver(self) -> None:
        """Kill the receiver, whatever it is doing; it may be dead already."""
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.kill()
            receiver.communicate()
            self.receiver_kills += 1

    def end_receiver(self) -> None:
        """Have the receiver end in good order."""
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.terminate()
            receiver.communicate()
            assert receiver.returncode == 0

    def signal_receiver(self, number: signal.Signals) -> None:
        """Send the receiver a signal."""
        assert self._receiver is not None
        self._receiver.send_signal(number)

    def start_workflow(
        self, url: str | None = None, *, pace_ms: float = 10.0, hurried: bool = False,
        clock_steps: bool = False
    ) -> WorkflowProcess:
        """Start a workflow that delivers to this receiver, or to a URL; see `Orders`."""
        name = f"{self._place.name}-{next(self._numbers)}"
        orders = Orders(
            notes=str(self._place / f"{name}.notes"),
            name=name,
            seed=self.random.randrange(1 << 32),
            pace_ms=pace_ms,
            hurried=hurried,
            clock_steps=clock_steps,
        )
        environment = self._environment | {"FLIGHTLOG_URL": url or self.url}
        workflow = WorkflowProcess(orders, environment)
        self.workflows.append(workflow)
        return workflow

    def end_workflows(self) -> None:
        """Have all workflows that live end in good order."""
        for workflow in self.workflows:
            workflow.ask_to_end()
        for workflow in self.workflows:
            workflow.end()

    def deliver(self) -> str:
        """Run `flightlog deliver` to this receiver; returns what it said."""
        ended = subprocess.run(
            [*_FLIGHTLOG, "deliver", "--url", self.url],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def spools(self) -> list[SpoolStatus]:
        """The spools that are there, also where processes turn that can't write to theirs."""
        fallback = self._place / "tmp" / fallback_spool_dir().name
        return [*list_spools(self.spool_dir), *list_spools(fallback)]

    def settle(self) -> None:
        """Have everything end in good order, once nothing waits to be delivered any more."""
        self.end_workflows()
        elsewhere = [spool.owner for spool in self.spools() if spool.owner is not None]
        if any(owner.url != self.url for owner in elsewhere):
            self.deliver()
        wait_until(lambda: not self.spools(), "the spools are empty")
        self.end_receiver()

    def executions(self, status: str) -> list[dict[str, Any]]:
        """Ask the receiver for the newest executions of a status; none while it is away."""
        query = f"workflowId={WORKFLOW_ID}&status={status}&limit=20"
        found: list[dict[str, Any]] = self._get(f"/api/executions?{query}").get("executions", [])
        return found

    def execution(self, execution_id: str) -> dict[str, Any]:
        """Ask the receiver for one execution; empty if it has none, or is away."""
        return self._get(f"/api/executions/{execution_id}")

    def _get(self, path: str) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(self.url + path, timeout=DEADLINE_S) as answer:
                found: dict[str, Any] = json.load(answer)
        except (OSError, http.client.HTTPException):
            return {}
        return found
