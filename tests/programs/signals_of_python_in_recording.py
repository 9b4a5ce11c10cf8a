"""
Let Python's own handler interrupt recording 60 times; print how often it was caught.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import random
import signal
import sys

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
STRIKES = 60
signal.signal(signal.SIGALRM, signal.default_int_handler)
value = {"set": {1, 2}, "bytes": b"raw", "error": OSError("x"), "more": [object()] * 50}
caught = 0
with recorder.execution():
    pass
for _ in range(STRIKES):
    try:
        with recorder.execution() as execution:
            signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, 0.002))
            for _ in range(5000):
                with execution.node("n", input=value):
                    pass
    except KeyboardInterrupt:
        caught += 1
print(caught, recorder.status().swallowed)
