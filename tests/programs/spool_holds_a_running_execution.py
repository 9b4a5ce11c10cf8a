"""
Append a running execution, print the spool's process id, and live until the input ends.

Usage: SPOOL_DIR URL RECORD, where the record is JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from flightlog.spool import SpoolWriter

directory, url, text = sys.argv[1:]
spool = SpoolWriter(Path(directory), url)
record = json.loads(text) | {"status": "running", "processId": spool.process_id}
spool.append(json.dumps(record).encode())
print(spool.process_id, flush=True)
sys.stdin.readline()
