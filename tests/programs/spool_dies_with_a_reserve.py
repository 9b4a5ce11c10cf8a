"""
Append 100 messages, make the reserve, append further messages, and die by SIGKILL.

Usage: SPOOL_DIR CASE, where CASE is a name in `CASES`.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from flightlog.spool import SpoolLimits, SpoolWriter

directory, case = sys.argv[1:]
limits = SpoolLimits(segment_bytes=1000, reserve_bytes=1000)
spool = SpoolWriter(Path(directory), "http://localhost:3000", limits)


def append(count: int) -> None:
    for _ in range(count):
        spool.append(b'{"id":"run","status":"running"}')


def make_reserve() -> None:
    spool.make_reserve()
    append(1)


def append_while_it_is_made() -> None:
    overtaken: list[Any] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        # The file of the reserve is opened: other threads append meanwhile.
        if event == "open" and str(arguments[0]).endswith("reserve") and not overtaken:
            overtaken.append(arguments[0])
            append(100)

    sys.addaudithook(hook)
    spool.make_reserve()
    append(100)
    assert overtaken


def fork() -> None:
    spool.make_reserve()
    append(40)
    spool.make_reserve()
    if os.fork() == 0:
        spool.abandon()
        os._exit(0)
    os.wait()
    append(100)


def allow_no_space() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (900, 900))
    assert spool.directory is not None
    files = sorted(spool.directory.iterdir())
    spool.make_reserve()
    assert sorted(spool.directory.iterdir()) == files
    append(1)


CASES = {
    "made": make_reserve,
    "overtaken": append_while_it_is_made,
    "forked": fork,
    "no space": allow_no_space,
}
append(100)
CASES[case]()
os.kill(os.getpid(), signal.SIGKILL)
