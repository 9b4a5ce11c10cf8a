"""
Record in a signal handler, which interrupts recording 50 times.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import signal
import sys

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
handled: list[int] = []


def handle(*_: object) -> None:
    handled.append(1)
    with recorder.execution(trigger="signal") as execution, execution.node("s"):
        pass
    # Not at an interval: where the machine is slow, handlers would pile up on each other.
    if len(handled) < 50:
        signal.setitimer(signal.ITIMER_REAL, 0.001)


signal.signal(signal.SIGALRM, handle)
signal.setitimer(signal.ITIMER_REAL, 0.001)
while len(handled) < 50:
    with recorder.execution(trigger="main") as execution, execution.node("m"):
        pass
print(len(handled), recorder.status().lost, recorder.status().swallowed)
