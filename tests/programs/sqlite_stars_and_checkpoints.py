"""
Star executions with Python's own SQLite, with a checkpoint before and after.

Usage: PATH EXECUTION_ID.
"""

from __future__ import annotations

import sqlite3
import sys

connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
connection.execute("UPDATE executions SET starred = 1 WHERE id = ?", sys.argv[2:])
connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
