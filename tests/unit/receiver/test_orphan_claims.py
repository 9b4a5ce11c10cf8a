"""The receiver collects spools for another local port that has no Flightlog receiver."""

from __future__ import annotations

import json
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.orphan_claims import GRACE_S, OrphanClaims
from flightlog.secret_key import SecretKey, load_secret_key
from flightlog.spool import list_spools
from flightlog.spool.directory import Owner
from support.programs import run_program

MakeRecord = Callable[..., dict[str, Any]]


@pytest.fixture
def spool_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the test's spool directory, which also serves processes that can't write there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("flightlog.receiver.orphan_claims.GRACE_S", 0.2)
    monkeypatch.setattr("flightlog.receiver.orphan_claims._REPEAT_S", 0.2)
    return tmp_path / "spool"


def leave(spool_dir: Path, url: str, record: dict[str, Any]) -> None:
    """Let a process spool a record and end without delivery."""
    run_program("spool_leaves_records", spool_dir, url, json.dumps(record))


def until(is_so: Callable[[], bool]) -> None:
    """Poll until a condition holds."""
    pause = threading.Event()
    for _ in range(600):
        if is_so():
            return
        pause.wait(0.05)
    raise AssertionError("it did not happen within 30 seconds")


def is_stored(logger: ExecutionLogger, execution_id: str) -> bool:
    """Check whether a history has an execution."""
    return logger.get_execution(execution_id) is not None


def free_port() -> int:
    """Find a port without a listener."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


class Impostor(BaseHTTPRequestHandler):
    """A server that answers every request and proves nothing."""

    def do_GET(self) -> None:
        """Answer as a receiver without the secret."""
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.send_header("Flightlog-Proof", "0" * 64)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def impostor() -> Iterator[int]:
    """Serve another program on a port."""
    with HTTPServer(("127.0.0.1", 0), Impostor) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_spools_for_ports_without_a_receiver_of_ours_are_collected(
    own_logger: ExecutionLogger, spool_dir: Path, make_record: MakeRecord
) -> None:
    """Spools for a closed port, another program or a hanging port arrive with their project."""
    with (
        impostor() as other,
        socket.create_server(("127.0.0.1", 0)) as hanging,
        Receiver(own_logger, ReceiverSettings(port=0, spool_dir=spool_dir)).running(),
    ):
        urls = [
            f"http://localhost:{free_port()}",
            f"http://127.0.0.1:{other}",
            f"http://127.0.0.1:{hanging.getsockname()[1]}",
            f"http://[::1]:{free_port()}/prefix",
        ]
        records = [make_record(projectId=f"project-{number}") for number in range(len(urls))]
        for url, record in zip(urls, records, strict=True):
            leave(spool_dir, url, record)
        for record in records:
            until(partial(is_stored, own_logger, record["id"]))
        until(lambda: not list_spools(spool_dir))
    for record in records:
        stored = own_logger.get_execution(record["id"])
        assert stored is not None
        assert stored.project_id == record["projectId"]


def test_a_spool_for_another_receiver_of_ours_goes_to_that_receiver(
    own_logger: ExecutionLogger, tmp_path: Path, spool_dir: Path, make_record: MakeRecord
) -> None:
    """Only the receiver at the spool's address stores the record."""
    record = make_record()
    with ExecutionLogger(tmp_path / "other.db") as other_logger:
        nowhere = ReceiverSettings(port=0, spool_dir=tmp_path / "no-spools")
        with Receiver(other_logger, nowhere).running() as other:
            leave(spool_dir, other.url, record)
            orphan_claims = OrphanClaims(load_secret_key())
            owner = list_spools(spool_dir)[0].owner
            assert owner is not None
            assert not orphan_claims.may_take(owner, 0.0)
            until(lambda: orphan_claims._addresses[owner.url].answered is not None)
            assert not orphan_claims.may_take(owner, GRACE_S * 2)
            own = ReceiverSettings(port=0, spool_dir=spool_dir)
            with Receiver(own_logger, own).running() as receiver:
                until(lambda: httpx.get(f"{receiver.url}/health").json()["spools"]["waiting"] == 1)
                assert own_logger.get_execution(record["id"]) is None
        # The other receiver has ended, so the record has no other destination.
        with Receiver(own_logger, own).running():
            until(lambda: own_logger.get_execution(record["id"]) is not None)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://receiver.example:3000", "here"),
        ("http://10.0.0.7:3000", "here"),
        ("http://localhost.example:3000", "here"),
        ("http://localhost@evil.example:3000", "here"),
        ("sqlite:/data/other.db", "here"),
        ("http://localhost:3000", "another-machine"),
        ("localhost", "here"),
        ("", "here"),
    ],
)
def test_a_spool_for_another_place_is_never_taken(url: str, host: str) -> None:
    """
    A spool stays if its machine, or its destination, is another machine or a database.

    The collector sends no request about such a spool.
    """
    orphan_claims = OrphanClaims(SecretKey(bytes(32)), "here")
    owner = Owner(process_id="p", pid=1, host=host, url=url, started_at="2026-11-22T19:04:11Z")
    assert not orphan_claims.may_take(owner, 0.0)
    assert not orphan_claims.may_take(owner, 1e6)
    assert not orphan_claims._addresses


def test_a_receiver_that_is_back_within_the_grace_keeps_its_spools() -> None:
    """
    A receiver that returns within the grace period keeps its spools.

    The period starts at its last answer.
    """
    port = free_port()
    orphan_claims = OrphanClaims(SecretKey(bytes(32)), "here")
    url = f"http://127.0.0.1:{port}"
    owner = Owner(process_id="p", pid=1, host="here", url=url, started_at="2026-11-22T19:04:11Z")
    assert not orphan_claims.may_take(owner, 0.0)
    until(lambda: orphan_claims._addresses[url].answered is not None)
    assert not orphan_claims.may_take(owner, 1.0)
    orphan_claims._addresses[url].answered = True
    assert not orphan_claims.may_take(owner, GRACE_S + 1)
