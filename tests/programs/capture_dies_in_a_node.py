"""
Begin a node, and end without any cleanup.

Usage: URL SPOOL_DIR.
"""

from __future__ import annotations

import os
import sys

from flightlog.capture import Recorder

url, spool_dir = sys.argv[1:]
recorder = Recorder("w", "W", url=url, spool_dir=spool_dir, drain_timeout_s=0)
with recorder.execution(execution_id="left-behind") as execution, execution.node("n"):
    os._exit(0)
