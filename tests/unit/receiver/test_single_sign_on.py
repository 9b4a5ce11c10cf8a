"""A header names the user only if a trusted proxy sends it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from flightlog.errors import InvalidSettingError
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.audit import AuditLog
from flightlog.receiver.problems import Refusal
from flightlog.receiver.rights import Client, Right
from flightlog.receiver.single_sign_on import TrustedUsers
from flightlog.receiver.tokens import TokenDirectory
from support.access import NOBODY
from support.records import record

HEADER = "X-Forwarded-User"


def make_settings(proxy: str) -> ReceiverSettings:
    """Make the settings of a receiver that trusts a proxy."""
    return ReceiverSettings(
        port=0,
        behind_proxy=True,
        trust_user_header=HEADER,
        trusted_proxy=(proxy,),
        admin_users=("anna@example.org",),
    )


@pytest.fixture
def logger(tmp_path: Path) -> Iterator[ExecutionLogger]:
    """A history with a run."""
    with ExecutionLogger(tmp_path / "history.db") as logger:
        logger.log_execution(record("run-1"))
        yield logger


def send(receiver: Receiver, method: str, path: str, **headers: str) -> httpx.Response:
    """Send a request with headers, and without other credentials."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(method, receiver.url + path, headers={**NOBODY, **named})


def test_users_get_their_rights_and_are_in_the_audit_log(
    logger: ExecutionLogger, tmp_path: Path
) -> None:
    """A user reads, an administrator deletes; without the header nothing is possible."""
    run = "/api/executions/run-1"
    with Receiver(logger, make_settings("127.0.0.0/8")).running() as receiver:
        assert send(receiver, "GET", run).status_code == 401
        assert send(receiver, "GET", run, x_forwarded_user="bob").status_code == 200
        refused = send(receiver, "DELETE", run, x_forwarded_user="bob")
        assert refused.json()["code"] == "right_missing"
        deleted = send(
            receiver,
            "DELETE",
            run,
            x_forwarded_user="anna@example.org",
            x_forwarded_for="1.2.3.4, 10.1.1.1",
        )
        assert deleted.status_code == 200
        token, _ = TokenDirectory.beside(logger.path).create([Right.INGEST])
        both = send(receiver, "GET", run, x_forwarded_user="bob", authorization=f"Bearer {token}")
        assert both.json()["code"] == "right_missing"
    entries = AuditLog.beside(tmp_path / "history.db").read(10)[::-1]
    assert [(entry.who, entry.origin) for entry in entries] == [
        ("user bob", "127.0.0.1"),
        ("user anna@example.org", "10.1.1.1 via 127.0.0.1"),
    ]


def test_the_header_from_elsewhere_is_refused(logger: ExecutionLogger) -> None:
    """Also beside valid credentials, and for a route that needs no right."""
    with Receiver(logger, make_settings("10.0.0.7")).running() as receiver:
        for path in ("/api/counts", "/health"):
            refused = send(receiver, "GET", path, x_forwarded_user="anna@example.org")
            assert (refused.status_code, refused.json()["code"]) == (401, "bad_credentials")
            assert "--trusted-proxy" in refused.json()["hint"]
        session = f"Bearer {receiver.begin_session()}"
        refused = send(
            receiver, "GET", "/api/counts", x_forwarded_user="bob", authorization=session
        )
        assert refused.status_code == 401
        allowed = send(receiver, "GET", "/api/counts", authorization=session)
        assert allowed.status_code == 200


def test_without_the_setting_the_header_means_nothing(logger: ExecutionLogger) -> None:
    """It is off by default."""
    with Receiver(logger, ReceiverSettings(port=0)).running() as receiver:
        answer = send(receiver, "GET", "/api/counts", x_forwarded_user="anna@example.org")
        assert answer.json()["code"] == "right_needed"


def identify(address: str | None, *values: bytes) -> Client | Refusal | None:
    """Identify the user of a request from an address."""
    users = TrustedUsers(HEADER, ["10.0.0.7", "fd00::/8"], [Right.READ], [])
    scope: dict[str, Any] = {
        "client": None if address is None else (address, 1),
        "headers": [(b"x-forwarded-user", value) for value in values],
    }
    return users.identify(scope)


@pytest.mark.parametrize("address", ["10.0.0.8", "::1", "not an address", None])
def test_only_the_named_addresses_are_trusted(address: str | None) -> None:
    """A socket's client has no address."""
    assert isinstance(identify(address, b"bob"), Refusal)


@pytest.mark.parametrize("address", ["10.0.0.7", "::ffff:10.0.0.7", "fd00::1"])
def test_trusted_addresses_name_users(address: str) -> None:
    """An IPv4 address may be written as IPv6."""
    found = identify(address, "bøb".encode())
    assert isinstance(found, Client)
    assert found.who == "user bøb"
    assert identify(address) is None


@pytest.mark.parametrize("values", [(b"",), (b"a", b"b"), (b"\xff",), (b"a\tb",), (b"x" * 201,)])
def test_a_name_that_is_none_is_refused(values: tuple[bytes, ...]) -> None:
    """An empty, ambiguous, undecodable, unprintable or very long name."""
    assert isinstance(identify("10.0.0.7", *values), Refusal)


@pytest.mark.parametrize(
    "chosen",
    [
        {"trust_user_header": HEADER},
        {"trusted_proxy": ("10.0.0.7",)},
        {"trust_user_header": "Authorization", "trusted_proxy": ("10.0.0.7",)},
        {"trust_user_header": "a b", "trusted_proxy": ("10.0.0.7",)},
        {"trust_user_header": HEADER, "trusted_proxy": ("proxy.example",)},
        {"trust_user_header": HEADER, "trusted_proxy": ("10.0.0.7",), "user_rights": ("all",)},
        {"trust_user_header": HEADER, "trusted_proxy": ("10.0.0.7",), "socket": Path("/x")},
    ],
)
def test_settings_that_would_trust_too_much_are_refused(chosen: dict[str, Any]) -> None:
    """The error names the setting."""
    with pytest.raises(InvalidSettingError, match=r"trust|user_rights"):
        ReceiverSettings(**chosen)
