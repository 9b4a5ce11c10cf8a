"""The parts of a scenario: a receiver on a fixed port, its history, spools and workflows."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Final, Self

from flightlog.secret_key import SecretKey
from flightlog.spool import SpoolStatus, list_spools, name_fallback_spool_dir
from support.access import prove_access
from support.faults.processes import (
    DEADLINE_S,
    WorkflowProcess,
    free_port,
    wait_for_progress,
)
from support.faults.workflow import WORKFLOW_ID, Orders

TESTS: Final = Path(__file__).parents[2]
_FLIGHTLOG: Final = (sys.executable, "-m", "flightlog.cli")


class Site:
    """
    A receiver, its history, and workflows that deliver to the receiver.

    Leaving the `with` block ends all processes.

    Args:
        place: A directory for the site.
        random: The source of random choices.
        database_dir: The history's directory; `place` when None.
        database_url: The address of a history in a database server, instead of a file.
        spool_dir: The spools' directory; a directory in `place` when None.
        lease_s: The receiver's lease, in seconds.
    """

    def __init__(
        self,
        place: Path,
        random: Random,
        *,
        database_dir: Path | None = None,
        database_url: str | None = None,
        spool_dir: Path | None = None,
        lease_s: float = 60.0,
    ) -> None:
        place.mkdir(parents=True, exist_ok=True)
        (place / "tmp").mkdir(exist_ok=True)
        self.random = random
        self.database = (database_dir or place) / "history.db"
        """The history's file."""
        self.history: str | Path = database_url or self.database
        """The history's address or file."""
        self.spool_dir = spool_dir or place / "spool"
        """The spools' directory."""
        self._installation = SecretKey(_write_key(place).encode())
        self.port = free_port(random)
        """The receiver's port."""
        self.url = f"http://127.0.0.1:{self.port}"
        """The receiver's URL."""
        self.fallback_dir = place / "tmp" / name_fallback_spool_dir().name
        """The fallback directory for spools that can't be written to `spool_dir`."""
        self.workflows: list[WorkflowProcess] = []
        """All workflows that were started."""
        self.receiver_kills = 0
        """The number of kills of the receiver."""
        self.receiver_since = 0.0
        """The time since the receiver listens, on the monotonic clock, in seconds."""
        self._place = place
        self._numbers = itertools.count()
        self._receiver: subprocess.Popen[str] | None = None
        self._receiver_sees_spools = True
        own = {"PATH": os.environ["PATH"], "HOME": str(place), "PYTHONPATH": str(TESTS)}
        self._environment = own | {
            "TMPDIR": str(place / "tmp"),
            "FLIGHTLOG_SPOOL_DIR": str(self.spool_dir),
            "FLIGHTLOG_KEY": _write_key(place),
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
            workflow.ask_to_end()
        self.kill_receiver()

    def start_receiver(self, *, sees_spools: bool = True) -> None:
        """
        Start the receiver, and wait until it listens.

        Args:
            sees_spools: Whether the receiver can read the spools, as on the workflows' machine.
        """
        environment = dict(self._environment)
        self._receiver_sees_spools = sees_spools
        if not sees_spools:
            elsewhere = self._place / "elsewhere"
            elsewhere.mkdir(exist_ok=True)
            environment |= {"FLIGHTLOG_SPOOL_DIR": f"{elsewhere}/spool", "TMPDIR": str(elsewhere)}
        with (self._place / "receiver.stderr").open("ab") as stderr:
            self._receiver = subprocess.Popen(
                [*_FLIGHTLOG, "serve", "--port", str(self.port), "--db", str(self.history)],
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
        """Kill the receiver with SIGKILL, if it is running."""
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.kill()
            receiver.communicate()
            self.receiver_kills += 1

    def end_receiver(self) -> None:
        """End the receiver in good order."""
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.terminate()
            receiver.communicate()
            assert receiver.returncode == 0

    def signal_receiver(self, number: signal.Signals) -> None:
        """
        Send a signal to the receiver.

        Args:
            number: The signal's number.
        """
        assert self._receiver is not None
        self._receiver.send_signal(number)

    def start_workflow(
        self,
        url: str | None = None,
        *,
        pace_ms: float = 10.0,
        hurried: bool = False,
        busy: bool = False,
        clock_steps: bool = False,
    ) -> WorkflowProcess:
        """Start a workflow that delivers to this receiver, or to a URL; see `Orders`."""
        name = f"{self._place.name}-{next(self._numbers)}"
        orders = Orders(
            notes=str(self._place / f"{name}.notes"),
            name=name,
            seed=self.random.randrange(1 << 32),
            pace_ms=pace_ms,
            hurried=hurried,
            busy=busy,
            clock_steps=clock_steps,
        )
        environment = self._environment | {"FLIGHTLOG_URL": url or self.url}
        workflow = WorkflowProcess(orders, environment)
        self.workflows.append(workflow)
        return workflow

    def end_workflows(self) -> None:
        """End all running workflows in good order."""
        for workflow in self.workflows:
            workflow.ask_to_end()
        for workflow in self.workflows:
            workflow.end()

    def deliver(self, *, to_receiver: bool = True) -> None:
        """
        Run `flightlog deliver`, to this receiver or to the destination of each spool.

        Args:
            to_receiver: Whether to deliver to this receiver, instead of each spool's destination.
        """
        ended = subprocess.run(
            [*_FLIGHTLOG, "deliver", *(["--url", self.url] if to_receiver else [])],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        # A receiver that collects the same spool delivers it, too.
        is_shared = "another process has just begun to deliver it" in ended.stderr
        assert ended.returncode == 0 or is_shared, ended.stderr

    def spools(self) -> list[SpoolStatus]:
        """
        List the spools, including spools in the fallback directory.

        Returns:
            The status of each spool.
        """
        return [*list_spools(self.spool_dir), *list_spools(self.fallback_dir)]

    def settle(self) -> None:
        """End all processes in good order, once no message waits for delivery."""
        self.end_workflows()
        elsewhere = [spool.owner for spool in self.spools() if spool.owner is not None]
        # A process that could not deliver everything before it ended left its spool to others.
        if not self._receiver_sees_spools or any(owner.url != self.url for owner in elsewhere):
            self.deliver(to_receiver=self._receiver is not None)
        wait_for_progress(
            lambda: sum(1 + spool.size_bytes for spool in self.spools()), "empty the spools"
        )
        self.end_receiver()

    def executions(self, status: str) -> list[dict[str, Any]]:
        """
        Request the newest executions of a status.

        Args:
            status: The status of the executions.

        Returns:
            The records; none while the receiver is away.
        """
        query = f"workflowId={WORKFLOW_ID}&status={status}&limit=20"
        found: list[dict[str, Any]] = self._get(f"/api/executions?{query}").get("executions", [])
        return found

    def execution(self, execution_id: str) -> dict[str, Any]:
        """
        Request an execution.

        Args:
            execution_id: The execution's id.

        Returns:
            The record; empty if the execution or the receiver is missing.
        """
        return self._get(f"/api/executions/{execution_id}")

    def _get(self, path: str) -> dict[str, Any]:
        try:
            access = prove_access("GET", self.port, path, self._installation)
            request = urllib.request.Request(self.url + path, headers=access)
            with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
                found: dict[str, Any] = json.load(answer)
        except (OSError, http.client.HTTPException):
            return {}
        return found


def _write_key(place: Path) -> str:
    return f"the-key-of-{place.name}-and-of-nobody-else"
