"""
Begin an execution, and end the process in the usual way without its end.

Usage: URL SPOOL_DIR.
"""

from __future__ import annotations

import sys

from flightlog.capture import Recorder

url, spool_dir = sys.argv[1:]
recorder = Recorder("w", "W", url=url, spool_dir=spool_dir, drain_timeout_s=30)
recorder.execution(execution_id="open").begin()
