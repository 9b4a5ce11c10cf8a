"""
Run a command of Flightlog while a thread prints in Python, in C, and in child processes.

Usage: the command's arguments.
"""

from __future__ import annotations

import ctypes
import logging
import os
import subprocess
import sys
import threading

from flightlog.cli import main


def print_until(stop: threading.Event) -> None:
    while not os.path.samestat(os.fstat(1), os.fstat(2)):
        pass
    logging.basicConfig(stream=sys.stdout, level=logging.DEBUG)
    c = ctypes.CDLL(None)
    while not stop.wait(0.001):
        print("printed", flush=True)
        os.write(1, b"written\n")
        c.puts(b"put")
        c.fflush(None)
        subprocess.run(["echo", "echoed"], check=True)
        assert sys.stdin.read() == ""


stop = threading.Event()
thread = threading.Thread(target=print_until, args=(stop,))
thread.start()
try:
    main()
finally:
    stop.set()
    thread.join()
