"""
Record at least 200 runs, and one for each line of input; print the number of runs at the end.

Usage: URL.
"""

from __future__ import annotations

import sys

from flightlog.capture import Recorder

recorder = Recorder("live", "Live", url=sys.argv[1])
count = 0
print("recording", flush=True)
lines = iter(sys.stdin)
while count < 200 or next(lines, None) is not None:
    with recorder.execution(trigger={"type": "manual", "data": count}) as execution:
        for step in range(3):
            with execution.node(f"n{step}", "Step", "log", input=[count, step]) as node:
                node.output = [count, step]
    count += 1
recorder.close(30)
print(count, flush=True)
