from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from support.ipc_client import IpcClient, history_of
from support.waiting import until

from .conftest import is_closed


def test_it_ends_with_the_process_it_works_for(project: Path, client: IpcClient) -> None:
    """`initialize` names a process; its death ends the session although the input stays open."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as editor:
        client.call("initialize", {"processId": editor.pid})
        editor.kill()
        editor.wait()
        assert client.wait() == 0
    assert is_closed(history_of(project))


PARENT = textwrap.dedent(
    """
    import subprocess, sys
    held_open = int(sys.argv[1])
    child = subprocess.Popen(
        [sys.executable, "-m", "flightlog.cli", "ipc", "--port", "0", "--project", sys.argv[2]],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[held_open],
    )
    grandchild = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"],
        pass_fds=[child.stdin.fileno(), child.stdout.fileno()],
    )
    body = b'{"jsonrpc":"2.0","id":1,"method":"initialize"}'
    child.stdin.write(b"Content-Length: %d\\r\\n\\r\\n%b" % (len(body), body))
    child.stdin.flush()
    child.stdout.readline()
    print(grandchild.pid, flush=True)
    child.wait()
    """
)


def test_it_ends_with_its_parent_though_its_input_is_held_open(project: Path) -> None:
    """
    The session ends although a grandchild of the killed parent holds both pipes open.

    Only the child has the third pipe, so its end shows that the child has ended.
    """
    reading, writing = os.pipe()
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(writing), str(project)],
        stdout=subprocess.PIPE,
        pass_fds=[writing],
    )
    os.close(writing)
    assert parent.stdout is not None
    grandchild = int(parent.stdout.readline())
    try:
        parent.kill()
        parent.wait()
        parent.stdout.close()
        with os.fdopen(reading, "rb") as held_open:
            assert held_open.read() == b""
        until(lambda: is_closed(history_of(project)), "the database to be closed")
    finally:
        os.kill(grandchild, signal.SIGKILL)
