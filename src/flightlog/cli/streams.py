"""
Standard input, output and error of the program, even where the caller has closed them.

Commands write to `sys.stdout` and `sys.stderr` without a check, because this module makes sure that
both exist.
"""

from __future__ import annotations

import os
import sys
from typing import Final

_MODES: Final = ("r", "w", "w")


def open_standard_streams() -> None:
    """
    Open the null device in place of each standard stream that is closed.

    Otherwise the next opened file, e.g. the database, would get the stream's number, and child
    processes would write their output into the file.
    """
    for number, mode in enumerate(_MODES):
        try:
            os.fstat(number)
        except OSError:
            _open_nowhere(number)
        name = ("stdin", "stdout", "stderr")[number]
        if getattr(sys, name) is None:
            # Python sets a stream that is closed at start to None. The new stream stays open until
            # the process ends.
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def _open_nowhere(number: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
    os.set_inheritable(number, True)
