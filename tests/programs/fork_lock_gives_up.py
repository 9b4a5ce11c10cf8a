"""Fork while another thread holds the fork lock and waits for the thread that forks."""

from __future__ import annotations

import os
import signal
import threading

from flightlog import fork_lock

fork_lock._MAX_WAIT_S = 0.1  # type: ignore[misc]  # the test must not take seconds
is_held = threading.Event()
has_forked = threading.Event()


def hold() -> None:
    """Hold the lock until the main thread has forked."""
    with fork_lock.fork_lock:
        is_held.set()
        has_forked.wait()


thread = threading.Thread(target=hold)
thread.start()
is_held.wait()
child = os.fork()
if child == 0:
    signal.alarm(20)
    with fork_lock.fork_lock:
        os._exit(0)
has_forked.set()
assert os.waitpid(child, 0)[1] == 0
thread.join()
with fork_lock.fork_lock:
    print("free")
