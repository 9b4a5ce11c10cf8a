"""
Let a signal handler raise while the spool is made, three times; print what was caught.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import signal
import sys
from typing import Any

from flightlog.capture import Recorder


def handle(_number: int, _frame: Any) -> None:
    raise TimeoutError("struck")


signal.signal(signal.SIGALRM, handle)
caught: list[tuple[Any, ...]] = []
armed: list[bool] = []


def strike(event: str, _arguments: tuple[Any, ...]) -> None:
    # Just before each call that makes, opens or locks a file of the spool.
    if armed and event in {"os.mkdir", "open", "fcntl.flock"}:
        armed.pop()
        signal.raise_signal(signal.SIGALRM)


sys.addaudithook(strike)
for number in range(3):
    recorder = Recorder("w", url="http://127.0.0.1:9", spool_dir=f"{sys.argv[1]}/{number}/a")
    armed.append(True)
    try:
        with recorder.execution():
            pass
    except TimeoutError as error:
        caught.append(error.args)
    armed.clear()
    recorder.close(0)
print(len(caught), caught[0])
