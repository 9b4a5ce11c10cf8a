"""
Die in the middle of a change without a write-ahead log, which leaves a hot journal.

Usage: PATH.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys

connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = DELETE")
connection.execute("PRAGMA cache_size = 1")
connection.execute("PRAGMA cache_spill = 1")
connection.execute("BEGIN")
for _ in range(50):
    connection.execute("UPDATE node_executions SET output = output || hex(randomblob(500))")
os.kill(os.getpid(), signal.SIGKILL)
