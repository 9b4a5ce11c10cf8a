"""A wakeup wakes a thread that waits for messages."""

from __future__ import annotations

import threading

from flightlog.spool import Wakeup


def test_ring_before_the_wait_ends_it_at_once() -> None:
    """A ring is not lost while nobody waits; a cleared ring is."""
    wakeup = Wakeup()
    wakeup.ring()
    wakeup.wait()
    wakeup.ring()
    wakeup.ring()
    wakeup.clear()
    wakeup.wait(0)
    assert wakeup._rung.empty()


def test_ring_wakes_another_thread() -> None:
    """A thread that waits without a limit goes on after a ring."""
    wakeup = Wakeup()
    thread = threading.Thread(target=wakeup.wait, daemon=True)
    thread.start()
    wakeup.ring()
    thread.join(30)
    assert not thread.is_alive()
