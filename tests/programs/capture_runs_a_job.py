"""
Record an execution with a given id, and end the process within it if wanted.

Usage: SPOOL_DIR [die].
"""

from __future__ import annotations

import os
import sys

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
with recorder.execution(execution_id="order-7") as execution:
    with execution.node("charge"):
        if sys.argv[2:] == ["die"]:
            os._exit(3)
