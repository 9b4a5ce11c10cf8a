"""
Record where the stack is nearly used up, and print `went on`.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import sys

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)


def at_depth() -> str:
    try:
        return at_depth()
    except RecursionError:
        with recorder.execution() as execution, execution.node("a", input={"b": [1]}):
            return "went on"


print(at_depth())
