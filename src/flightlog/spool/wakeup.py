"""Owns `Wakeup`, which wakes a thread that waits for messages."""

from __future__ import annotations

from queue import Empty, SimpleQueue


class Wakeup:
    """
    Wakes one thread, as a `threading.Event` does.

    Unlike an event's `set`, `ring` may be called by a finalizer that interrupts `wait` in the same
    thread. That happens, because every appended message calls `ring`, and a finalizer may append a
    message.
    """

    def __init__(self) -> None:
        self._rung: SimpleQueue[None] = SimpleQueue()

    def ring(self) -> None:
        """Wake the thread; if the thread doesn't wait, its next `wait` returns at once."""
        self._rung.put(None)

    def clear(self) -> None:
        """Reset the wakeup."""
        while not self._rung.empty():
            self._rung.get()

    def wait(self, timeout_s: float | None = None) -> None:
        """
        Wait for `ring`.

        Args:
            timeout_s: How long to wait at most, in seconds; None waits without a limit.
        """
        try:
            self._rung.get(timeout=timeout_s)
        except Empty:
            return
