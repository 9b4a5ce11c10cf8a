"""
`KeptTexts`: keeps what searches have read of executions that wait for the search index.

While more executions arrive than are indexed, every search goes through the same waiting ones.
Their text is read and decompressed once, and stays in memory, so that the next search only searches
that text.
"""

from __future__ import annotations

import threading
from typing import Final

MOST_BYTES: Final = 32 * 2**20
"""The most bytes of text that are kept."""


class KeptTexts:
    """
    The texts of waiting executions, the oldest of which make place; used by all readers of a file.

    The number of an execution's note (`search_pending`) changes with each change of the execution.
    A text is therefore right for every transaction that sees the same number.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: dict[tuple[int, int], bytes] = {}
        self._bytes = 0

    def find(self, ordinal: int, version: int) -> bytes | None:
        """
        Find the text of an execution.

        Args:
            ordinal: The execution.
            version: The number of its note.

        Returns:
            The text in folded case; None if it is not kept.
        """
        return self._texts.get((ordinal, version))

    def keep(self, ordinal: int, version: int, text: bytes) -> None:
        """
        Keep the text of an execution.

        Args:
            ordinal: The execution.
            version: The number of its note.
            text: The text in folded case.
        """
        with self._lock:
            self._bytes += len(text) - len(self._texts.pop((ordinal, version), b""))
            self._texts[ordinal, version] = text
            while self._bytes > MOST_BYTES:
                self._bytes -= len(self._texts.pop(next(iter(self._texts))))
