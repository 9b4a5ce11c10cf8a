"""Bad inputs get 4xx at once or are stored faithfully, and the receiver's memory stays bounded."""

from __future__ import annotations

import contextlib
import errno
import json
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from msgspec import Struct
from msgspec.structs import FieldInfo

from flightlog.receiver.rights import RIGHTS
from flightlog.record.times import normalize_time
from support.bad_inputs import (
    BODIES,
    PAYLOADS,
    VALUES,
    BadInput,
    is_payload,
    list_fields,
    write_record,
    write_wrong_shapes,
)
from support.bad_requests import RAW_REQUESTS, RawRequest
from support.programs import read_line, start_program

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

GROWTH_BYTES = 64 * 2**20
ANSWER_S = 110
CASES = (*PAYLOADS, *BODIES, *VALUES)
PARAMETERS = [
    pytest.param(case, id=case.name, marks=pytest.mark.long if case.is_long else ())
    for case in CASES
]
FIELDS = list(list_fields())
BODY_ROUTES = sorted(
    (method, path) for method, path in RIGHTS if method in {"POST", "PUT", "DELETE"}
)


class Served(Struct, kw_only=True):
    """A receiver in a child process."""

    url: str
    """Its address."""
    pid: int
    """Its process id."""
    client: httpx.Client
    """A client with one connection at a time."""

    def post(self, case: BadInput) -> tuple[int, bytes]:
        """Send a case; a connection that is closed before the end of the body counts as refused."""
        try:
            answer = self.client.post(
                "/api/executions", content=case.content(), headers=list(case.headers)
            )
        except httpx.TransportError:
            return 400, b'{"success":false}'
        return answer.status_code, answer.content

    def read(self, execution_id: str, part: str = "") -> httpx.Response:
        """Read an execution, or a part of it, by an id of any characters."""
        encoded = "".join(f"%{byte:02x}" for byte in execution_id.encode())
        return self.client.get(f"/api/executions/{encoded}{part}")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run a receiver whose first records have loaded what later ones need."""
    path = tmp_path_factory.mktemp("served") / "executions.db"
    with start_program("receiver_serves", path) as process:
        try:
            url = read_line(process)
            with httpx.Client(base_url=url, timeout=ANSWER_S) as client:
                for data in ("1", f'"{"x" * 100_000}"'):
                    headers = {"content-type": "application/json"}
                    client.post(
                        "/api/executions", content=write_record(data, id="first"), headers=headers
                    )
                yield Served(url=url, pid=process.pid, client=client)
        finally:
            process.terminate()
            process.communicate(timeout=60)


def read_memory(pid: int, what: str) -> int:
    """Read `VmRSS` (now) or `VmHWM` (the peak) of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith(f"{what}:"))
    return int(line.split()[1]) * 1024


