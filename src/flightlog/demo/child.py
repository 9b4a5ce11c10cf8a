"""Runs a workflow of the demonstration as a child process: its start, its output, its end."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Final

from flightlog.errors import DemoFailedError

EDITORS_OWN: Final = ("-m", "uvicorn", "flightlog.demo.workflow:app", "--no-access-log")
START_TIMEOUT_S: Final = 30
_STOP_TIMEOUT_S: Final = 5
_KEPT_LINES: Final = 40
_RUNNING: Final = re.compile(r"Uvicorn running on (http://[^ ]+)")


@contextmanager
def running_workflow(
    editor_url: str,
    command: Sequence[str] = EDITORS_OWN,
    environment: Mapping[str, str] | None = None,
    timeout_s: float = START_TIMEOUT_S,
) -> Iterator[str]:
    """
    Run a workflow on a free port while the `with` block runs.

    Args:
        editor_url: The URL to which the workflow reports its executions.
        command: The arguments for Python; the function appends `--port`.
        environment: Further environment variables for the process.
        timeout_s: The time limit of the start, seconds.

    Yields:
        The workflow's address.

    Raises:
        DemoFailedError: The workflow did not start; the error contains its output.
    """
    child = subprocess.Popen(  # noqa: S603 - our own interpreter, and our own or generated code
        [sys.executable, *command, "--port", "0"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=os.environ
        | {"CATALYST_EDITOR_URL": editor_url, "PYTHONUNBUFFERED": "1"}
        | dict(environment or {}),
    )
    assert child.stdout is not None
    said: deque[str] = deque(maxlen=_KEPT_LINES)
    urls: queue.Queue[str | None] = queue.Queue()
    listener = threading.Thread(target=_listen, args=(child.stdout, said, urls))
    listener.start()
    try:
        yield _address(urls, said, timeout_s)
    finally:
        _stop(child)
        listener.join()
        child.stdout.close()


def _listen(output: IO[str], said: deque[str], urls: queue.Queue[str | None]) -> None:
    for line in output:
        said.append(line.rstrip())
        if found := _RUNNING.search(line):
            urls.put(found[1])
    urls.put(None)


def _address(urls: queue.Queue[str | None], said: deque[str], timeout_s: float) -> str:
    deadline = time.monotonic() + timeout_s
    try:
        url = urls.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        raise DemoFailedError(f"The workflow did not start within {timeout_s:g} s.", said) from None
    if url is None:
        raise DemoFailedError("The workflow ended before it listened.", said)
    return url


def _stop(child: subprocess.Popen[str]) -> None:
    child.terminate()
    try:
        child.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
