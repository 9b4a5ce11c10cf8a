"""
Purge a value, killed at the n-th step: a statement, a portion of SQLite's work, or a file's name.

Usage: the value's UTF-8 in hexadecimal digits. Each line of the standard input is a number n and a
history. A child process of this program dies at its n-th step, and the program prints `killed`; or
the child has fewer steps, and the program prints `done`.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any, Final

import apsw

from flightlog.purge.forms import ValueForms
from flightlog.purge.places import find_places
from flightlog.purge.values import purge_value

_STEPS: Final = frozenset({"open", "os.remove", "os.rename"})
_OPCODES: Final = 40


def run(last_step: int, history: Path) -> None:
    """Purge in this process, and die at a step."""
    steps = 0

    def count(*_arguments: Any) -> bool:
        nonlocal steps
        steps += 1
        if steps == last_step:
            os.kill(os.getpid(), signal.SIGKILL)
        return False

    def audit(event: str, _arguments: tuple[Any, ...]) -> None:
        if event in _STEPS:
            count()

    def follow(connection: apsw.Connection) -> None:
        connection.set_progress_handler(count, _OPCODES)

    sys.addaudithook(audit)
    apsw.connection_hooks.append(follow)
    value = bytes.fromhex(sys.argv[1]).decode()
    purge_value(
        find_places(history, [history.parent / "spool"]), ValueForms(value), lambda _path: None
    )


for line in sys.stdin:
    step, path = line.rstrip("\n").split(" ", 1)
    child = os.fork()
    if child == 0:
        run(int(step), Path(path))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print("killed" if os.WIFSIGNALED(status) else f"done {os.waitstatus_to_exitcode(status)}")
    sys.stdout.flush()
