from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.static import CONTENT_SECURITY_POLICY

PAGE = "<!doctype html><title>Flightlog</title>"
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a built viewer with secret files around it."""
    above = tmp_path_factory.mktemp("package")
    directory = above / "viewer"
    (directory / "assets").mkdir(parents=True)
    (directory / "index.html").write_text(PAGE)
    (directory / "assets" / "index-1a2b.js").write_text("run()")
    (directory / "icon.svg").write_text("<svg/>")
    (directory / "notes.exe").write_text("secret")
    (directory / ".hidden.js").write_text("secret")
    (above / "secret.txt").write_text("secret")
    return directory


@pytest.fixture(scope="module")
def client(logger: ExecutionLogger, viewer: Path) -> Iterator[httpx.Client]:
    """Make a client of a receiver that serves the viewer."""
    receiver = Receiver(logger, ReceiverSettings(port=0), viewer=viewer)
    with receiver.running(), httpx.Client(base_url=receiver.url, timeout=30) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/", "/executions/a%2Fb", "/overview?after=x", "/schema", "/api-x"]
)
def test_wherever_a_browser_goes_is_the_page(path: str, client: httpx.Client) -> None:
    """Every page address gets the page, which forbids other scripts and is always revalidated."""
    response = client.get(path, headers=HTML)
    assert (response.status_code, response.text) == (200, PAGE)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "require-trusted-types-for 'script'" in CONTENT_SECURITY_POLICY
    assert "unsafe-inline" not in CONTENT_SECURITY_POLICY.partition("style-src")[0]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-cache"
    known = {**HTML, "if-none-match": response.headers["etag"]}
    assert client.get(path, headers=known).status_code == 304


def test_assets_are_kept_for_ever(client: httpx.Client) -> None:
    """Assets are cached without an end, because their names change with their content."""
    response = client.get("/assets/index-1a2b.js")
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/icon.svg").headers["content-type"] == "image/svg+xml"
    assert client.head("/assets/index-1a2b.js").headers["content-length"] == "5"


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/../../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "//etc/passwd",
        "/.hidden.js",
        "/notes.exe",
        "/assets",
        "/assets/none.js",
        "/secret.txt",
        "/assets/index-1a2b.js%00.txt",
        "/%ff",
    ],
)
def test_nothing_else_is_served(path: str, client: httpx.Client) -> None:
    """Neither files outside nor other files inside the viewer's directory are served."""
    response = client.get(httpx.URL(str(client.base_url).rstrip("/") + path))
    assert response.status_code == 404
    assert response.json()["code"] == "no_such_route"
    assert "secret" not in client.get(path, headers=HTML).text


@pytest.mark.parametrize("path", ["/api/none", "/api", "/health/x", "/nothing"])
def test_programs_get_problems(path: str, client: httpx.Client) -> None:
    """A client that doesn't accept pages gets a problem, and so does any path below /api."""
    assert client.get(path).json()["code"] == "no_such_route"
    assert client.get("/api/none", headers=HTML).json()["code"] == "no_such_route"


def test_a_stranger_gets_no_page(client: httpx.Client) -> None:
    """The guard refuses an unknown host before the page is served."""
    response = client.get("/", headers={**HTML, "host": "evil.example"})
    assert (response.status_code, response.json()["code"]) == (403, "request_refused")


def test_without_a_viewer_it_says_how_to_build_one(logger: ExecutionLogger, tmp_path: Path) -> None:
    """Without a viewer, plain text says how to build the viewer; the API works."""
    receiver = Receiver(logger, ReceiverSettings(port=0), viewer=tmp_path / "none")
    with receiver.running(), httpx.Client(base_url=receiver.url, timeout=30) as client:
        response = client.get("/", headers=HTML)
        assert "make viewer" in response.text
        assert response.headers["content-type"] == "text/plain; charset=utf-8"
        assert client.get("/executions/x", headers=HTML).text == response.text
        assert client.get("/executions/x").status_code == 404
        assert client.get("/health").status_code == 200
