"""
Back up or restore a history, killed at the n-th step that names a file or copies pages.

Usage: `backup` HISTORY FILE, or `restore` FILE HISTORY. Each line of the standard input is a number
n. A child process of this program dies at its n-th step, and the program prints `killed`; or the
child has fewer steps, and the program prints `done`.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any, Final

from flightlog.store.sqlite.backup import back_up
from flightlog.store.sqlite.restore import restore

_STEPS: Final = frozenset({"open", "os.link", "os.remove", "os.rename"})

action, source, target = sys.argv[1:]


def run(last_step: int) -> None:
    """Run the action in this process, and die at a step."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1
        if steps == last_step:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(event: str, _arguments: tuple[Any, ...]) -> None:
        if event in _STEPS:
            count()

    sys.addaudithook(audit)
    if action == "backup":
        back_up(Path(source), Path(target), overwrite=True, on_pages=lambda *_: count())
    else:
        restore(Path(source), Path(target), on_pages=lambda *_: count())


for line in sys.stdin:
    child = os.fork()
    if child == 0:
        run(int(line))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print("killed" if os.WIFSIGNALED(status) else f"done {os.waitstatus_to_exitcode(status)}")
    sys.stdout.flush()
