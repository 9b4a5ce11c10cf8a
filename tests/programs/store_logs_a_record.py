"""
Log one record, and close the history.

Usage: PATH EXECUTION_ID.
"""

from __future__ import annotations

import sys

from flightlog.logger import ExecutionLogger
from support.records import record

path, execution_id = sys.argv[1:]
with ExecutionLogger(path) as logger:
    logger.log_execution(record(execution_id))
