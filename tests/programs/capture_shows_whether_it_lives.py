"""
Print whether spools are alive: after a child's end, and from a child after the parent's end.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import os
import select
import sys
from pathlib import Path

from flightlog.capture import Recorder
from flightlog.spool import list_spools

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
with recorder.execution():
    pass
child = os.fork()
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
print([spool.alive for spool in list_spools(Path(sys.argv[1]))])
parent = os.pidfd_open(os.getpid())
if os.fork() == 0:
    select.select([parent], [], [])
    spools = list_spools(Path(sys.argv[1]))
    print([spool.alive for spool in spools], flush=True)
    os._exit(0)
sys.stdout.flush()
os._exit(0)
