"""
Record 100 nodes, begin another, and end the process within it.

Usage: SPOOL_DIR END, where END is `exit`, `kill` or `abort`.
"""

from __future__ import annotations

import os
import signal
import sys

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
with recorder.execution() as execution:
    for number in range(100):
        with execution.node("n") as node:
            node.output = number
    with execution.node("last"):
        match sys.argv[2]:
            case "exit":
                os._exit(0)
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "abort":
                os.abort()
