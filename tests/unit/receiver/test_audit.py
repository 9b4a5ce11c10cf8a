"""The audit log names who read, exported and deleted what, without payloads and queries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver import audit_lines as module
from flightlog.receiver.audit import AuditEntry, AuditLog, find_action, name_target
from flightlog.receiver.handlers import ROUTES
from flightlog.receiver.openapi import generate_openapi
from flightlog.receiver.rights import RIGHTS, Right
from flightlog.receiver.tokens import TokenDirectory
from support.access import NOBODY
from support.records import record

SECRET = "customer-4711"


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Receiver]:
    """A receiver of one history with one run, which nobody else can use."""
    with ExecutionLogger(tmp_path / "history.db") as logger:
        data = {"customer": SECRET, "padding": "x" * 200}
        logger.log_execution(record("run-1", trigger={"type": "http", "data": data}))
        logger.log_execution(record("run-2"))
        with Receiver(logger, ReceiverSettings(port=0)).running() as receiver:
            yield receiver


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    """The audit log of that history."""
    return AuditLog.beside(tmp_path / "history.db")


def bearer(tmp_path: Path, *rights: Right, name: str = "") -> tuple[str, dict[str, str]]:
    """Make a token; return its id and the headers that show it."""
    token, stored = TokenDirectory.beside(tmp_path / "history.db").create(rights, name=name)
    return stored.id, {"authorization": f"Bearer {token}"}


def test_nothing_is_noted_while_one_person_has_access(alone: Receiver, log: AuditLog) -> None:
    """Without tokens, on loopback, there is no file."""
    assert httpx.get(f"{alone.url}/api/executions/run-1").status_code == 200
    assert not Path(log.place).exists()
    assert httpx.get(f"{alone.url}/api/audit").json() == {"isOn": False, "entries": []}


def test_reads_exports_and_deletions_are_noted(
    alone: Receiver, log: AuditLog, tmp_path: Path
) -> None:
    """Each with the token, the path and the address; views of one payload are one entry."""
    token_id, headers = bearer(tmp_path, Right.ADMIN, name="dash\x1b[31mboard")
    payload = f"{alone.url}/api/executions/run-1/trigger/data"
    for view in ("", "/raw", "/tree", f"/search?q={SECRET}"):
        assert httpx.get(payload + view, headers=headers).status_code == 200
    httpx.get(f"{alone.url}/api/summaries?q=trigger.customer:{SECRET}", headers=headers)
    httpx.get(f"{alone.url}/api/summaries", headers=headers)
    httpx.get(f"{alone.url}/api/executions/run-1", headers=headers)
    httpx.post(f"{alone.url}/api/exports", json={"ids": ["run-1"]}, headers=headers)
    httpx.delete(f"{alone.url}/api/executions/run-2", headers=headers)
    httpx.delete(f"{alone.url}/api/executions/run-2", headers=headers)
    code = httpx.post(f"{alone.url}/api/links", headers=headers).json()["code"]
    httpx.post(f"{alone.url}/api/sessions", json={"code": code}, headers=NOBODY)
    entries = log.read(100)[::-1]
    assert [(entry.action, entry.target, entry.status) for entry in entries] == [
        ("read payload", "executions/run-1/trigger/data", 200),
        ("search", "summaries", 200),
        ("read payloads", "executions/run-1", 200),
        ("export", "exports (1: run-1)", 200),
        ("delete", "executions/run-2", 200),
        ("delete", "executions/run-2", 404),
        ("make link", "links", 200),
        ("begin session", "sessions", 200),
    ]
    assert {entry.who for entry in entries[:7]} == {f"token {token_id} (dash\x1b[31mboard)"}
    assert {entry.origin for entry in entries} == {"127.0.0.1"}
    assert SECRET.encode() not in Path(log.place).read_bytes()
    assert code.encode() not in Path(log.place).read_bytes()
    assert Path(log.place).stat().st_mode & 0o777 == 0o600


def test_the_log_needs_the_right_to_administer(alone: Receiver, tmp_path: Path) -> None:
    """It is served newest first, and reading it is noted."""
    _, reader = bearer(tmp_path, Right.READ)
    token_id, admin = bearer(tmp_path, Right.ADMIN)
    assert httpx.get(f"{alone.url}/api/audit", headers=reader).json()["code"] == "right_missing"
    httpx.get(f"{alone.url}/api/executions/run-1", headers=reader)
    httpx.get(f"{alone.url}/api/audit", headers=admin)
    page = httpx.get(f"{alone.url}/api/audit?limit=1", headers=admin).json()
    assert page["isOn"]
    assert [(entry["action"], entry["who"]) for entry in page["entries"]] == [
        ("read audit log", f"token {token_id}")
    ]
    assert httpx.get(f"{alone.url}/api/audit?limit=0", headers=admin).status_code == 400


def test_a_full_log_begins_anew_and_keeps_the_previous_file(
    log: AuditLog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """At most two files exist, and the newest entries are read from both."""
    monkeypatch.setattr(module, "MAX_BYTES", 2_000)
    for number in range(100):
        log.add("token 1", "delete", f"executions/{number}", origin="::1", status=200)
    files = sorted(tmp_path.glob("*.ndjson"))
    assert len(files) == 2
    assert sum(path.stat().st_size for path in files) <= 4_000
    targets = [entry.target for entry in log.read(15)]
    assert targets == [f"executions/{number}" for number in range(99, 84, -1)]


def test_entries_of_any_text_are_read_again(log: AuditLog) -> None:
    """Long texts are cut, and damaged lines are skipped."""
    log.add("token \udc80\n" + "x" * 1_000, "delete", "a\nb", origin="::1")
    log.add("token é\n" + "x" * 1_000, "delete", "a\nb", origin="::1")
    Path(log.place).write_bytes(Path(log.place).read_bytes() + b'{"at":1}\nno JSON\n')
    (entry,) = log.read(10)
    assert isinstance(entry, AuditEntry)
    assert entry.target == "a\nb"
    assert len(entry.who) == 500


def test_a_log_that_cant_be_written_refuses_no_request(
    alone: Receiver, log: AuditLog, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The receiver's own log says so; a link is not followed."""
    _, headers = bearer(tmp_path, Right.READ)
    Path(log.place).symlink_to(tmp_path / "elsewhere")
    answer = httpx.get(f"{alone.url}/api/executions/run-1", headers=headers)
    assert answer.status_code == 200
    assert "can't be written" in caplog.text
    assert not (tmp_path / "elsewhere").exists()


