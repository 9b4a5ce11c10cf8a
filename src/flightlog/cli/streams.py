"""
Standard input, output and error of the program, also where the caller has closed them.

A command writes to `sys.stdout` and `sys.stderr` without asking whether they are there.
"""

from __future__ import annotations

import os
import sys
from typing import Final

_MODES: Final = ("r", "w", "w")


def open_standard_streams() -> None:
    """
    Open the null device in the place of each standard stream that is closed.

    Otherwise the next file that is opened, e.g. the database, would get the stream's number, and
    child processes would write their output into it.
    """
    for number, mode in enumerate(_MODES):
        try:
            os.fstat(number)
        except OSError:
            _open_nowhere(number)
        name = ("stdin", "stdout", "stderr")[number]
        if getattr(sys, name) is None:
            # A stream that is closed at start is None; it is never closed before the process ends.
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def _open_nowhere(number: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
    os.set_inheritable(number, True)
