"""A receiver on a Unix socket serves its owner alone, without credentials and without a port."""

from __future__ import annotations

import errno
import socket
import stat
import subprocess
from pathlib import Path

import httpx
import pytest

from flightlog.delivery.http import HttpDestination
from flightlog.errors import InvalidSettingError
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.listening import listen_on_socket
from flightlog.record.decoding import encode_execution
from flightlog.secret_key import SecretKey
from support.access import NOBODY
from support.programs import program_command, program_environment
from support.records import record
from support.users import nobody_command, public_directory

KEY = SecretKey(b"the key of these tests")


def settings_for(path: Path) -> ReceiverSettings:
    """Make the settings of a receiver on a socket."""
    return ReceiverSettings(socket=path, spool_dir=path.parent / "spool")


def test_a_socket_takes_and_shows_records_without_credentials(tmp_path: Path) -> None:
    """Its owner has all rights; other hosts' names and foreign origins are refused as ever."""
    path = tmp_path / "flightlog.sock"
    with (
        ExecutionLogger(tmp_path / "history.db") as logger,
        Receiver(logger, settings_for(path), KEY).running() as receiver,
    ):
        assert receiver.url == f"unix:{path}"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        destination = HttpDestination(receiver.url, KEY)
        assert destination.send([encode_execution(record("run-1"))]).outcome == "delivered"
        destination.close()
        transport = httpx.HTTPTransport(uds=str(path))
        with httpx.Client(transport=transport, base_url="http://localhost", headers=NOBODY) as own:
            assert own.get("/api/executions/run-1").status_code == 200
            assert own.delete("/api/executions/run-1").status_code == 200
            refused = own.get("/api/counts", headers={"host": "evil.example"})
            assert refused.json()["code"] == "request_refused"
            refused = own.get("/api/counts", headers={"origin": "http://evil.example"})
            assert refused.json()["code"] == "request_refused"
            wrong = own.get("/api/counts", headers={"authorization": "Bearer wrong"})
            assert wrong.status_code == 401
    assert not path.exists()


def test_a_recorder_delivers_to_a_socket(tmp_path: Path) -> None:
    """`FLIGHTLOG_URL=unix:/PATH` is all that it needs."""
    path = tmp_path / "flightlog.sock"
    key = "the key of these tests, as text"
    with (
        ExecutionLogger(tmp_path / "history.db") as logger,
        Receiver(logger, settings_for(path), SecretKey(key.encode())).running(),
    ):
        environment = {
            **program_environment(),
            "FLIGHTLOG_URL": f"unix://{path}",
            "FLIGHTLOG_KEY": key,
        }
        command = program_command("capture_delivers_at_once", tmp_path / "spool")
        subprocess.run(command, env=environment, check=True, timeout=60)
        assert logger.get_stats().total == 1


def test_another_user_cant_connect() -> None:
    """The permissions of the socket keep other users out."""
    with public_directory() as directory:
        path = directory / "flightlog.sock"
        with listen_on_socket(path):
            script = (
                "import socket, sys; "
                f"sys.exit(socket.socket(socket.AF_UNIX).connect_ex({str(path)!r}))"
            )
            command = [*nobody_command(directory / "home"), "-c", script]
            ended = subprocess.run(command, check=False, timeout=60)
        assert ended.returncode == errno.EACCES


def test_a_dead_receivers_socket_is_replaced_and_a_living_ones_kept(tmp_path: Path) -> None:
    """A file that is no socket is kept, too."""
    path = tmp_path / "flightlog.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    with listen_on_socket(path):
        with pytest.raises(InvalidSettingError, match="another program listens"):
            listen_on_socket(path)
    file = tmp_path / "a file"
    file.write_text("kept")
    with pytest.raises(InvalidSettingError, match="is there already"):
        listen_on_socket(file)
    assert file.read_text() == "kept"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a file", "flightlog.sock"]


def test_a_path_that_cant_be_used_is_named(tmp_path: Path) -> None:
    """A missing directory, one that everyone can write, and a path that is too long."""
    with pytest.raises(InvalidSettingError, match="directory can't be used"):
        listen_on_socket(tmp_path / "missing" / "flightlog.sock")
    (tmp_path / "public").mkdir()
    (tmp_path / "public").chmod(0o777)
    with pytest.raises(InvalidSettingError, match="everyone can write"):
        listen_on_socket(tmp_path / "public" / "flightlog.sock")
    with pytest.raises(InvalidSettingError, match="can't be made"):
        listen_on_socket(tmp_path / ("x" * 200))
    with pytest.raises(InvalidSettingError, match="behind_proxy"):
        ReceiverSettings(socket=tmp_path / "flightlog.sock", behind_proxy=True)