def make_scope(method: str, path: str, query: bytes = b"") -> dict[str, object]:
    """Make the scope of a request."""
    return {"method": method, "raw_path": path.encode(), "query_string": query}


def test_every_route_that_needs_the_right_to_administer_is_audited() -> None:
    """Also a route that the table of actions doesn't name."""
    checked = 0
    for (method, path), right in RIGHTS.items():
        filled = path.replace("{execution_id:str}", "a%2Fb").replace("{workflow_id:str}", "w")
        if right is Right.ADMIN:
            assert find_action(make_scope(method, filled)) is not None
            checked += 1
    assert checked > 5
    assert find_action(make_scope("PATCH", "/api/unknown")) == "change"
    assert find_action(make_scope("GET", "/api/counts")) is None
    assert name_target(make_scope("GET", "/api/executions/a%2Fb/")) == "executions/a/b"


@pytest.mark.parametrize("query", [b"q=customer", b"limit=1&q=a", b"%71=customer", b"l=1&%71=a"])
def test_every_route_that_a_query_chooses_from_is_audited(query: bytes) -> None:
    """A search shows whether a payload holds a value, however the parameter's name is written."""
    checked = 0
    for path, methods in json.loads(generate_openapi(ROUTES))["paths"].items():
        names = {each["name"] for each in methods.get("get", {}).get("parameters", ())}
        if "q" in names:
            filled = re.sub(r"\{\w+\}", "1", path)
            assert find_action(make_scope("GET", filled, query)) is not None, path
            checked += 1
    assert checked > 10
    assert find_action(make_scope("GET", "/api/counts", b"text=q%3D1&nodeId=q")) is None
