"""`flightlog audit` shows the entries, and commands add theirs."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flightlog.cli.exit_codes import ExitCode
from flightlog.receiver.audit import AuditLog

Flightlog = Callable[..., Any]


def test_commands_are_noted_once_tokens_exist(history: Path, flightlog: Flightlog) -> None:
    """A token, a deletion, an export; not a whole token that was given by mistake."""
    assert "is empty" in flightlog("audit", "--db", history).out
    flightlog("delete", "failed-1", "--db", history, "--yes")
    assert AuditLog.beside(history).read(10) == ()
    token = flightlog("token", "create", "read", "--name", "laptop", "--db", history).out.strip()
    flightlog("delete", "good-1", "--db", history, "--yes")
    flightlog("clear", "sync", "--db", history, "--yes")
    flightlog("export", "-", "--db", history)
    flightlog("token", "revoke", token.split("_")[1], token, "--db", history)
    ended = flightlog("audit", "--db", history, "--json")
    entries = json.loads(ended.out)[::-1]
    assert [(entry["action"], entry["target"]) for entry in entries] == [
        ("create token", "read laptop"),
        ("delete", "executions/good-1"),
        ("delete", "workflows/sync/executions"),
        ("export", "1 execution"),
        ("revoke token", token.split("_")[1]),
    ]
    assert {entry["who"] for entry in entries} == {f"user {getpass.getuser()}"}
    assert token not in ended.out


def test_audit_prints_no_control_characters(history: Path, flightlog: Flightlog) -> None:
    """An id of a record can have any character."""
    AuditLog.beside(history).add(
        "token 1", "delete", "executions/\x1b[31mred", origin="::1", status=200
    )
    shown = flightlog("audit", "--db", history)
    assert shown.code == ExitCode.OK
    assert "executions/" in shown.out
    assert "\x1b" not in shown.out
    assert flightlog("audit", "--limit", "0", "--db", history).code == ExitCode.USAGE
