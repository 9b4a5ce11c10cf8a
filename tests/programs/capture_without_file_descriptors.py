"""
Record 120 executions while the process has used up its file descriptors.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import os
import resource
import sys

from flightlog.capture import Recorder

recorder = Recorder("w", url="http://127.0.0.1:9", spool_dir=sys.argv[1], durability="power")
with recorder.execution(trigger="before"):
    pass
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
descriptors = []
try:
    while True:
        descriptors.append(os.open(os.devnull, os.O_RDONLY))
except OSError:
    pass
for _ in range(120):
    with recorder.execution(trigger="held") as execution:
        with execution.node("n", input="x" * 50_000):
            pass
status = recorder.status()
print(status.lost, status.stripped, status.swallowed)
os.closerange(descriptors[0], descriptors[-1] + 1)
