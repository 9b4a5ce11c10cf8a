"""A session's life: its first answer, its project, and its end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from flightlog import __version__
from flightlog.ipc.channels import CHANNELS
from flightlog.logger import ExecutionLogger
from support.ipc_client import PROGRAM, IpcClient, IpcError, frame, history_of, read_frame
from support.programs import program_command, read_line, start_program
from support.waiting import until

from .conftest import fill, is_closed, run, send


def nobody_listens(port: int) -> bool:
    """Whether a port of this machine is free."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


UNLIMITED = {
    "enabled": True,
    "logLevel": "all",
    "retentionDays": 0,
    "maxExecutionsPerWorkflow": None,
    "overridesManifest": False,
}


def test_initialize_says_who_and_where(project: Path, client: IpcClient) -> None:
    """`initialize` returns name, version, capabilities, the receiver's address and the database."""
    reported = client.call("initialize", {"processId": os.getpid()})
    port = reported["receiver"]["port"]
    assert reported == {
        "name": "flightlog",
        "version": __version__,
        "protocolVersion": 2,
        "processId": client.process.pid,
        "capabilities": {
            "channels": [channel.name for channel in CHANNELS],
            "notifications": ["executions/changed", "workflow/progress"],
        },
        "receiver": {"url": f"http://127.0.0.1:{port}", "port": port, "requestedPort": 0},
        "databasePath": str(history_of(project)),
        "projectPath": str(project),
        "recording": UNLIMITED,
    }
    send(reported["receiver"]["url"], run("a"))
    assert client.call("execution:get", ["a"])["id"] == "a"


def test_a_port_that_is_taken_is_no_failure(project: Path) -> None:
    """The receiver chooses another port, and the answer contains the port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with IpcClient("--project", project, port=port) as client:
            receiver = client.call("initialize")["receiver"]
            assert receiver["requestedPort"] == port
            assert receiver["port"] not in (port, 0)
            send(receiver["url"], run("a"))
            client.wait_for_change("a")


def test_it_ends_with_its_input(project: Path) -> None:
    """Every earlier call is answered, the database is closed, and the port is free."""
    fill(project, *(run(f"run-{number}") for number in range(200)))
    with IpcClient("--project", project) as client:
        port = client.call("initialize")["receiver"]["port"]
        futures = [client.begin("execution:query", [{"limit": 100}])[1] for _ in range(40)]
        assert client.close() == 0
        assert all(len(future.result(0)) == 100 for future in futures)
    assert nobody_listens(port)
    assert is_closed(history_of(project))


def test_shutdown_refuses_and_exit_ends(project: Path, client: IpcClient) -> None:
    """After `shutdown` calls are refused; `exit` ends the process, as in VS Code's protocol."""
    assert client.call("shutdown") is None
    with pytest.raises(IpcError) as caught:
        client.call("execution:get", ["a"])
    assert caught.value.code == -32600
    client.notify("exit")
    assert client.wait() == 0
    assert is_closed(history_of(project))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_cleanly(project: Path, client: IpcClient, number: signal.Signals) -> None:
    """The process ends with exit code 0, as at the end of its input."""
    client.call("initialize")
    client.process.send_signal(number)
    assert client.wait() == 0
    assert is_closed(history_of(project))


def test_nothing_but_the_protocol_is_on_standard_output(project: Path, tmp_path: Path) -> None:
    """Prints in Python, in C and in a child process go to standard error."""
    with (tmp_path / "said").open("wb") as said:
        program = tuple(program_command("ipc_prints_meanwhile", "ipc"))
        with IpcClient("--project", project, program=program, stderr=said) as client:
            url = client.call("initialize")["receiver"]["url"]
            for number in range(50):
                send(url, run(f"run-{number}"))
                assert client.call("execution:get", [f"run-{number}"])["id"] == f"run-{number}"
            assert client.close() == 0
    words = set((tmp_path / "said").read_text().split())
    assert {"printed", "written", "put", "echoed"} <= words


