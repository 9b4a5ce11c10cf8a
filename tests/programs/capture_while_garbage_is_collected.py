"""
Leave 1501 open streams to the garbage collector, which runs at every allocation.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)


@recorder.node
def rows() -> Iterator[int]:
    yield 1


class Ring:
    def __init__(self) -> None:
        self.itself = self
        self.rows = rows()


def leave() -> None:
    next(Ring().rows)


gc.set_threshold(1)
for _ in range(1500):
    leave()
recorder.register_secret("correct horse battery")
leave()
gc.set_threshold(700)
assert recorder.status().swallowed == 0
