"""
Log a record, print `written`, and keep the history open until the input ends.

Usage: PATH.
"""

from __future__ import annotations

import sys

from flightlog.logger import ExecutionLogger
from support.records import record

logger = ExecutionLogger(sys.argv[1])
logger.log_execution(record("in-the-log"))
print("written", flush=True)
sys.stdin.read()
