"""
End the program while a recorded stream is open.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)


@recorder.node
def rows() -> Iterator[int]:
    yield 1


stream = rows()
next(stream)
