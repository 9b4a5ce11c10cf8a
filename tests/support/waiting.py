"""Waits for other threads and processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

_POLL_S = 0.02


def until(condition: Callable[[], object], what: str, timeout_s: float = 30.0) -> None:
    """
    Poll until a condition holds; fail the test at a time limit.

    Args:
        condition: The condition.
        what: The description for the failure.
        timeout_s: The time limit, in seconds.
    """
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout_s:g} s in vain for: {what}")
        pause.wait(_POLL_S)
