"""
Log records without end, and print the id of each acknowledged record.

Usage: PATH NAME CHECKPOINT_BYTES.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from flightlog.logger import ExecutionLogger
from flightlog.store.sqlite import SqliteSettings, SqliteStore
from support.records import record

path, name, checkpoint_bytes = sys.argv[1:]
settings = SqliteSettings(checkpoint_bytes=int(checkpoint_bytes))
with ExecutionLogger(store=SqliteStore(Path(path), settings)) as logger:
    for number in itertools.count():
        execution_id = f"{name}-{number}"
        logger.log_executions([record(execution_id), record(f"{execution_id}-twin")])
        print(execution_id, flush=True)
