"""Attacks by raw requests, hostile texts, other users and links: none succeeds."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx
import pytest
from msgspec import Struct

from flightlog.cli import run
from flightlog.errors import FlightlogError
from flightlog.ipc.protocol import Protocol
from flightlog.ipc.streams import FrameReader, FrameWriter
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.rights import RIGHTS, Right
from flightlog.receiver.tokens import TokenDirectory
from flightlog.secret_key import load_secret_key
from flightlog.sqlite_destination import DatabaseDestination
from support.programs import PROGRAMS
from support.users import NOBODY as NOBODY_ID
from support.users import nobody_command, nobody_environment, public_directory

SECRET: Final = "the-secret-of-the-history"
RECORD: Final = {
    "id": "known",
    "workflowId": "w",
    "workflowName": "W",
    "status": "error",
    "startedAt": "2026-11-22T10:00:00Z",
    "trigger": {"type": "http", "data": {"text": SECRET}},
    "error": {"message": SECRET},
}
CLOSED: Final[list[tuple[str, str]]] = [
    route for route, right in RIGHTS.items() if right not in {None, Right.INGEST}
]
HOSTILE: Final = "\x1b]0;owned\x07\x1b[2J\x1b[31m\r\n\x9b31m\u202e\u2028\x00=cmd|' /C calc'!A1"
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="running as another user needs root")


class Answer(Struct, frozen=True, kw_only=True):
    """The answer to a raw request."""

    status: int
    """The status; 0 for a closed connection."""
    text: bytes
    """All bytes of the answer."""


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """Run a receiver with a secret in its history, and with a viewer."""
    place = tmp_path_factory.mktemp("history")
    (place / "viewer").mkdir()
    (place / "viewer" / "index.html").write_text("<!doctype html><title>viewer</title>")
    (place / "outside.txt").write_text(SECRET)
    with (
        ExecutionLogger(place / "executions.db") as logger,
        Receiver(logger, ReceiverSettings(port=0), viewer=place / "viewer").running() as receiver,
    ):
        assert httpx.post(f"{receiver.url}/api/executions", json=RECORD).status_code == 200
        yield receiver
        stored = httpx.get(f"{receiver.url}/api/executions/known").json()
        assert stored["trigger"] == RECORD["trigger"]


@pytest.fixture(scope="module")
def client(receiver: Receiver) -> Iterator[httpx.Client]:
    """Make a client with all rights."""
    headers = {"authorization": f"Bearer {receiver.begin_session()}"}
    with httpx.Client(base_url=receiver.url, headers=headers, timeout=60) as client:
        yield client


def ask(receiver: Receiver, method: str, target: str, *headers: str) -> Answer:
    """Send a request as it is written, without credentials."""
    lines = [f"{method} {target} HTTP/1.1", "Connection: close", *headers]
    if not any(line.lower().startswith("host:") for line in headers):
        lines.append(f"Host: 127.0.0.1:{receiver.port}")
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        text = b""
        while data := connection.recv(65536):
            text += data
    found = re.match(rb"HTTP/1\.1 (\d+)", text)
    return Answer(status=int(found[1]) if found else 0, text=text)


def fill(path: str) -> str:
    """Replace the parameters of a path."""
    for part, value in (("{execution_id:str}", "known"), ("{workflow_id:str}", "w")):
        path = path.replace(part, value)
    return path.replace("{process_id:str}", "p").replace("{sequence:int}", "0")


HEADERS: Final = {
    "a rebound name": ("Host: evil.example",),
    "a rebound name with the port": ("Host: evil.example:{port}",),
    "a name that ends like ours": ("Host: 127.0.0.1.evil.example:{port}",),
    "an address as a number": ("Host: 2130706433",),
    "credentials before the name": ("Host: evil@127.0.0.1:{port}",),
    "two names": ("Host: 127.0.0.1:{port}", "Host: evil.example"),
    "another port as the origin": ("Origin: http://127.0.0.1:1",),
    "no origin": ("Origin: null",),
    "a file as the origin": ("Origin: file://",),
    "an extension as the origin": ("Origin: chrome-extension://abc",),
    "our origin and another": ("Origin: http://127.0.0.1:{port}", "Origin: http://evil.example"),
    "a load of another site": ("Sec-Fetch-Site: cross-site",),
    "a load of another port": ("Sec-Fetch-Site: same-site",),
    "two kinds of sites": ("Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_foreign_name_or_origin_is_refused_on_every_route(name: str, receiver: Receiver) -> None:
    """Each route of the API answers 403, also those that need no right."""
    headers = [line.format(port=receiver.port) for line in HEADERS[name]]
    for (method, path), right in RIGHTS.items():
        answer = ask(receiver, method, fill(path), *headers)
        assert answer.status == 403, (method, path, right)
        assert SECRET.encode() not in answer.text


SHOWN: Final = {
    "a token in the address": ("?token={token}", ()),
    "a token as a password": ("", ("Authorization: Basic {basic}",)),
    "a token in the referrer": ("", ("Referer: http://127.0.0.1:{port}/?token={token}",)),
    "a token in a cookie": ("", ("Cookie: session={token}; flightlog.session={token}",)),
    "a token in another header": ("", ("X-Api-Key: {token}", "Proxy-Authorization: {token}")),
    "a forwarded address": ("", ("X-Forwarded-For: 127.0.0.1", "Forwarded: for=127.0.0.1")),
    "a trusted user's header": ("", ("X-Forwarded-User: root", "Remote-User: root")),
    "another target in a header": ("", ("X-Original-URL: /health", "X-Rewrite-URL: /health")),
    "another method in a header": ("", ("X-HTTP-Method-Override: GET", "X-Method-Override: GET")),
    "two credentials": ("", ("Authorization: Bearer {token}", "Authorization: Bearer x")),
    "a token with more behind it": ("", ("Authorization: Bearer {token}, Bearer x",)),
    "an empty token": ("", ("Authorization: Bearer ",)),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_credentials_in_a_wrong_place_give_no_right(name: str, receiver: Receiver) -> None:
    """Each closed route answers 401, and shows nothing of the history."""
    token = receiver.begin_session()
    query, headers = SHOWN[name]
    values = {"token": token, "port": receiver.port, "basic": "ZmxpZ2h0bG9nOng="}
    shown = [line.format(**values) for line in headers]
    for method, path in CLOSED:
        answer = ask(receiver, method, fill(path) + query.format(**values), *shown)
        assert answer.status == 401, (method, path)
        assert SECRET.encode() not in answer.text


PATHS: Final = (
    "/health/../api/executions/known",
    "/health/%2e%2e/api/executions/known",
    "/assets/..%2fapi%2fexecutions%2fknown",
    "/api/../api/executions/known",
    "/./api/executions/known",
    "/api/executions/known;x=/health",
    "/api/executions/known%00",
    "/api/executions/known?/health",
    "/api/executions/known#/health",
    "/API/EXECUTIONS/known",
    "//127.0.0.1/api/executions/known",
    "http://127.0.0.1/api/executions/known",
    "/openapi.json/../api/executions/known",
    "/api/executions/known/",
    "/api//executions/known",
    "\\api\\executions\\known",
)


@pytest.mark.parametrize("path", PATHS)
def test_no_spelling_of_a_path_avoids_the_right(path: str, receiver: Receiver) -> None:
    """Other spellings of a closed route show nothing without a right."""
    for method in ("GET", "HEAD", "OPTIONS", "DELETE"):
        answer = ask(receiver, method, path)
        assert SECRET.encode() not in answer.text
        assert method != "DELETE" or answer.status in {0, 400, 401, 403, 404, 405}


FILES: Final = (
    "/../outside.txt",
    "/..%2foutside.txt",
    "/%2e%2e/outside.txt",
    "/%2e%2e%2foutside.txt",
    "/%252e%252e%252foutside.txt",
    "/..%5coutside.txt",
    "/assets/../../outside.txt",
    "/assets/....//outside.txt",
    "/..;/outside.txt",
    "/\xc0\xae\xc0\xae/outside.txt",
    "/assets//etc/passwd",
    "/etc/passwd",
    "/file:///etc/passwd",
    "/executions.db",
    "/..%00/outside.txt",
)


@pytest.mark.parametrize("path", FILES)
def test_no_path_leads_out_of_the_viewer(path: str, receiver: Receiver) -> None:
    """No address serves a file beside the viewer's directory."""
    answer = ask(receiver, "GET", path, "Accept: text/html")
    assert SECRET.encode() not in answer.text
    assert b"root:" not in answer.text
    assert b"SQLite format" not in answer.text


