"""`ParentWatch`: whether the processes that this process works for are still alive."""

from __future__ import annotations

import os
import sys
from typing import Final

POLL_S: Final = 0.5
"""The time between two checks, seconds."""


class ParentWatch:
    """
    Watches the process that started this one, and the process that `initialize` named.

    The end of standard input also reports their death, unless another process holds the pipe open.
    On Windows a process doesn't learn of its parent's death, so only standard input counts there.
    """

    def __init__(self) -> None:
        self._parent = os.getppid()
        self._client: int | None = None

    def watch(self, process_id: int) -> None:
        """
        Watch another process too.

        Args:
            process_id: The process whose death counts.
        """
        self._client = process_id

    def gone(self) -> bool:
        """
        Check whether a watched process has died.

        Returns:
            Whether at least one has died; always False on Windows.
        """
        if sys.platform == "win32":
            return False
        return os.getppid() != self._parent or not (self._client is None or _is_alive(self._client))


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
