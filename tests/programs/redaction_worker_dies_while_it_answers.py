"""
Read one body as a worker that redacts does, answer the place of its redacted record, and end.

The arguments of a worker are ignored.
"""

from __future__ import annotations

import sys

from flightlog.child_process import LENGTH, read_frame, write_frame

for _ in ("configuration", "kind", "body"):
    read_frame(sys.stdin.buffer)
write_frame(sys.stdout.buffer, LENGTH.pack(0))
