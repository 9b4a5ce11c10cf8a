"""
Record an execution, and another in a function that runs at the interpreter's end.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import atexit
import sys

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)


@atexit.register
def last() -> None:
    with recorder.execution(trigger="atexit"):
        pass


with recorder.execution(trigger="before"):
    pass