def begin_peak(pid: int) -> int:
    """Make the peak of a process's memory begin now, and return the memory of now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return read_memory(pid, "VmRSS")


def test_the_table_has_enough_cases() -> None:
    """Each case has its own name."""
    names = {case.name for case in CASES}
    assert len(names) == len(CASES)
    assert len(CASES) + len(FIELDS) + len(RAW_REQUESTS) >= 150


@pytest.mark.parametrize("case", PARAMETERS)
def test_a_bad_input_is_refused_or_comes_back_as_it_was_sent(
    case: BadInput, served: Served
) -> None:
    """The answer is 4xx with the common shape, or what was sent can be read."""
    before = begin_peak(served.pid)
    status, content = served.post(case)
    assert read_memory(served.pid, "VmHWM") - before <= GROWTH_BYTES
    if case.expected == "refused" or (case.expected == "either" and status != 200):
        assert 400 <= status < 500, content
        assert json.loads(content)["success"] is False
    else:
        assert status == 200, content
        check_stored(case, served)
    assert served.client.get("/health").status_code == 200


def check_stored(case: BadInput, served: Served) -> None:
    """Check that the receiver has what a case sent."""
    sent = case.content()
    assert isinstance(sent, bytes)
    if case.payload is not None:
        stored = served.read(case.name, "/trigger/data")
        assert (stored.status_code, stored.content) == (200, case.payload())
    elif case.expected == "stored":
        record = json.loads(sent)
        answer = served.read(record["id"])
        assert answer.status_code == 200, record["id"]
        check_fields(record, answer.json())


def check_fields(sent: dict[str, Any], stored: dict[str, Any]) -> None:
    """Check each field, with the corrections that docs/reference/wire-format.md lists."""
    nodes = sent.pop("nodeExecutions", [])
    sent.pop("surprise", None)
    assert {node["nodeId"] for node in stored.get("nodeExecutions", [])} == {
        node["nodeId"] for node in nodes
    }
    for name, value in sent.items():
        if name in {"startedAt", "completedAt"}:
            assert stored[name] == normalize_time(value)
        elif name == "durationMs" and value < 0:
            assert stored[name] == 0
        elif name == "revision":
            continue
        else:
            assert stored[name] == value, name


@pytest.mark.parametrize(
    ("struct", "field"),
    FIELDS,
    ids=[f"{struct.__name__}.{field.encode_name}" for struct, field in FIELDS],
)
def test_a_value_of_a_wrong_shape_is_refused_in_each_field(
    struct: type[Struct], field: FieldInfo, served: Served
) -> None:
    """Lists, objects, numbers and texts in the wrong place get 400 with the place, never 5xx."""
    refused = 0
    for value, record in write_wrong_shapes(struct, field):
        headers = {"content-type": "application/json"}
        answer = served.client.post("/api/executions", content=record, headers=headers)
        assert answer.status_code in {200, 400}, (value, answer.text)
        if answer.status_code == 400:
            refused += 1
            assert answer.json()["code"] == "invalid_record"
            assert field.encode_name in answer.text, (value, answer.text)
        else:
            assert served.read(json.loads(record)["id"]).status_code == 200
    assert (refused == 0) == is_payload(field)


def end_sending(connection: socket.socket) -> None:
    """Send the end of the stream, unless the receiver has closed the connection."""
    try:
        connection.shutdown(socket.SHUT_WR)
    except OSError as error:
        assert error.errno == errno.ENOTCONN  # noqa: PT017 - the other case is no error


@pytest.mark.parametrize("request_", RAW_REQUESTS, ids=[each.name for each in RAW_REQUESTS])
def test_a_malformed_request_is_refused_and_nothing_is_stored(
    request_: RawRequest, served: Served
) -> None:
    """Wrong framing gets one 4xx answer and a closed connection, and no second answer."""
    address = urlsplit(served.url)
    with socket.create_connection((address.hostname, address.port), ANSWER_S) as connection:
        answer = b""
        # The receiver may close the connection while it is still being written.
        with contextlib.suppress(ConnectionError):
            connection.sendall(request_.content)
            if request_.is_cut:
                end_sending(connection)
            while data := connection.recv(65536):
                answer += data
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer
    assert len(re.findall(rb"HTTP/1\.1 \d", answer)) <= 1, answer
    assert served.read(request_.execution_id).status_code == 404
    assert served.client.get("/health").status_code == 200


@pytest.mark.parametrize(("method", "path"), BODY_ROUTES)
def test_every_route_with_a_body_refuses_the_table_of_bodies(
    method: str, path: str, served: Served
) -> None:
    """No body of the table gets 5xx from any route, and memory stays bounded."""
    for part in ("execution_id", "workflow_id", "process_id"):
        path = path.replace(f"{{{part}:str}}", "none")
    before = begin_peak(served.pid)
    for case in BODIES:
        content = case.content()
        # Large bodies take time, and the other routes read at most 4 MB of them.
        if isinstance(content, bytes) and len(content) < 5_000_000:
            try:
                answer = served.client.request(
                    method, path, content=content, headers=list(case.headers)
                )
            except httpx.TransportError:
                continue
            assert answer.status_code < 500, (case.name, answer.text)
    assert read_memory(served.pid, "VmHWM") - before <= GROWTH_BYTES
