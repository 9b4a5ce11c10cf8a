"""
Record an execution, and become a program that prints whether spools are alive.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import os
import sys

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
SCRIPT = (
    "import sys; from pathlib import Path; from flightlog.spool import list_spools; "
    "print([spool.alive for spool in list_spools(Path(sys.argv[1]))])"
)
with recorder.execution():
    pass
os.execv(sys.executable, [sys.executable, "-c", SCRIPT, sys.argv[1]])
