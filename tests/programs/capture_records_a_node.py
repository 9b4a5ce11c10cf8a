"""
Record one execution with one node, and end.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import sys

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
with recorder.execution() as execution, execution.node("a") as node:
    node.output = 1
