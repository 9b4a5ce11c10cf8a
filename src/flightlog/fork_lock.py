"""
Keeps a fork from copying this process in the middle of work that no forked child could finish.

A forked child has only the thread that forked. A lock that another thread held at that moment stays
locked in the child for ever: a mutex of RE2 during a search, or Python's lock of a module during an
import. The child would wait at its first search, or import, until it is killed. Such work therefore
holds `fork_lock`, and a fork waits for it.

In a thread of the workflow, hold the lock in a statement of one line, for the reason that
`signal_handlers.exclusive` gives.
"""

from __future__ import annotations

import os
import threading
from typing import Final

_MAX_WAIT_S: Final = 5.0
"""
How long a fork waits, in seconds. A thread may need longer if it waits for a lock of the thread
that forks.
"""

fork_lock: Final = threading.RLock()
"""Delays forks; a thread may take it again, because a signal handler can interrupt a search."""


def _wait() -> None:
    fork_lock.acquire(timeout=_MAX_WAIT_S)


def _release() -> bool:
    try:
        fork_lock.release()
    except RuntimeError:
        # Waiting took too long, so that the thread that forks doesn't hold the lock.
        return False
    return True


def _release_in_child() -> None:
    if not _release():
        # The thread that holds the lock doesn't exist here.
        fork_lock._at_fork_reinit()  # type: ignore[attr-defined]  # noqa: SLF001


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_wait, after_in_parent=_release, after_in_child=_release_in_child)
