from __future__ import annotations

import errno
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from flightlog.errors import InvalidSettingError, PortInUseError
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.server import _listen_error

MakeRecord = Callable[..., dict[str, Any]]

SERVE = """
import sys
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings

with ExecutionLogger(sys.argv[1]) as logger:
    receiver = Receiver(logger, ReceiverSettings(port=0))
    print(receiver.url, flush=True)
    receiver.serve()
print("closed", flush=True)
"""
ANY_PORT = ReceiverSettings(port=0)


def test_a_port_in_use_is_one_clear_line(own_logger: ExecutionLogger) -> None:
    """A second receiver on a port names the port and the setting for another port, in one line."""
    first = Receiver(own_logger, ANY_PORT)
    try:
        with pytest.raises(PortInUseError) as caught:
            Receiver(own_logger, ReceiverSettings(port=first.port))
    finally:
        first.close()
    text = str(caught.value)
    assert str(first.port) in text
    assert "--port" in text
    assert "\n" not in text


def test_the_same_port_again_right_after(own_logger: ExecutionLogger) -> None:
    """A restart doesn't wait until the system forgets the connections of the last run."""
    with Receiver(own_logger, ANY_PORT).running() as first:
        assert httpx.get(f"{first.url}/health").status_code == 200
    with Receiver(own_logger, ReceiverSettings(port=first.port)).running() as second:
        assert httpx.get(f"{second.url}/health").status_code == 200


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_a_host_that_is_not_this_machine(host: str, own_logger: ExecutionLogger) -> None:
    """An address or name of another machine is a wrong setting, reported in one line."""
    with pytest.raises(InvalidSettingError) as caught:
        Receiver(own_logger, ReceiverSettings(host=host, port=0))
    assert caught.value.setting == "host"


def test_a_port_that_is_not_allowed() -> None:
    """The system's refusal of a low port names the port."""
    error = _listen_error(PermissionError(errno.EACCES, "Permission denied"), "127.0.0.1", 80)
    assert isinstance(error, InvalidSettingError)
    assert error.setting == "port"


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_ipv6(own_logger: ExecutionLogger) -> None:
    """A receiver listens on an IPv6 address, and its URL is usable as written."""
    with Receiver(own_logger, ReceiverSettings(host="::1", port=0)).running() as receiver:
        assert receiver.url == f"http://[::1]:{receiver.port}"
        assert httpx.get(f"{receiver.url}/health").status_code == 200


@pytest.mark.parametrize("host", ["localhost", "0.0.0.0"])
def test_the_url_can_be_opened(host: str, own_logger: ExecutionLogger) -> None:
    """For every listen address, `url` is usable by a client of this machine."""
    with Receiver(own_logger, ReceiverSettings(host=host, port=0)).running() as receiver:
        assert httpx.get(f"{receiver.url}/health").status_code == 200
        assert httpx.get(f"http://127.0.0.1:{receiver.port}/health").status_code == 200


def test_nothing_is_left_after_running(own_logger: ExecutionLogger) -> None:
    """After stopping, the receiver's threads have ended and its port is free."""
    before = set(threading.enumerate())
    with Receiver(own_logger, ANY_PORT).running() as receiver:
        assert httpx.get(f"{receiver.url}/health").status_code == 200
    left = {one.name for one in set(threading.enumerate()) - before}
    assert not {name for name in left if name.startswith("flightlog")}
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{receiver.url}/health")


def test_requests_before_it_serves_wait(own_logger: ExecutionLogger) -> None:
    """The port listens from the start, so that an early client is served."""
    receiver = Receiver(own_logger, ANY_PORT)
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=30) as early:
        early.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        with receiver.running():
            assert early.recv(1024).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order(
    number: signal.Signals, tmp_path: Path, make_record: MakeRecord
) -> None:
    """
    `serve()` returns on SIGINT and SIGTERM.

    Its caller closes the history and nothing is lost.
    """
    database = tmp_path / "executions.db"
    record = make_record()
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SERVE, str(database)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert httpx.post(f"{url}/api/executions", json=record).status_code == 200
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (out, err, process.returncode) == ("closed\n", "", 0)
    with ExecutionLogger(database) as logger:
        assert logger.get_execution(record["id"]) is not None
