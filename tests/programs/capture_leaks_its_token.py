"""
Record an execution whose node's output contains the token of this process's environment.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import os
import sys

from flightlog.capture import Recorder

recorder = Recorder("w", "W", spool_dir=sys.argv[1], drain_timeout_s=0.1)
token = os.environ["FLIGHTLOG_TOKEN"]
with recorder.execution(execution_id="leaks") as execution, execution.node("a") as node:
    node.output = {"environment": dict(os.environ), "text": f"sent {token} to it", "t": token}
