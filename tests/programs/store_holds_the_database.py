"""
Begin a write transaction, print an empty line, and wait for a line of input.

Usage: PATH.
"""

from __future__ import annotations

import sys

import apsw

connection = apsw.Connection(sys.argv[1])
connection.execute("BEGIN IMMEDIATE")
print(flush=True)
input()
