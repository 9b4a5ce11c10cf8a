"""
Record an execution for a receiver, and report what delivery said.

Usage: URL SPOOL_DIR EXECUTION_ID.
"""

from __future__ import annotations

import sys

from flightlog.capture import Recorder

url, spool_dir, execution_id = sys.argv[1:]
recorder = Recorder("w", "W", url=url, spool_dir=spool_dir, drain_timeout_s=20)
with recorder.execution(execution_id=execution_id) as execution, execution.node("charge") as node:
    node.output = {"paid": True}
