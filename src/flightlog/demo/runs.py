"""Runs the demonstration's workflows in a process of their own, and waits for their records."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flightlog.errors import DemoFailedError
from flightlog.store.query import ExecutionQuery

if TYPE_CHECKING:
    from flightlog.logger import ExecutionLogger
    from flightlog.record.model import WorkflowExecution

PROGRAM: Final = ("-m", "flightlog.demo.workflows")
COUNT: Final = 9
"""The number of executions that the program records."""
TIMEOUT_S: Final = 60.0


def record_runs(
    logger: ExecutionLogger,
    receiver_url: str,
    spool_dir: Path,
    *,
    program: Sequence[str] = PROGRAM,
    timeout_s: float = TIMEOUT_S,
    record_timeout_s: float = TIMEOUT_S,
) -> tuple[WorkflowExecution, ...]:
    """
    Run the workflows, and wait until all executions are recorded and none is running.

    Args:
        logger: The history that the receiver serves from this process.
        receiver_url: The receiver's address.
        spool_dir: The spool directory of the workflows' process.
        program: The arguments for Python.
        timeout_s: The time limit of the program, seconds.
        record_timeout_s: The longest wait for the next record after the program ended, seconds.

    Returns:
        The executions, the newest first.

    Raises:
        DemoFailedError: The program failed, or the time limit is reached.
    """
    changed = threading.Event()
    end: Callable[[], None] = logger.reader.subscribe(lambda _ids: changed.set())
    environment = {
        **os.environ,
        "FLIGHTLOG_URL": receiver_url,
        "FLIGHTLOG_SPOOL_DIR": str(spool_dir),
    }
    try:
        ended = subprocess.run(  # noqa: S603 - our own interpreter and our own program
            [sys.executable, *program],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=environment,
            timeout=timeout_s,
            check=False,
        )
        return _recorded(logger, changed, ended.stdout, record_timeout_s)
    except subprocess.TimeoutExpired as error:
        raise DemoFailedError(f"The workflows did not end within {timeout_s:g} s.") from error
    finally:
        end()


def _recorded(
    logger: ExecutionLogger, changed: threading.Event, printed: str, record_timeout_s: float
) -> tuple[WorkflowExecution, ...]:
    while True:
        changed.clear()
        found = logger.query(ExecutionQuery(limit=COUNT)).executions
        if len(found) == COUNT and all(run.status != "running" for run in found):
            return found
        if not changed.wait(record_timeout_s):
            ended = sum(run.status != "running" for run in found)
            raise DemoFailedError(
                f"Only {ended} of {COUNT} executions were recorded within {record_timeout_s:g} s.",
                printed.splitlines()[-20:],
            )
