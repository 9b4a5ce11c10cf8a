"""
Read a database in one transaction until the standard input ends, as a forgotten shell does.

Usage: PATH.
"""

from __future__ import annotations

import sys

import apsw

connection = apsw.Connection(sys.argv[1], flags=apsw.SQLITE_OPEN_READONLY)
connection.execute("BEGIN")
print(connection.execute("SELECT count(*) FROM executions").fetchall()[0][0], flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
connection.close()