INJECTIONS: Final = {
    "SQL": ["' OR 1=1 --", "'; DROP TABLE executions; --", '" UNION SELECT * FROM payloads --'],
    "full text": ['"', "a NEAR b", "a* OR *", "col:x", "^a", "{a b}:c", "a AND", '""""', "-"],
    "LIKE": ["%", "_", "\\%", "%%%"],
    "GLOB": ["*", "[a-z]*", "?" * 50],
    "regular expressions": ["/(a+)+$/", "/(?:a|a)*b/", "/" + "(" * 50],
}


@pytest.mark.parametrize("kind", INJECTIONS)
def test_no_query_is_more_than_a_query(kind: str, client: httpx.Client) -> None:
    """Texts of other languages find what they say, or are refused, and change nothing."""
    for text in INJECTIONS[kind]:
        for place in ("q", "workflowId", "projectId", "status", "search", "cursor", "after"):
            answer = client.get(f"/api/summaries?{place}={quote(text)}")
            assert answer.status_code in {200, 400}, (place, text)
        for path in (f"/api/executions/{quote(text, safe='')}", "/api/facets?q=" + quote(text)):
            assert client.get(path).status_code < 500
    assert client.get("/api/counts").json()["total"] == 1


@pytest.mark.parametrize(
    "path",
    [
        "$.__class__",
        "$['__class__']['__mro__']",
        "$[?@.__class__]",
        "$[?match(@, '(a+)+$')]",
        "$[?search(@, '(a|a)*b')]",
        "$[?length(@) > 1 || system('id')]",
        "$" + "[0]" * 500,
        "$.." * 50 + "a",
        "$[0:" + "9" * 30 + "]",
    ],
)
def test_no_json_path_reaches_more_than_the_payload(path: str, client: httpx.Client) -> None:
    """A JSONPath selects values of the payload, or is refused."""
    answer = client.get(f"/api/executions/known/trigger/data/select?path={quote(path)}")
    assert answer.status_code in {200, 400}
    assert "uid=" not in answer.text
    assert "class '" not in answer.text


