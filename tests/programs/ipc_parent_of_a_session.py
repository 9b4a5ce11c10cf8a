"""
Start a session, and a child that holds the session's pipes open; print the child's process id.

Usage: FD PROJECT, where FD is a file descriptor that the session inherits.
"""

from __future__ import annotations

import subprocess
import sys

held_open, project = int(sys.argv[1]), sys.argv[2]
session = subprocess.Popen(
    [sys.executable, "-m", "flightlog.cli", "ipc", "--port", "0", "--project", project],
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    pass_fds=[held_open],
)
assert session.stdin is not None
assert session.stdout is not None
holder = subprocess.Popen(
    [sys.executable, "-c", "import time; time.sleep(600)"],
    pass_fds=[session.stdin.fileno(), session.stdout.fileno()],
)
body = b'{"jsonrpc":"2.0","id":1,"method":"initialize"}'
session.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
session.stdin.flush()
session.stdout.readline()
print(holder.pid, flush=True)
session.wait()
