"""
Record nodes of one execution before a fork, in the child, and in the parent.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import os
import sys

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
with recorder.execution() as execution:
    with execution.node("before"):
        pass
    child = os.fork()
    if child == 0:
        with execution.node("in-child"):
            pass
        os._exit(0)
    with execution.node("in-parent"):
        pass
    os.waitpid(child, 0)
