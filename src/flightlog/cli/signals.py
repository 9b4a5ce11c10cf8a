"""An orderly end at SIGTERM, for commands that have child processes."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

TERMINATED: Final = 143


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """
    Leave the `with` block by SystemExit at SIGTERM, so that no child process stays running.

    Outside of the main thread, SIGTERM keeps its handler.

    Yields:
        Nothing; the block runs.

    Raises:
        SystemExit: SIGTERM arrived; the exit code is 143.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(TERMINATED)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
