"""Waiting for what other threads and processes do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

_POLL_S = 0.02


def until(condition: Callable[[], object], what: str, timeout_s: float = 30.0) -> None:
    """Ask until a condition holds; fails the test when it doesn't in time."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout_s:g} s in vain for: {what}")
        pause.wait(_POLL_S)
