"""No page of another origin reads or changes a history, tried in Chromium."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import Struct

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from support.attack_page import PAGE, REPORTING, SECRET, WAYS
from support.browsers import CHROMIUM, browsing
from support.servers import served

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

RECORD = {
    "id": "known",
    "workflowId": "w",
    "workflowName": "W",
    "status": "success",
    "startedAt": "2026-11-22T10:00:00Z",
    "trigger": {"type": "http", "data": {"text": SECRET}},
}
ORIGINS = ("another site", "another port", "no origin")
ANSWER_S = 100


class Attacker:
    """The server of the attacking page, which collects what the page reports."""

    def __init__(self, victim: str, session: str) -> None:
        self.reported: dict[str, str] = {}
        self.finished = threading.Event()
        self.session = session
        self.url = ""
        self._victim = victim

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve the page, and take its report."""
        headers, body = [(b"content-type", b"text/html")], b""
        if scope["method"] == "POST":
            message = await receive()
            self.reported.update(json.loads(message["body"]))
            self.finished.set()
        elif scope["path"] == "/reporting":
            policy = f"script-src 'none'; report-uri {self._victim}/api/executions"
            headers.append((b"content-security-policy", policy.encode()))
            body = REPORTING.encode()
        elif scope["path"] == "/sandboxed":
            body = b'<!doctype html><iframe sandbox="allow-scripts allow-forms" src="/"></iframe>'
        else:
            page = PAGE.replace("BASE", self._victim).replace("SESSION", self.session)
            body = page.replace("REPORT", json.dumps(f"{self.url}/report")).encode()
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Left(Struct, frozen=True, kw_only=True):
    """The state after the attacks."""

    reported: dict[str, str]
    """The texts that the page got, by the way."""
    ids: list[str]
    """The ids of all executions."""
    known: dict[str, Any]
    """The execution that was there before."""


@pytest.fixture(scope="module", params=ORIGINS)
def left(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Left:
    """Let a page attack a receiver in every way."""
    place = tmp_path_factory.mktemp("attacked")
    with (
        ExecutionLogger(place / "executions.db") as logger,
        Receiver(logger, ReceiverSettings(port=0), viewer=viewer(place)).running() as receiver,
    ):
        assert httpx.post(f"{receiver.url}/api/executions", json=RECORD).status_code == 200
        attacker = Attacker(receiver.url, receiver.begin_session())
        attack(attacker, place, request.param)
        summaries = httpx.get(f"{receiver.url}/api/summaries").json()["summaries"]
        known = httpx.get(f"{receiver.url}/api/executions/known").json()
    ids = [summary["id"] for summary in summaries]
    return Left(reported=attacker.reported, ids=ids, known=known)


def attack(attacker: Attacker, place: Path, origin: str) -> None:
    """Show the attacking page in Chromium until it has reported."""
    with served(attacker) as url:
        # Another host name of this machine is another site, like any page of the web.
        attacker.url = url.replace("127.0.0.1", "localhost") if origin == "another site" else url
        page = "/sandboxed" if origin == "no origin" else "/"
        rules = "--host-resolver-rules=MAP rebind.example 127.0.0.1, MAP localtest.me 127.0.0.1"
        with browsing(attacker.url + page, place / "profile", rules):
            assert attacker.finished.wait(ANSWER_S)
    assert attacker.reported.keys() == set(WAYS)


def viewer(place: Path) -> Path:
    """Make a viewer whose page shows a secret."""
    directory = place / "viewer"
    directory.mkdir()
    (directory / "index.html").write_text(f"<!doctype html><title>viewer</title>{SECRET}")
    return directory


@pytest.mark.parametrize("way", WAYS)
def test_a_page_of_another_origin_gets_nothing(way: str, left: Left) -> None:
    """A page of another site, of another port and without origin fails in each way."""
    assert SECRET not in left.reported[way]
    assert "SECRET" not in left.reported[way]


def test_a_page_of_another_origin_changes_nothing(left: Left) -> None:
    """No way stores, deletes, stars or changes an execution."""
    assert left.ids == ["known"]
    assert left.known["trigger"] == RECORD["trigger"]
    assert not left.known.get("starred")


def test_the_attacks_reach_a_server_without_checks(tmp_path: Path) -> None:
    """Against a server that accepts everything from everywhere, the same page succeeds."""
    bodies: list[bytes] = []

    async def careless(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            while scope["method"] == "POST" and (message := await receive()):
                bodies.append(message.get("body", b""))
                if not message.get("more_body"):
                    break
            origin = dict(scope["headers"]).get(b"origin", b"*")
            headers = [
                (b"access-control-allow-origin", origin),
                (b"access-control-allow-credentials", b"true"),
                (b"access-control-allow-headers", b"content-type"),
                (b"access-control-allow-methods", b"GET, POST, PUT, DELETE"),
                (b"content-type", b"text/html"),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": SECRET.encode()})

    with served(careless) as url:
        attacker = Attacker(url, "session")
        attack(attacker, tmp_path, "another site")
    sent = b"".join(bodies).replace(b"+", b" ").replace(b"%22", b'"')
    for way in WAYS:
        if way.startswith(("a form", "fetch with text", "fetch with a Blob", "a beacon of text")):
            assert f"attack {way}".encode() in sent.replace(b"%20", b" "), way
    assert b"csp-report" in sent
    for way in ("fetch of a payload", "XMLHttpRequest of a payload", "fetch with credentials"):
        assert SECRET in attacker.reported[way]