def test_another_project_is_opened_and_left(
    project: Path, client: IpcClient, tmp_path: Path
) -> None:
    """The receiver follows the switch; without a path, the first history becomes current again."""
    url = client.call("initialize")["receiver"]["url"]
    lab = tmp_path / "lab"
    lab.mkdir()
    send(url, run("a"))
    answer = client.call("project/open", [str(lab)])
    assert answer == {
        "databasePath": str(history_of(lab)),
        "projectPath": str(lab),
        "recording": UNLIMITED,
    }
    send(url, run("b"))
    assert [
        execution["id"] for execution in client.call("execution:get-history", ["order-intake"])
    ] == ["b"]
    assert httpx.get(f"{url}/health").json()["history"]["executions"] == 1
    client.wait_for_change("b")
    assert client.notifications[-1]["params"]["projectPath"] == str(lab)
    assert client.call("project/open")["projectPath"] == str(project)
    assert [
        execution["id"] for execution in client.call("execution:get-history", ["order-intake"])
    ] == ["a"]


def test_the_receiver_moves_to_another_port(project: Path, client: IpcClient) -> None:
    """`receiver/listen` moves the receiver, refuses a port in use, and 0 releases the port."""
    first = client.call("initialize")["receiver"]["url"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(IpcError) as caught:
            client.call("receiver/listen", [port])
        assert caught.value.data["code"] == "port_in_use"
    send(first, run("a"))
    moved = client.call("receiver/listen", [port])
    assert moved == {"url": f"http://127.0.0.1:{port}", "port": port, "requestedPort": port}
    send(moved["url"], run("b"))
    with pytest.raises(httpx.ConnectError):
        send(first, run("c"))
    assert client.call("receiver/listen", [0])["port"] != port
    socket.create_server(("127.0.0.1", port)).close()


def test_a_record_of_the_main_process_is_stored_without_secrets(
    project: Path, client: IpcClient, tmp_path: Path
) -> None:
    """`executions/log` stores a record in a project without opening it."""
    lab = tmp_path / "lab"
    lab.mkdir()
    secret = run("a", trigger={"type": "http", "data": {"password": "hunter2-hunter2"}})
    assert client.call("executions/log", [secret, str(lab)]) == {"success": True}
    assert client.call("execution:get", ["a"]) is None
    found = client.call("execution:get", ["a", str(lab)])
    assert "hunter2" not in str(found["trigger"])


def test_a_project_that_cant_be_opened_leaves_the_last_one_open(
    project: Path, client: IpcClient, tmp_path: Path
) -> None:
    """The error has the store's own code and hint."""
    newer = tmp_path / "newer"
    newer.mkdir()
    fill(newer, run("a"))
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import apsw, sys; apsw.Connection(sys.argv[1]).pragma('user_version', 999)",
            history_of(newer),
        ],
        check=True,
    )
    for path, code in ((newer, "store_version"), (tmp_path / "nowhere", "store_unavailable")):
        with pytest.raises(IpcError) as caught:
            client.call("project/open", {"projectPath": str(path)})
        assert caught.value.code == -31000
        assert caught.value.data["code"] == code
        assert caught.value.data["hint"]
        assert caught.value.data["retryable"] is False
    assert client.call("initialize")["projectPath"] == str(project)


def test_without_a_project_it_is_the_chosen_database(tmp_path: Path) -> None:
    """The database is chosen as for other commands, and the answers name no project."""
    database = tmp_path / "history.db"
    with ExecutionLogger(database) as logger:
        logger.log_execution(run("a"))
    with IpcClient("--db", database) as client:
        reported = client.call("initialize")
        assert reported["databasePath"] == str(database)
        assert "projectPath" not in reported
        client.call("execution:delete", ["a"])
        client.wait_for_change("a")
        assert "projectPath" not in client.notifications[0]["params"]


