"""`Wakeup`: wakes a thread that waits for messages."""

from __future__ import annotations

from queue import Empty, SimpleQueue


class Wakeup:
    """
    Wakes one thread, as a `threading.Event` does.

    Unlike an event's, its `ring` may be called by a finalizer that runs within its own `wait`:
    whoever appends a message rings, and a finalizer may append one.
    """

    def __init__(self) -> None:
        self._rung: SimpleQueue[None] = SimpleQueue()

    def ring(self) -> None:
        """Wake the thread; if it doesn't wait, its next `wait` ends at once."""
        self._rung.put(None)

    def clear(self) -> None:
        """Forget that it was rung."""
        while not self._rung.empty():
            self._rung.get()

    def wait(self, timeout_s: float | None = None) -> None:
        """
        Wait until it is rung.

        Args:
            timeout_s: How long at most; None waits for as long as it takes.
        """
        try:
            self._rung.get(timeout=timeout_s)
        except Empty:
            return
