"""
Record three nodes of one execution in each of 40 forked children.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import os
import sys

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
with recorder.execution() as execution:
    for _ in range(40):
        child = os.fork()
        if child == 0:
            for _ in range(3):
                with execution.node("n"):
                    pass
            os._exit(0)
        os.waitpid(child, 0)
