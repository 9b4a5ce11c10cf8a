"""Another site's page can neither learn what a history holds, nor start work in the receiver."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from support.servers import served

RECORD = {
    "id": "known",
    "workflowId": "w",
    "workflowName": "W",
    "status": "success",
    "startedAt": "2026-11-22T10:00:00Z",
    "trigger": {"type": "http", "data": {"a": 1}},
}
EDITOR = "https://editor.example"
# The first OpenAPI document takes seconds to make while coverage is measured.
TIMEOUT_S = 60
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PATHS = (
    "/api/executions/{}",
    "/api/executions/{}/outline",
    "/api/executions/{}/trigger/data",
    "/api/executions/{}/trigger/data/search?q=a",
    "/api/summaries?id={}",
    "/api/events",
    "/health",
    "/openapi.json",
)
LOADS = (
    ("cross-site", "no-cors", "image"),
    ("cross-site", "no-cors", "script"),
    ("cross-site", "no-cors", "style"),
    ("cross-site", "no-cors", "empty"),
    ("cross-site", "navigate", "object"),
    ("cross-site", "navigate", "embed"),
    ("cross-site", "navigate", "iframe"),
    ("cross-site", "navigate", "frame"),
    ("cross-site", "navigate", "document"),
    ("same-site", "no-cors", "image"),
    ("same-site", "navigate", "object"),
    ("same-site", "navigate", "document"),
    ("same-site", "cors", "empty"),
    ("cross-site", "websocket", "websocket"),
    ("same-origin, cross-site", "cors", "empty"),
    ("SAME-ORIGIN", "cors", "empty"),
    ("", "cors", "empty"),
    ("unheard-of", "cors", "empty"),
)
KEPT_OUT = {
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "vary": "Origin, Sec-Fetch-Site",
}


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """Run a receiver with a viewer, one execution, and one allowed origin."""
    viewer = tmp_path_factory.mktemp("viewer")
    (viewer / "index.html").write_text("<!doctype html><title>viewer</title>")
    (viewer / "assets").mkdir()
    (viewer / "assets" / "a.js").write_text("1")
    settings = ReceiverSettings(port=0, allowed_origins=(EDITOR,))
    with (
        ExecutionLogger(tmp_path_factory.mktemp("history") / "executions.db") as logger,
        Receiver(logger, settings, viewer=viewer).running() as receiver,
    ):
        assert httpx.post(f"{receiver.url}/api/executions", json=RECORD).status_code == 200
        yield receiver


def fetch_headers(site: str, mode: str, destination: str) -> dict[str, str]:
    """Make the headers with which a browser describes how a page loads a URL."""
    return {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": destination}


def outcome(answer: httpx.Response) -> tuple[Any, ...]:
    """Return everything that a page can compare, without the parts that name the request."""
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    return answer.status_code, answer.content, headers


@pytest.mark.parametrize(("site", "mode", "destination"), LOADS)
def test_another_sites_load_is_refused_alike_for_every_id(
    site: str, mode: str, destination: str, receiver: Receiver
) -> None:
    """A URL gets a 403 with the same bytes, whether or not the execution exists."""
    headers = fetch_headers(site, mode, destination)
    for path in PATHS:
        known, unknown = (
            httpx.get(receiver.url + path.format(id_), headers=headers)
            for id_ in ("known", "other")
        )
        assert known.status_code == 403
        assert known.json()["code"] == "request_refused"
        assert outcome(known) == outcome(unknown)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
def test_another_sites_request_is_refused_for_every_method(method: str, receiver: Receiver) -> None:
    """The check covers every method, with and without a body."""
    answer = httpx.request(
        method,
        f"{receiver.url}/api/executions/known",
        headers=fetch_headers("cross-site", "no-cors", "empty"),
    )
    assert answer.status_code == 403
    assert httpx.get(f"{receiver.url}/api/executions/known").status_code == 200


@pytest.mark.parametrize("site", ["same-origin", "none", None])
def test_own_pages_address_bars_and_programs_are_let_in(
    site: str | None, receiver: Receiver
) -> None:
    """The viewer's requests, a typed URL and a program without the header are answered."""
    headers = {} if site is None else fetch_headers(site, "navigate", "document")
    for path in PATHS:
        if path != "/api/events":
            answer = httpx.get(
                receiver.url + path.format("known"), headers=headers, timeout=TIMEOUT_S
            )
            assert answer.status_code == 200


def test_another_site_may_link_to_the_viewer_but_not_frame_it(receiver: Receiver) -> None:
    """A followed link shows the viewer's page; a frame, a prefetch and a script don't load."""
    for path in ("/", "/executions/known", "/executions/other"):
        accept = {"accept": "text/html"}
        link = fetch_headers("cross-site", "navigate", "document")
        assert httpx.get(receiver.url + path, headers={**link, **accept}).status_code == 200
        for mode, destination in (
            ("navigate", "iframe"),
            ("navigate", "object"),
            ("no-cors", "empty"),
            ("cors", "document"),
        ):
            load = fetch_headers("cross-site", mode, destination)
            assert httpx.get(receiver.url + path, headers={**load, **accept}).status_code == 403
    script = fetch_headers("cross-site", "no-cors", "script")
    assert httpx.get(f"{receiver.url}/assets/a.js", headers=script).status_code == 403


