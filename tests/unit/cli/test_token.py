from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from flightlog.cli.exit_codes import ExitCode
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings

Flightlog = Callable[..., Any]


def test_a_token_is_shown_once_and_lets_a_program_read(history: Path, flightlog: Flightlog) -> None:
    """A running receiver accepts the token until it is revoked."""
    made = flightlog("token", "create", "read", "--name", "laptop", "--days", 30, "--db", history)
    token = made.out.strip()
    access = {"authorization": f"Bearer {token}"}
    with (
        ExecutionLogger(history) as logger,
        Receiver(logger, ReceiverSettings(port=0)).running() as receiver,
    ):
        path = f"{receiver.url}/api/executions/good-1"
        assert httpx.get(path, headers=access).status_code == 200
        assert httpx.delete(path, headers=access).json()["code"] == "right_missing"
        listed = flightlog("token", "list", "--db", history).out
        assert "laptop" in listed
        assert token not in listed
        token_id = token.split("_")[1]
        assert flightlog("token", "revoke", token_id, "--db", history).code == ExitCode.OK
        assert httpx.get(path, headers=access).status_code == 401


def test_tokens_as_json(history: Path, flightlog: Flightlog) -> None:
    """Programs get the token and its id, and a list without any secret."""
    created = flightlog("token", "create", "read", "ingest", "--json", "--db", history).out
    made = json.loads(created)
    (listed,) = json.loads(flightlog("token", "list", "--json", "--db", history).out)
    assert listed["id"] == made["id"]
    assert (listed["rights"], listed["expiresAt"]) == (["ingest", "read"], None)
    assert made["token"].rpartition("_")[2] not in json.dumps(listed)


def test_a_token_for_one_project(history: Path, flightlog: Flightlog) -> None:
    """The restriction is stored and listed, and the history of another project is empty."""
    made = flightlog("token", "create", "read", "--project-id", "tides", "--db", history)
    access = {"authorization": f"Bearer {made.out.strip()}"}
    assert "tides" in flightlog("token", "list", "--db", history).out
    (listed,) = json.loads(flightlog("token", "list", "--json", "--db", history).out)
    assert listed["projectId"] == "tides"
    with (
        ExecutionLogger(history) as logger,
        Receiver(logger, ReceiverSettings(port=0)).running() as receiver,
    ):
        answer = httpx.get(f"{receiver.url}/api/counts", headers=access).json()
        assert answer["total"] == 0
        assert logger.get_stats().total > 0


def test_no_tokens_name_the_next_step(history: Path, flightlog: Flightlog) -> None:
    """An empty list says how to make a token."""
    assert "flightlog token create" in flightlog("token", "--db", history).out


def test_what_cannot_be_used_is_named(history: Path, flightlog: Flightlog, tmp_path: Path) -> None:
    """Each mistake names what to write instead."""
    for arguments, hint in (
        (("create",), "ingest, read and admin"),
        (("create", "write"), "ingest, read and admin"),
        (("create", "read", "--days", "0"), "--days"),
        (("create", "read", "--name", "x" * 300), "--name"),
        (("create", "read", "--project-id", ""), "projectId"),
        (("create", "admin", "ingest", "--project-id", "p"), "another token for sending"),
        (("revoke",), "flightlog token list"),
    ):
        ended = flightlog("token", *arguments, "--db", history)
        assert ended.code == ExitCode.USAGE
        assert hint in ended.err
    ended = flightlog("token", "revoke", "12345678", "--db", history)
    assert ended.code == ExitCode.NOT_FOUND
    ended = flightlog("token", "create", "read", "--db", tmp_path / "none.db")
    assert "doesn't exist yet" in ended.err


def test_a_session_is_listed_and_revoked(history: Path, flightlog: Flightlog) -> None:
    """`token list` shows the sessions of pages, and `token revoke` ends one at once."""
    with (
        ExecutionLogger(history) as logger,
        Receiver(logger, ReceiverSettings(port=0)).running() as receiver,
    ):
        session = receiver.begin_session()
        access = {"authorization": f"Bearer {session}"}
        assert httpx.get(f"{receiver.url}/api/counts", headers=access).status_code == 200
        (listed,) = json.loads(flightlog("token", "--json", "--db", history).out)
        assert listed["port"] == receiver.port
        assert listed["id"] in flightlog("token", "list", "--db", history).out
        ended = flightlog("token", "revoke", listed["id"], "--db", history)
        assert ended.out == f"Revoked {listed['id']}.\n"
        assert httpx.get(f"{receiver.url}/api/counts", headers=access).status_code == 401
        again = flightlog("token", "revoke", listed["id"], "--db", history)
        assert again.code == ExitCode.NOT_FOUND
