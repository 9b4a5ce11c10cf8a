"""
Make a pool before the first recorder, and see that its tasks have the recorder's scope.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(1)
before = ThreadPoolExecutor.submit
pool.submit(int).result()

import flightlog.capture  # noqa: E402 - after the pool

assert ThreadPoolExecutor.submit is before, "importing replaces nothing"
recorder = flightlog.capture.Recorder("w", url="http://127.0.0.1:9", spool_dir=sys.argv[1])
assert ThreadPoolExecutor.submit is not before
with recorder.execution() as execution:
    found = pool.submit(lambda: recorder.current).result()
assert found is execution
assert pool.submit(lambda: recorder.current).result() is None
