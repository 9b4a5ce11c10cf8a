"""The process of one run: the code it runs, its environment, its longest time and its end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final

TIMEOUT_S: Final = 60.0
"""The longest run of a workflow without a timeout of its own, as in the editor."""
_GENERATION_TIMEOUT_S: Final = 120.0
_MARGIN_S: Final = 5.0
_GRACE_S: Final = 5.0
SHOWN_STDERR: Final = 20_000


class RunError(Exception):
    """A run that could not start, was stopped or died; the message is for people."""


def ask_generator(request: Mapping[str, Any]) -> dict[str, Any]:
    """
    Generate code in a process of its own; see `generator`.

    Args:
        request: The request.

    Returns:
        The answer; its `errors` are not empty if the code can't be generated.
    """
    try:
        ended = subprocess.run(
            [sys.executable, "-P", "-m", "flightlog.ipc.generator"],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=_GENERATION_TIMEOUT_S,
            check=True,
        )
        answer: dict[str, Any] = json.loads(ended.stdout)
    except subprocess.TimeoutExpired:
        return {"errors": [f"The generation took longer than {_GENERATION_TIMEOUT_S:.0f} s."]}
    except subprocess.CalledProcessError as error:
        return {"errors": [error.stderr.decode("utf-8", "replace")[-SHOWN_STDERR:]]}
    return answer


def communicate(
    process: subprocess.Popen[bytes], data: bytes, timeout_s: float
) -> tuple[bytes, bytes]:
    """
    Pass data to the process of a run, and wait for its end.

    Args:
        process: The process.
        data: The bytes for its standard input.
        timeout_s: The longest run; afterwards the process is interrupted, and then killed.

    Returns:
        The bytes on standard output and standard error.

    Raises:
        RunError: The run took too long.
    """
    try:
        return process.communicate(data, timeout_s)
    except subprocess.TimeoutExpired:
        interrupt(process)
        try:
            process.communicate(timeout=_GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        raise RunError(f"Execution timed out after {timeout_s * 1000:.0f}ms") from None


def interrupt(process: subprocess.Popen[bytes] | None) -> None:
    """
    Interrupt the process of a run, so that the workflow records its end.

    Args:
        process: The process; None, or a process that has ended, is left alone.
    """
    # After SIGINT the workflow records its nodes and the interruption. Windows has no such signal
    # for one process.
    if process is not None and process.poll() is None:
        process.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGINT)


def choose_timeout_s(workflow: Mapping[str, Any]) -> float:
    """
    Choose the longest time of a run.

    Args:
        workflow: The workflow in the manifest.

    Returns:
        Seconds: the workflow's own timeout with a margin, or more.
    """
    config = workflow.get("executionConfig")
    own = config.get("timeout") if isinstance(config, dict) else None
    if not isinstance(own, int | float) or isinstance(own, bool):
        return TIMEOUT_S
    return max(TIMEOUT_S, own / 1000 + _MARGIN_S)
