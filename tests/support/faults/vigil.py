"""
Watches whether the receiver shows living processes as running.

It also measures how soon the receiver shows dead processes as crashed.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Final, Self

from support.faults.figures import Figures
from support.faults.processes import WorkflowProcess, wait_until
from support.faults.site import Site

_LOOK_S: Final = 0.25
_VERDICT_LOOK_S: Final = 0.05


class Vigil:
    """
    Polls for executions shown as crashed while the `with` block runs.

    Args:
        site: The receiver's site.
        figures: Receives the number of living processes that were shown as crashed.
    """

    def __init__(self, site: Site, figures: Figures) -> None:
        self._site = site
        self._figures = figures
        self._seen: dict[str, float] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="vigil")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.set()
        self._thread.join()
        for workflow in self._site.workflows:
            progress = workflow.progress
            for execution_id in self._seen.keys() & progress.began:
                before = workflow.killed_at is None or self._seen[execution_id] < workflow.killed_at
                if before or execution_id in progress.done:
                    self._figures.falsely_crashed += 1
                    self._figures.complain(f"{execution_id} lived and was shown as crashed")

    def _watch(self) -> None:
        while not self._ending.wait(_LOOK_S):
            for execution in self._site.executions("error"):
                self._seen.setdefault(execution["id"], time.monotonic())


def await_verdict(site: Site, workflow: WorkflowProcess, figures: Figures | None = None) -> None:
    """
    Wait until the executions of a killed workflow are shown as crashed.

    Args:
        site: The receiver's site.
        workflow: The killed workflow.
        figures: Receives the time since the workflow's death, or since the receiver's later start.
    """
    running = workflow.progress.running
    for execution_id in running:
        wait_until(
            lambda: site.execution(execution_id).get("status") in {"error", "success"},  # noqa: B023
            f"{execution_id} is shown as ended",
            _VERDICT_LOOK_S,
        )
    if running and figures is not None:
        assert workflow.killed_at is not None
        taken_s = time.monotonic() - max(workflow.killed_at, site.receiver_since)
        figures.verdicts_s.append(taken_s)
