"""
Check a database's integrity with Python's own SQLite, and print the executions' ids as JSON.

Usage: PATH.
"""

from __future__ import annotations

import json
import sqlite3
import sys

connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
print(json.dumps([row[0] for row in connection.execute("SELECT id FROM executions")]))
