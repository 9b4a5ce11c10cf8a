from __future__ import annotations

import errno
import shutil
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from flightlog.delivery.http import HttpDestination
from flightlog.errors import InvalidSettingError, PortInUseError
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.listening import _make_listen_error
from flightlog.secret_key import load_secret_key
from support.access import NOBODY
from support.programs import program_command
from support.records import record

MakeRecord = Callable[..., dict[str, Any]]

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


def test_a_late_start_serves_the_first_request(
    own_logger: ExecutionLogger, make_record: MakeRecord
) -> None:
    """Connections wait until the HTTP server is imported, and requests for its routes."""
    with Receiver(own_logger, ANY_PORT, starts_late=True).running() as receiver:
        record = make_record(id="late")
        assert httpx.post(f"{receiver.url}/api/executions", json=record).status_code == 200
        assert httpx.get(f"{receiver.url}/api/executions/late").json()["id"] == "late"
        allowed = httpx.options(f"{receiver.url}/api/executions/late").headers["allow"]
    assert allowed == "DELETE, GET, OPTIONS"


def test_a_late_start_that_never_happens(own_logger: ExecutionLogger) -> None:
    """A receiver that nobody called ends."""
    with Receiver(own_logger, ANY_PORT, starts_late=True).running() as receiver:
        assert receiver.port > 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(receiver.url)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_a_host_that_is_not_this_machine(host: str, own_logger: ExecutionLogger) -> None:
    """An address or name of another machine is a wrong setting, reported in one line."""
    with pytest.raises(InvalidSettingError) as caught:
        Receiver(own_logger, ReceiverSettings(host=host, port=0))
    assert caught.value.setting == "host"


def test_a_port_that_is_not_allowed() -> None:
    """The system's refusal of a low port names the port."""
    error = _make_listen_error(PermissionError(errno.EACCES, "Permission denied"), "127.0.0.1", 80)
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
    settings = ReceiverSettings(host=host, port=0, behind_proxy=True)
    with Receiver(own_logger, settings).running() as receiver:
        assert httpx.get(f"{receiver.url}/health").status_code == 200
        assert httpx.get(f"http://127.0.0.1:{receiver.port}/health").status_code == 200


def own_threads(before: set[threading.Thread]) -> set[str]:
    """List the names of Flightlog's threads that did not run before."""
    names = {thread.name for thread in set(threading.enumerate()) - before}
    return {name for name in names if name.startswith("flightlog")}


def test_nothing_is_left_after_running(own_logger: ExecutionLogger) -> None:
    """After stopping, the receiver's threads have ended and its port is free."""
    before = set(threading.enumerate())
    with Receiver(own_logger, ANY_PORT).running() as receiver:
        assert httpx.get(f"{receiver.url}/health").status_code == 200
        assert own_threads(before)
    assert not own_threads(before)
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
        program_command("receiver_serves", database, options=("-W", "error")),
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


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Make a certificate for this machine, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*request, *names, *files], check=True, capture_output=True)
    return certificate, key


def test_a_receiver_with_a_certificate_serves_tls(
    certificate: tuple[Path, Path], own_logger: ExecutionLogger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other machines may reach it; its own origin is https, and capture delivers to it."""
    settings = ReceiverSettings(
        host="0.0.0.0", port=0, tls_certificate=certificate[0], tls_key=certificate[1]
    )
    context = ssl.create_default_context(cafile=str(certificate[0]))
    with (
        Receiver(own_logger, settings).running() as receiver,
        httpx.Client(base_url=receiver.url, verify=context, timeout=30) as client,
    ):
        assert receiver.url.startswith("https://127.0.0.1:")
        assert receiver.bound_url.startswith("https://0.0.0.0:")
        assert client.get("/api/stats").status_code == 200
        assert client.get("/api/stats", headers=NOBODY).status_code == 401
        assert client.get("/health", headers={"origin": receiver.url}).status_code == 200
        plain = receiver.url.replace("https", "http")
        assert client.get("/health", headers={"origin": plain}).status_code == 403
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        destination = HttpDestination(receiver.url, load_secret_key())
        line = msgspec.json.encode(record("sent"))
        assert destination.send([line]).outcome == "delivered"
        destination.close()


def test_an_address_for_other_machines_needs_encryption(
    certificate: tuple[Path, Path], own_logger: ExecutionLogger, tmp_path: Path
) -> None:
    """The error says how to encrypt, and a certificate that can't be used is named."""
    with pytest.raises(InvalidSettingError, match="nothing encrypts") as caught:
        Receiver(own_logger, ReceiverSettings(host="0.0.0.0", port=0))
    assert "--tls-certificate" in caught.value.hint
    for files in ((tmp_path / "none.pem", None), (certificate[1], None), certificate[::-1]):
        settings = ReceiverSettings(port=0, tls_certificate=files[0], tls_key=files[1])
        with pytest.raises(InvalidSettingError) as caught:
            Receiver(own_logger, settings)
        assert caught.value.setting == "tls_certificate"
    with pytest.raises(InvalidSettingError):
        ReceiverSettings(tls_key=certificate[1])
