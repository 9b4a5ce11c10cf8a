"""A real `flightlog serve` in a child process: its port, its memory, its end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import httpx

_COMMAND: Final = [sys.executable, "-m", "benchmarks.server_alone", "serve", "--port", "0"]
_URL: Final = re.compile(r"http://127\.0\.0\.1:(\d+)")
_STOP_S: Final = 60


class Served:
    """
    A running receiver.

    Args:
        process: The receiver's process.
        port: The receiver's port.
    """

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    @property
    def resident_bytes(self) -> int:
        """The receiver's present memory, in bytes."""
        return self._memory("VmRSS")

    @property
    def peak_bytes(self) -> int:
        """The receiver's peak memory by the kernel's count, in bytes."""
        return self._memory("VmHWM")

    @property
    def family_bytes(self) -> int:
        """The present memory of the receiver and of its workers, in bytes."""
        pids = [self._process.pid]
        for children in Path(f"/proc/{self._process.pid}/task").glob("*/children"):
            pids += [int(pid) for pid in children.read_text().split()]
        total = 0
        for pid in pids:
            # A worker may end at any time.
            with suppress(FileNotFoundError, ProcessLookupError):
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                total += pages * os.sysconf("SC_PAGE_SIZE")
        return total

    def _memory(self, field: str) -> int:
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == field:
                return int(value.split()[0]) * 1024
        raise AssertionError(f"no {field} in the receiver's status")


@contextmanager
def serving(database: Path, *options: str) -> Iterator[Served]:
    """
    Run a receiver while the `with` block runs, and end it in good order with SIGTERM.

    Args:
        database: The path of the history.
        options: More options of `flightlog serve`.

    Yields:
        The running receiver.

    Raises:
        AssertionError: The receiver didn't start, or didn't end well.
    """
    with subprocess.Popen(
        [*_COMMAND, "--db", database, *options], stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            assert child.stdout is not None
            said = child.stdout.readline()
            found = _URL.search(said)
            if found is None:
                raise AssertionError(f"the receiver didn't start: {said!r}")
            served = Served(child, int(found[1]))
            httpx.get(f"{served.url}/health", timeout=30).raise_for_status()
            yield served
        finally:
            child.terminate()
            try:
                child.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
                raise
    if child.returncode != 0:
        raise AssertionError(f"the receiver ended with code {child.returncode}")