def test_an_allowed_origin_is_let_in_from_its_own_site(receiver: Receiver) -> None:
    """A page of --allowed-origins reads the API with its `Origin`, and fails without the header."""
    headers = fetch_headers("cross-site", "cors", "empty")
    path = f"{receiver.url}/api/executions/known"
    assert httpx.get(path, headers={**headers, "origin": EDITOR}).status_code == 200
    assert httpx.get(path, headers=headers).status_code == 403
    own = f"http://localhost:{receiver.port}"
    assert httpx.get(path, headers={**headers, "origin": own}).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/assets/a.js", 200),
        ("GET", "/assets/none.js", 404),
        ("GET", "/api/executions/known", 200),
        ("GET", "/api/executions/none", 404),
        ("GET", "/api/executions/known/trigger/data/raw", 200),
        ("POST", "/api/stats", 405),
        ("POST", "/api/executions", 415),
        ("GET", "/health", 200),
        ("GET", "/openapi.json", 200),
    ],
)
def test_every_answer_forbids_embedding(
    method: str, path: str, status: int, receiver: Receiver
) -> None:
    """Pages, files, data and errors all carry the headers that forbid embedding."""
    answer = httpx.request(method, receiver.url + path, timeout=TIMEOUT_S)
    assert answer.status_code == status
    assert KEPT_OUT.items() <= dict(answer.headers).items()
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_a_request_that_cannot_be_read_forbids_embedding_too(receiver: Receiver) -> None:
    """An answer to an unparsable request carries the same headers."""
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=30) as connection:
        connection.sendall(b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b""
        while data := connection.recv(65536):
            answer += data
    head, _, body = answer.decode().partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 400 ")
    assert json.loads(body)["code"] == "bad_request"
    for name, value in KEPT_OUT.items():
        assert f"{name}: {value}" in head.lower().replace("deny", "DENY").replace(
            "origin, sec-fetch-site", "Origin, Sec-Fetch-Site"
        )


PROBE = """<!doctype html><title>probe</title><pre id=out></pre><script>
const base = "BASE";
const paths = ["/api/executions/known", "/api/executions/other"];
const waited = (element, name, url) => new Promise((resolve) => {
  element.onload = () => resolve("load");
  element.onerror = () => resolve("error");
  element[name] = url;
  document.body.append(element);
  setTimeout(() => resolve("nothing"), 4000);
});
const ways = {
  object: (url) => waited(document.createElement("object"), "data", url),
  embed: (url) => waited(document.createElement("embed"), "src", url),
  img: (url) => waited(new Image(), "src", url),
  script: (url) => waited(document.createElement("script"), "src", url),
  iframe: (url) => waited(document.createElement("iframe"), "src", url),
  video: (url) => waited(document.createElement("video"), "src", url),
  style: (url) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    return waited(link, "href", url);
  },
  prefetch: (url) => {
    const link = document.createElement("link");
    link.rel = "prefetch";
    return waited(link, "href", url);
  },
  fetch: (url) => fetch(url).then(() => "load", () => "error"),
  nocors: (url) => fetch(url, {mode: "no-cors"}).then(() => "load", () => "error"),
  events: (url) => new Promise((resolve) => {
    const source = new EventSource(url);
    source.onopen = () => resolve("load");
    source.onerror = () => resolve("error");
  }),
  socket: (url) => new Promise((resolve) => {
    const socket = new WebSocket(url.replace("http", "ws"));
    socket.onopen = () => resolve("load");
    socket.onerror = () => resolve("error");
  }),
};
addEventListener("load", async () => {
  const seen = {};
  for (const [name, way] of Object.entries(ways)) {
    seen[name] = await Promise.all(paths.map((path) => way(base + path)));
  }
  await fetch("/seen", {method: "POST", body: JSON.stringify(seen)});
  document.title = "done";
});
</script>"""


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_real_browser_shows_no_difference(receiver: Receiver, tmp_path: Path) -> None:
    """In Chromium, another origin's page sees no difference between a known and an unknown id."""
    seen: dict[str, list[str]] = {}
    finished = threading.Event()

    async def attacker(scope: dict[str, Any], receive: Any, send: Any) -> None:
        body = b""
        if scope["method"] == "POST":
            message = await receive()
            seen.update(json.loads(message["body"]))
            finished.set()
        else:
            body = PROBE.replace("BASE", receiver.url).encode()
        headers = [(b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    assert CHROMIUM is not None
    # Another host name of this machine counts as another site, like any page of the web.
    with served(attacker) as origin:
        browser = subprocess.Popen(
            [
                CHROMIUM,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                f"--user-data-dir={tmp_path / 'profile'}",
                "--remote-debugging-port=0",
                origin.replace("127.0.0.1", "localhost"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert finished.wait(100)
        finally:
            browser.terminate()
            browser.wait(30)
    assert len(seen) == 12
    assert {name: pair for name, pair in seen.items() if pair[0] != pair[1]} == {}
    # A frame always loads, because the frame shows an error page.
    assert {name for name, pair in seen.items() if pair[0] == "load"} <= {"embed", "iframe"}
