"""
Start executions in forked children that were made, or begun, before the forks.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import os
import sys

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
made = recorder.execution(execution_id="order-7")
with recorder.execution(execution_id="order-8") as begun:
    for _ in range(2):
        child = os.fork()
        if child == 0:
            with made, made.node("a"):
                pass
            with begun, begun.node("a"):
                pass
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
