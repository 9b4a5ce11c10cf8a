"""
Copy a history, and die by SIGKILL after a number of pages or at a step within a page.

Usage: SOURCE TARGET PROGRESS PAGES. The program prints the number of executions after which the
copy went on.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from flightlog.copying.copying import Copy, Step
from flightlog.copying.progress import ProgressFile
from flightlog.logger import ExecutionLogger

source, target, progress, pages = sys.argv[1:]
left = int(pages)


def die(_step: Step, _executions: int) -> None:
    """Die after the last page."""
    global left  # noqa: PLW0603 - a program of one function
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


file = ProgressFile(Path(progress))
place = file.read()
print(0 if place is None else place.executions, flush=True)
with ExecutionLogger(source, read_only=True) as reading, ExecutionLogger(target) as writing:
    Copy(reading.reader, writing.reader, writing.writer, file, die).run()
