"""
Append records to a spool, print the spool's process id, and end without delivery.

Usage: SPOOL_DIR URL RECORD…, where each record is JSON.
"""

from __future__ import annotations

import sys
from pathlib import Path

from flightlog.spool import SpoolWriter

spool = SpoolWriter(Path(sys.argv[1]), sys.argv[2])
for record in sys.argv[3:]:
    spool.append(record.encode())
print(spool.process_id)
