"""
Record 50 executions in a parent and 50 in its forked child.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import os
import sys

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
with recorder.execution(trigger="before"):
    pass
child = os.fork()
kind = "parent" if child else "child"
for _ in range(50):
    with recorder.execution(trigger=kind) as execution, execution.node("a"):
        pass
if child:
    assert os.waitpid(child, 0)[1] == 0
