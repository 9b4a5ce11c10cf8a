"""
Work on a history whose disk fails; `support.disk.strikes` starts this program.

Usage: CONTROL. Each line of the standard input has an activity and a directory. A child process
carries out the activity, so that each fault strikes a new process. The program prints the child's
reports, and then `ended` with the child's exit code, or `killed`.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from support.disk.activities import ACTIVITIES, UNSYNCED, Workshop
from support.disk.control import Control


def report(line: str) -> None:
    """Print a line at once."""
    os.write(1, f"{line}\n".encode())


def work(activity: str, place: Path, control: Control) -> None:
    """Carry out an activity, and then store a record without faults."""
    workshop = Workshop(place=place, control=control, report=report)
    try:
        store = (ACTIVITIES | UNSYNCED)[activity](workshop)
        control.disarm()
        workshop.store(store)
        if not workshop.succeeded:
            report("stuck")
        store.close()
    except BaseException:  # noqa: BLE001 - reported; this process must end here
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


memory = Control(Path(sys.argv[1]))
for line in sys.stdin:
    name, _, directory = line.rstrip("\n").partition("\t")
    child = os.fork()
    if child == 0:
        work(name, Path(directory), memory)
    _, status = os.waitpid(child, 0)
    report("killed" if os.WIFSIGNALED(status) else f"ended {os.waitstatus_to_exitcode(status)}")
