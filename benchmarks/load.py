"""
Sends bodies to a receiver from a process of its own, over several connections, each body once.

By `wrk` with `load.lua` where it is installed (Debian: `apt install wrk`), which costs little of
the machine; else by `load_client`, in Python, which takes a good part of it from the receiver.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

CONNECTIONS: Final = 8
ContentType = Literal["application/json", "application/x-ndjson"]
_MARK: Final = "RESULT "
_PATIENCE_S: Final = 600
_MEMORY: Final = Path("/dev/shm")
_SCRIPT: Final = Path(__file__).with_name("load.lua")


class LoadResult(Struct, frozen=True, kw_only=True):
    """What became of the bodies."""

    seconds: float
    """From the first request to the last answer."""
    succeeded: int
    """Answers that say 200 and success."""
    refused: int
    """Other answers."""
    broken: int
    """Connections that failed or timed out."""
    example: str
    """One of the other answers."""
    p50_ms: float
    """Half of the requests took at most so long."""
    p99_ms: float
    """99 of 100 took at most so long."""


def client_name() -> str:
    """Which client `send` uses."""
    return "asyncio client" if shutil.which("wrk") is None else "wrk"


def send(bodies: Sequence[bytes], port: int, content_type: ContentType) -> LoadResult:
    """
    Send each body once and wait for all answers.

    Raises:
        AssertionError: Not every one was answered with success.
    """
    # In memory where there is such a place: written to a disk, the bodies would be in the way of
    # the receiver's own writes.
    place = _MEMORY if _MEMORY.is_dir() else None
    with tempfile.NamedTemporaryFile(prefix="flightlog-bench-", dir=place) as file:
        for body in bodies:
            file.write(b"%08x" % len(body))
            file.write(body)
        file.flush()
        result = _run(Path(file.name), port, content_type, len(bodies))
    if result.succeeded != len(bodies) or result.refused or result.broken:
        raise AssertionError(f"{len(bodies)} bodies sent, but {result}")
    return result


def _run(file: Path, port: int, content_type: ContentType, count: int) -> LoadResult:
    arguments = [str(file), content_type, str(count)]
    url = f"http://127.0.0.1:{port}"
    wrk = shutil.which("wrk")
    if wrk is None:
        command = [sys.executable, "-m", "benchmarks.load_client", str(port), *arguments]
    else:
        options = ["-t1", f"-c{CONNECTIONS}", "-d3600", "--timeout", "60s"]
        command = [wrk, *options, "-s", str(_SCRIPT), url, "--", *arguments]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, timeout=_PATIENCE_S)
    for line in ended.stdout.splitlines():
        if line.startswith(_MARK):
            return msgspec.json.decode(line.removeprefix(_MARK), type=LoadResult)
    raise AssertionError(f"{command[0]} said no result: {ended.stdout}{ended.stderr}")
