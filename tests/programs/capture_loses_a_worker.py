"""
Let a forked worker die in a node; then end the parent, too.

Usage: SPOOL_DIR WORKER_END PARENT_END, where WORKER_END is `exit`, `kill` or `terminate`, and
PARENT_END is `return`, `exit` or `kill`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from multiprocessing import get_context
from multiprocessing.synchronize import Event

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
worker_end, parent_end = sys.argv[2:]


def work(ready: Event) -> None:
    with execution.node("work"):
        ready.set()
        match worker_end:
            case "exit":
                os._exit(3)
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "terminate":
                threading.Event().wait()


context = get_context("fork")
with recorder.execution(trigger="t") as execution:
    with execution.node("own"):
        ready = context.Event()
        worker = context.Process(target=work, args=(ready,))
        worker.start()
        ready.wait()
        if worker_end == "terminate":
            worker.terminate()
        worker.join()
    if parent_end == "exit":
        os._exit(0)
    if parent_end == "kill":
        sys.stdout.flush()
        recorder.flush(0)
        os.kill(os.getpid(), signal.SIGKILL)
