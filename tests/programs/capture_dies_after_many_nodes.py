"""
Record 100 nodes, begin another, and end the process within it.

Usage: SPOOL_DIR END [URL], where END is `exit`, `kill` or `abort`.
"""

from __future__ import annotations

import os
import signal
import sys

from flightlog.capture import Recorder

spool_dir, end, url = [*sys.argv[1:], "http://127.0.0.1:9"][:3]
recorder = Recorder("w", "W", url=url, spool_dir=spool_dir, drain_timeout_s=1)
with recorder.execution() as execution:
    for number in range(100):
        with execution.node("n") as node:
            node.output = number
    with execution.node("last"):
        match end:
            case "exit":
                os._exit(0)
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "abort":
                os.abort()
