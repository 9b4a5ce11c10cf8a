"""
Fork ten times, and record in each child, while four threads record.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import os
import sys
import threading

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
ending = threading.Event()


def work() -> None:
    while not ending.is_set():
        with recorder.execution(trigger="thread") as execution, execution.node("a"):
            pass


threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
children = []
for _ in range(10):
    child = os.fork()
    if child == 0:
        with recorder.execution(trigger="child"):
            pass
        os._exit(0)
    children.append(child)
for child in children:
    assert os.waitpid(child, 0)[1] == 0
ending.set()
for thread in threads:
    thread.join()
