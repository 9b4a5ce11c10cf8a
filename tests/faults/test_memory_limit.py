"""Recording never ends a process at its memory limit, as in a container."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import resource, sys
from flightlog.capture import Recorder
recorder = Recorder("w", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=0)
values = {
    "text": "x y" * 300_000,
    "texts": ["abc def"] * 90_000,
    "dict": {f"k{number}": number for number in range(60_000)},
    "bytes": bytes([255]) * 700_000,
    "secrets": "password=hunter22 " * 50_000,
    "sets": [{1, 2}] * 30_000,
    "escapes": "\\0" * 900_000,
}
value = values[sys.argv[2]]
with recorder.execution() as run, run.node("warm") as node:
    node.output = {1: "password=hunter22"}
payload = recorder._context.payloads.encode
with open("/proc/self/status") as status:
    taken = next(int(line.split()[1]) for line in status if line.startswith("VmSize")) * 1024
resource.setrlimit(resource.RLIMIT_AS, (taken + 5_000_000, resource.RLIM_INFINITY))
hog = []
try:
    while True:
        hog.append(bytearray(int(sys.argv[3])))
except MemoryError:
    pass
for _ in range(8):
    try:
        payload(value, "input")
    except MemoryError:
        pass
    hog.pop()
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
hog.clear()
print("lived", len(payload(value, "input")) > 1000)
import os
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is set by Linux's RLIMIT_AS")
@pytest.mark.parametrize("step", [2_000, 300_000])
@pytest.mark.parametrize("kind", ["text", "texts", "dict", "bytes", "secrets", "sets", "escapes"])
def test_process_at_its_memory_limit_lives(kind: str, step: int, tmp_path: Path) -> None:
    """Encoding and redaction raise at most a MemoryError, and work again with free memory."""
    command = [sys.executable, "-c", CODE, str(tmp_path), kind, str(step)]
    # Measuring the child's coverage would take the memory that the limit leaves.
    environment = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    child = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert (child.returncode, child.stdout.strip()) == (0, "lived True"), child.stderr[-500:]