def test_what_cant_start_says_why_and_speaks_no_protocol(tmp_path: Path) -> None:
    """The error is one line on standard error, with the exit code of other commands."""
    ended = subprocess.run(
        [*PROGRAM, "--project", tmp_path / "nowhere"], capture_output=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert b"does not exist" in ended.stderr


def test_a_reader_who_is_gone_is_no_failure(project: Path) -> None:
    """The answer is dropped, and the process ends normally."""
    child = subprocess.Popen(
        [*PROGRAM, "--project", project, "--port", "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(frame({"jsonrpc": "2.0", "id": 1, "method": "initialize"}))
    child.stdin.flush()
    assert read_frame(child.stdout)["id"] == 1
    child.stdout.close()
    child.stdin.write(frame({"jsonrpc": "2.0", "id": 2, "method": "initialize"}))
    child.stdin.flush()
    assert child.wait(60) == 0
    child.stdin.close()
    assert is_closed(history_of(project))


def test_reads_go_on_while_erasing_waits(project: Path, client: IpcClient) -> None:
    """While another process holds the database, reads continue; a waiting call can be cancelled."""
    fill(project, run("a"), run("b"))
    client.call("initialize")
    with start_program("store_holds_the_database", history_of(project)) as holder:
        read_line(holder)
        deletions = [client.begin("execution:delete", ["a"]) for _ in range(7)]
        assert client.call("execution:get", ["b"])["id"] == "b"
        assert not any(future.done() for _, future in deletions)
        deletions.append(client.begin("execution:delete", ["a"]))
        waiting, future = client.begin("execution:get", ["b"])
        client.cancel(waiting)
        client.cancel(deletions[0][0])
        with pytest.raises(IpcError) as caught:
            future.result(30)
        assert caught.value.code == -32800
        holder.communicate("\n")
    erased = [future.result(30)["success"] for _, future in deletions]
    assert sorted(erased) == [False] * 7 + [True]


def test_messages_that_are_none_are_answered(project: Path, client: IpcClient) -> None:
    """Invalid JSON-RPC messages and damaged frames get an error, and the session continues."""
    nothing: list[Any] = [
        [],
        "text",
        {"id": True, "method": "execution:get"},
        {"jsonrpc": "2.0", "id": True},
        {"jsonrpc": "2.0", "id": 1.5, "method": "execution:get"},
        {"jsonrpc": "2.0", "id": "\ud800", "method": "execution:get"},
        {"jsonrpc": "2.0", "id": None, "method": "execution:get"},
        {"jsonrpc": "2.0", "method": 7},
    ]
    for message in nothing:
        client.unaddressed.clear()
        client.send_bytes(frame(message))
        until(lambda: client.unaddressed, f"an answer to {message}")
        assert client.unaddressed[0]["error"]["code"] == -32600
    client.notify("no/such/notification")
    client.send_bytes(frame({"jsonrpc": "2.0", "id": "x", "result": 1}))
    client.cancel(999)
    client.notify("$/cancelRequest", ["odd"])
    with pytest.raises(IpcError) as caught:
        client.call("execution:get-everything")
    assert caught.value.code == -32601
    assert "execution:get-everything" in caught.value.message
    for damaged in (
        b"Content-Length: 3\r\n\r\n{x}",
        b"Content-Length: 2\r\n\r\n\xff\xff",
        b"Content-Length: 200000\r\n\r\n" + b"[" * 200_000,
        b"GET / HTTP/1.1\r\n\r\n",
        b'{"jsonrpc":"2.0","id":1,"method":"initialize"}',
    ):
        client.unaddressed.clear()
        client.send_bytes(damaged)
        client.call("initialize")
        until(lambda: client.unaddressed, f"an answer to {damaged[:40]!r}")
        assert [reported["error"]["code"] for reported in client.unaddressed] == [-32700]
    assert json.dumps(client.notifications) == "[]"


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
