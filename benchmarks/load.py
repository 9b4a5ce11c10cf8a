"""
Sends each body once to a receiver, from a separate process, over several connections.

The client is `wrk` with `load.lua` where `wrk` is installed (Debian: `apt install wrk`), because
`wrk` needs little CPU. Otherwise the client is `load_client` in Python, which takes a good part of
the CPU from the receiver.
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
    """The results of a load."""

    seconds: float
    """The time from the first request to the last answer, in seconds."""
    succeeded: int
    """The number of answers with 200 and success."""
    refused: int
    """The number of other answers."""
    broken: int
    """The number of connections that failed or timed out."""
    example: str
    """An example of the other answers."""
    p50_ms: float
    """The median duration of a request, in milliseconds."""
    p99_ms: float
    """The 99th percentile of the durations, in milliseconds."""


def client_name() -> str:
    """Return the name of the client that `send` uses."""
    return "asyncio client" if shutil.which("wrk") is None else "wrk"


def send(bodies: Sequence[bytes], port: int, content_type: ContentType) -> LoadResult:
    """
    Send each body once and wait for all answers.

    Args:
        bodies: The bodies of the requests.
        port: The receiver's port on loopback.
        content_type: The content type of every body.

    Returns:
        The results, in which every body succeeded.

    Raises:
        AssertionError: A body wasn't answered with success.
    """
    # The file is in memory where possible, because writing the bodies to a disk would compete with
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
