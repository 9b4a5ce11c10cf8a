"""
Record nodes in a pool of processes.

Usage: SPOOL_DIR METHOD, where METHOD is a start method of multiprocessing.
"""

from __future__ import annotations

import multiprocessing
import sys

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)


@recorder.node("square")
def square(number: int) -> int:
    return number * number


if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[2]).Pool(2) as pool:
        assert pool.map(square, range(20)) == [number * number for number in range(20)]
        pool.close()
        pool.join()