def test_no_id_adds_a_header_or_an_answer(receiver: Receiver) -> None:
    """Line ends in an address come back encoded, and in no header."""
    headers = (f"Authorization: Bearer {receiver.begin_session()}",)
    for text in ("%0d%0aX-Evil:1", "%0d%0a%0d%0aHTTP/1.1 200 OK", "%e5%98%8a%e5%98%8dX-Evil:1"):
        for path in (f"/api/executions/{text}", f"/api/executions/{text}/trigger/data/raw"):
            answer = ask(receiver, "GET", path.replace(" ", "%20"), *headers)
            head = answer.text.partition(b"\r\n\r\n")[0].lower()
            assert b"x-evil" not in head
            assert head.count(b"http/1.1") == 1


def hostile_record(execution_id: str) -> dict[str, object]:
    """Make a record with terminal escapes and a formula in every text."""
    error = {"message": HOSTILE, "stack": HOSTILE, "type": HOSTILE, "kind": HOSTILE}
    node = {
        "nodeId": HOSTILE,
        "nodeName": HOSTILE,
        "nodeType": HOSTILE,
        "status": "error",
        "input": {HOSTILE: HOSTILE},
        "output": HOSTILE,
        "error": error,
        "logs": [{"time": HOSTILE, "level": HOSTILE, "logger": HOSTILE, "message": HOSTILE}],
    }
    return {
        **RECORD,
        "id": execution_id,
        "workflowId": HOSTILE,
        "workflowName": HOSTILE,
        "name": HOSTILE,
        "trigger": {"type": HOSTILE, "data": HOSTILE},
        "tags": {HOSTILE: HOSTILE},
        "error": error,
        "nodeExecutions": [node],
    }


