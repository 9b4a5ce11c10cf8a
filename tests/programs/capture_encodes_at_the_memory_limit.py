"""
Encode a large value while the process is at its memory limit, and print `lived` afterwards.

Usage: SPOOL_DIR KIND STEP, where KIND names the value and STEP is the size of the pieces in which
the remaining memory is taken.
"""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path
from typing import Any

from flightlog.capture import Recorder

spool_dir, kind, step = sys.argv[1:]
recorder = Recorder("w", url="http://127.0.0.1:9", spool_dir=spool_dir, drain_timeout_s=0)
values: dict[str, Any] = {
    "text": "x y" * 300_000,
    "texts": ["abc def"] * 90_000,
    "dict": {f"k{number}": number for number in range(60_000)},
    "bytes": bytes([255]) * 700_000,
    "secrets": "password=hunter22 " * 50_000,
    "sets": [{1, 2}] * 30_000,
    "escapes": "\0" * 900_000,
}
value = values[kind]
with recorder.execution() as run, run.node("warm") as node:
    node.output = {1: "password=hunter22"}
encode = recorder.context.payloads.encode
with Path("/proc/self/status").open(encoding="utf-8") as status:
    taken = next(int(line.split()[1]) for line in status if line.startswith("VmSize")) * 1024
resource.setrlimit(resource.RLIMIT_AS, (taken + 5_000_000, resource.RLIM_INFINITY))
hog: list[bytearray] = []
try:
    while True:
        hog.append(bytearray(int(step)))
except MemoryError:
    pass
for _ in range(8):
    try:  # noqa: SIM105 - there is no memory for a context manager
        encode(value, "input")
    except MemoryError:
        pass
    hog.pop()
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
hog.clear()
print("lived", len(encode(value, "input") or b"") > 1000)
sys.stdout.flush()
os._exit(0)
