"""
Fork while another thread holds the fork lock, and while a signal handler interrupts who holds it.

Prints one word for each thing that went as it should.
"""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

from flightlog.fork_lock import fork_lock

is_held = threading.Event()
is_done = False


def hold() -> None:
    """Take the lock, and do something that takes until the main thread waits for the lock."""
    global is_done  # noqa: PLW0603 - the forked child has a copy
    with fork_lock:
        is_held.set()
        # `wait` gives the main thread time to begin the fork, and ends without it, too.
        threading.Event().wait(0.2)
        is_done = True


def fork_and_take_lock(*, expected: bool) -> None:
    """Fork; the child must be able to take the lock, and see the work of the thread done."""
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        with fork_lock:
            os._exit(is_done != expected)
    assert os.waitpid(child, 0)[1] == 0


def fork_in_handler(_signal: int, _frame: FrameType | None) -> None:
    """Fork in the middle of a block that holds the lock."""
    fork_and_take_lock(expected=True)


thread = threading.Thread(target=hold)
thread.start()
is_held.wait()
fork_and_take_lock(expected=True)
thread.join()
print("waited")

signal.signal(signal.SIGUSR1, fork_in_handler)
with fork_lock:
    os.kill(os.getpid(), signal.SIGUSR1)
print("interrupted")

other = threading.Thread(target=lambda: print("free" if fork_lock.acquire(timeout=5) else "held"))
other.start()
other.join()