@pytest.mark.parametrize(
    "command",
    [
        ["list"],
        ["show", "hostile"],
        ["show", "hostile", "--payloads"],
        ["search", "cmd"],
        ["stats"],
        ["logs", "hostile"],
        ["export", "-"],
        ["list", "--json"],
        ["show", "hostile", "--json"],
        ["list", "workflow:\x1b[2J"],
        ["show", "\x1b[2J"],
        ["doctor"],
        ["prune", "--keep", "0", "--dry-run"],
    ],
    ids=" ".join,
)
def test_no_command_prints_what_a_terminal_obeys(
    command: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Escapes, line ends and reordering characters of records and arguments are shown as text."""
    if "--json" in command or "export" in command:
        # Other programs get the JSON as it is. Tables would have colours on a terminal.
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with ExecutionLogger(tmp_path / "history.db") as logger:
        logger.log_execution(hostile_record("hostile"))
    run([*command, "--db", str(tmp_path / "history.db")])
    printed = capsys.readouterr()
    assert printed.out or printed.err
    for text in (printed.out, printed.err):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


def test_no_export_is_a_sheet_with_formulas(tmp_path: Path) -> None:
    """Exports are NDJSON or a database, where a formula is a text within quotation marks."""
    with ExecutionLogger(tmp_path / "history.db") as logger:
        logger.log_execution(hostile_record("hostile"))
    target = tmp_path / "export.ndjson"
    assert run(["export", str(target), "--db", str(tmp_path / "history.db")]) == 0
    assert json.loads(target.read_text())["id"] == "hostile"
    assert not re.search(r"(?m)^[=+@-]|[,;\t][=+@-]", target.read_text())
    assert run(["export", "--format", "csv", "x", "--db", str(tmp_path / "history.db")]) != 0


@pytest.mark.parametrize(
    "text",
    [
        "\r\nContent-Length: 2\r\n\r\n{}",
        '"}\r\nContent-Length: 40\r\n\r\n{"jsonrpc":"2.0","id":1,"result":"owned"}',
        "Content-Length: 9999999\r\n\r\n",
        "\u2028\u2029\x00\x1b",
    ],
)
def test_no_value_begins_a_message_of_the_editors_channel(text: str) -> None:
    """A value that looks like a frame comes back within its own message, and no other follows."""
    with tempfile.TemporaryFile() as file, FileIO(os.dup(file.fileno()), "wb") as writing:
        protocol = Protocol()
        protocol.writer = FrameWriter(writing, lambda: None)
        protocol.add("echo", lambda params: params)
        message = {"jsonrpc": "2.0", "id": text[:9], "method": "echo", "params": {text: text}}
        protocol.handle_message(message)
        protocol.handle_message({**message, "method": text})
        protocol.finish()
        file.seek(0)
        with FileIO(os.dup(file.fileno()), "rb") as reading:
            bodies = [json.loads(body) for body in FrameReader(reading, pytest.fail).bodies()]
    assert len(bodies) == 2
    assert bodies[0]["result"] == {text: text}
    assert "error" in bodies[1]


@AS_ROOT
def test_another_user_reads_no_file_of_ours() -> None:
    """Databases, logs, tokens, spools and keys of a running receiver are closed to nobody."""
    setpriv, head = shutil.which("setpriv"), shutil.which("head")
    if setpriv is None or head is None:
        pytest.skip("needs setpriv and head")
    with public_directory() as place:
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("FLIGHTLOG_KEY")
            patch.setenv("XDG_DATA_HOME", str(place))
            load_secret_key()
        settings = ReceiverSettings(port=0, spool_dir=place / "spool")
        with (
            ExecutionLogger(place / "executions.db") as logger,
            Receiver(logger, settings).running() as receiver,
        ):
            TokenDirectory.beside(logger.path).create([Right.READ])
            assert httpx.post(f"{receiver.url}/api/executions", json=RECORD).status_code == 200
            files = [path for path in place.rglob("*") if path.is_file()]
            assert len(files) >= 4
            ids = [f"--reuid={NOBODY_ID}", f"--regid={NOBODY_ID}", "--clear-groups"]
            for file in files:
                for command in ([head, "-c1", str(file)], ["/bin/sh", "-c", f": >> '{file}'"]):
                    ended = subprocess.run(
                        [setpriv, *ids, *command], capture_output=True, check=False
                    )
                    assert ended.returncode != 0, file


@AS_ROOT
def test_another_user_gets_no_route_of_ours(receiver: Receiver) -> None:
    """A program of nobody gets 401 from every closed route of a receiver on loopback."""
    with public_directory() as place:
        home = place / "home"
        command = [*nobody_command(home), str(PROGRAMS / "receiver_without_credentials.py")]
        asked = "\n".join(f"{method} {receiver.url}{fill(path)}" for method, path in CLOSED)
        ended = subprocess.run(
            command,
            input=asked,
            env=nobody_environment(home),
            capture_output=True,
            text=True,
            check=True,
        )
    assert ended.stdout.split() == ["401"] * len(CLOSED)


def test_a_link_in_the_place_of_a_directory_of_ours_is_not_written(tmp_path: Path) -> None:
    """Tokens, spools, keys, exports and backups don't follow a link to somewhere else."""
    with ExecutionLogger(tmp_path / "executions.db") as logger:
        logger.log_execution(RECORD)
    victim = tmp_path / "victim"
    victim.write_text("kept")
    for name, command in {
        "export": ["export"],
        "backup": ["backup"],
    }.items():
        link = tmp_path / name
        link.symlink_to(victim)
        run([*command, str(link), "--db", str(tmp_path / "executions.db")])
        assert victim.read_text() == "kept", name
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("FLIGHTLOG_KEY")
        patch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        (tmp_path / "data" / "flightlog").mkdir(parents=True)
        (tmp_path / "data" / "flightlog" / "installation.key").symlink_to(tmp_path / "elsewhere")
        with contextlib.suppress(FlightlogError):
            load_secret_key()
        assert not (tmp_path / "elsewhere").exists()
    dangling = tmp_path / "dangling.db"
    dangling.symlink_to(tmp_path / "elsewhere.db")
    with pytest.raises(FlightlogError):
        DatabaseDestination.from_url(f"sqlite:{dangling}")
    assert not (tmp_path / "elsewhere.db").exists()
