"""
Record on a disk that fails; `support.disk.strikes` starts this program.

Usage: CONTROL. Each line of the standard input has a word and a directory. A child process records
executions whose spool is in the directory, and prints `stored` with each execution's id, and `lost`
with the number of messages that the recorder counts as lost. With the word `synced spool` it also
syncs the spool after each execution, and prints `refused` with the trouble that the recorder
reports. The program then prints `ended` with the child's exit code, or `killed`.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from flightlog.capture import Recorder
from support.disk.control import Control
from support.disk.strikes import SYNCED


def report(line: str) -> None:
    """Print a line at once."""
    os.write(1, f"{line}\n".encode())


def record_runs(recorder: Recorder, name: str, count: int) -> None:
    """Record executions of one node, and report their ids."""
    for number in range(count):
        with recorder.execution() as execution:
            with execution.node(f"{name}-{number}") as node:
                node.output = "x" * 20_000
        report(f"stored {execution.id}")


def sync(recorder: Recorder) -> None:
    """Sync the spool at once, instead of within a second, and report what the recorder reports."""
    spool = recorder._context.pipeline._spool
    assert spool is not None
    spool.sync()
    if spool.trouble is not None:
        report(f"refused {spool.trouble}")


def work(place: Path, control: Control, *, syncs: bool) -> None:
    """Record while the disk fails, and afterwards."""
    try:
        os.environ["TMPDIR"] = str(place)
        control.arm()
        recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=place / "spool")
        for number in range(6):
            record_runs(recorder, f"during-{number}", 1)
            if syncs:
                sync(recorder)
        control.disarm()
        record_runs(recorder, "after", 2)
        if syncs:
            sync(recorder)
        report(f"lost {recorder.status().lost}")
    except BaseException:  # noqa: BLE001 - reported; this process must end here
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


memory = Control(Path(sys.argv[1]))
for line in sys.stdin:
    activity, _, path = line.rstrip("\n").partition("\t")
    child = os.fork()
    if child == 0:
        work(Path(path), memory, syncs=activity == SYNCED)
    _, status = os.waitpid(child, 0)
    report("killed" if os.WIFSIGNALED(status) else f"ended {os.waitstatus_to_exitcode(status)}")
