"""
Append 100 messages while files may have at most 3000 bytes, and print the number of lost ones.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from flightlog.spool import SpoolLimits, SpoolWriter

resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
spool = SpoolWriter(Path(sys.argv[1]), "http://localhost:3000", SpoolLimits(reserve_bytes=2000))
for _ in range(100):
    spool.append(b'{"output":', b'"%b"' % (b"x" * 300), b"}")
print(spool.lost)
