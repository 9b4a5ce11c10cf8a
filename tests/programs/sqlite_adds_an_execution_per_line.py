"""
Insert an execution into an editor's database for each id on the standard input.

Usage: PATH.
"""

from __future__ import annotations

import sqlite3
import sys

INSERT = """
INSERT INTO executions (id, workflow_id, workflow_name, status, started_at, trigger_type,
                        trigger_data)
VALUES (?, 'w', 'W', 'success', '2026-01-01T00:00:00Z', 't', '{}')
"""

connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for line in sys.stdin:
    connection.execute(INSERT, (line.strip(),))
    print("written", flush=True)
