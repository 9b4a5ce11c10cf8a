"""
Serve a history on any free port, print the address, and print `closed` at the end.

Usage: PATH.
"""

from __future__ import annotations

import sys

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings

with ExecutionLogger(sys.argv[1]) as logger:
    receiver = Receiver(logger, ReceiverSettings(port=0))
    print(receiver.url, flush=True)
    receiver.serve()
print("closed", flush=True)
