"""Whether those for whose sake this process runs are still there."""

from __future__ import annotations

import os
import sys
from typing import Final

POLL_S: Final = 0.5
"""How often it is looked, seconds."""


class ParentWatch:
    """
    The process that started this one, and the one that it says it works for.

    The end of standard input tells of their death too, unless another process holds it open. On
    Windows, where a process doesn't learn of its parent's death, that must be enough.
    """

    def __init__(self) -> None:
        self._parent = os.getppid()
        self._client: int | None = None

    def watch(self, process_id: int) -> None:
        """Take another process for one whose death counts."""
        self._client = process_id

    def gone(self) -> bool:
        """Whether one of them has died."""
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
