"""
Fork while threads search, and search in each child.

Each letter of the texts brings RE2's automaton into a state that it has not seen, for which RE2
locks a mutex.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import threading

from flightlog.redaction.patterns import Pattern

FORKS = 40
CHILD_S = 20

pattern = Pattern(b"[ab]*a[ab]{18}c", max_memory=64 << 20)
ending = threading.Event()


def make_text(seed: int) -> bytes:
    """Return a text that the pattern doesn't match."""
    return bytes(random.Random(seed).choices(b"ab", k=20_000))


def search_on(thread: int) -> None:
    """Search until the program ends."""
    for number in itertools.count():
        if ending.is_set():
            return
        pattern.is_in(make_text(1000 * thread + number))


threads = [threading.Thread(target=search_on, args=(number,)) for number in range(3)]
for thread in threads:
    thread.start()
for number in range(FORKS):
    child = os.fork()
    if child == 0:
        signal.alarm(CHILD_S)
        os._exit(int(pattern.is_in(make_text(-number))))
    assert os.waitpid(child, 0)[1] == 0, "a forked child hangs"
ending.set()
for thread in threads:
    thread.join()
