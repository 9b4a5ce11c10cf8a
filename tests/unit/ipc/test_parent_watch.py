from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from support.ipc_client import IpcClient, history_of
from support.programs import program_command
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


def test_it_ends_with_its_parent_though_its_input_is_held_open(project: Path) -> None:
    """
    The session ends although a grandchild of the killed parent holds both pipes open.

    Only the child has the third pipe, so its end shows that the child has ended.
    """
    reading, writing = os.pipe()
    parent = subprocess.Popen(
        program_command("ipc_parent_of_a_session", writing, project),
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
