"""
Record one execution to the address of the environment, and wait until it is delivered.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import sys

from flightlog.capture import Recorder

recorder = Recorder("w", "W", spool_dir=sys.argv[1], drain_timeout_s=30)
with recorder.execution() as execution, execution.node("a") as node:
    node.output = 1
sys.exit(0 if recorder.flush(30) else 1)
