from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from flightlog.clock import utc_now
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.rights import RIGHTS, Right
from flightlog.receiver.tokens import TokenDirectory
from flightlog.secret_key import SecretKey, load_secret_key, write_access_header
from support.access import NOBODY, prove_access
from support.records import record

RECORD = {
    "id": "sent",
    "workflowId": "w",
    "workflowName": "W",
    "status": "success",
    "startedAt": "2026-11-22T10:00:00Z",
}
CLOSED = [(method, path) for (method, path), right in RIGHTS.items() if right is not None]


@pytest.fixture(scope="module")
def tokens(logger: ExecutionLogger) -> TokenDirectory:
    """Make the tokens of the history."""
    return TokenDirectory.beside(logger.path)


@pytest.fixture(scope="module")
def strict(logger: ExecutionLogger) -> Iterator[Receiver]:
    """Run a receiver that takes records only with credentials."""
    settings = ReceiverSettings(port=0, ingest_needs_right=True)
    with Receiver(logger, settings).running() as receiver:
        yield receiver


def bearer(token: str) -> dict[str, str]:
    """Make the headers that show a token."""
    return {"authorization": f"Bearer {token}"}


def fill(path: str) -> str:
    """Replace the parameters of a path."""
    for part in ("execution_id", "workflow_id", "process_id"):
        path = path.replace(f"{{{part}:str}}", "known")
    return path.replace("{sequence:int}", "0")


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_every_route_is_closed_to_a_client_without_credentials(
    method: str, path: str, strict: Receiver, logger: ExecutionLogger
) -> None:
    """Each route answers 401 with what to do, and shows nothing of the history."""
    logger.log_execution(record("known"))
    for target in (fill(path), f"{fill(path)}?payloads=true", f"{fill(path)}/"):
        answer = httpx.request(method, strict.url + target, headers=NOBODY)
        assert answer.status_code == 401
        assert answer.json()["code"] == "right_needed"
        assert "flightlog " in answer.json()["hint"]
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "known" not in answer.text


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_every_route_refuses_a_token_without_its_right(
    method: str, path: str, receiver: Receiver, tokens: TokenDirectory
) -> None:
    """A token for one right is worth nothing for another; `admin` includes all."""
    needed = RIGHTS[method, path]
    for right in Right:
        token, _ = tokens.create([right])
        # A stream of events has no end, so only its beginning is read.
        with httpx.stream(method, receiver.url + fill(path), headers=bearer(token)) as answer:
            status = answer.status_code
            code = "" if status < 400 else json.loads(answer.read())["code"]
        if right in {needed, Right.ADMIN}:
            assert code not in {"right_needed", "right_missing", "bad_credentials"}
        else:
            assert (status, code) == (403, "right_missing")


def test_records_of_this_machine_need_no_credentials(receiver: Receiver) -> None:
    """The workflows of the editor send none; what they may not do is to read."""
    url = f"{receiver.url}/api/executions"
    assert httpx.post(url, json=RECORD, headers=NOBODY).status_code == 200
    assert httpx.get(f"{url}/sent", headers=NOBODY).status_code == 401
    assert httpx.delete(f"{url}/sent", headers=NOBODY).status_code == 401
    assert httpx.get(f"{url}/sent").status_code == 200


def test_a_setting_closes_ingest(strict: Receiver, tokens: TokenDirectory) -> None:
    """Records then need a token, a proof or a right signature."""
    url = f"{strict.url}/api/executions"
    assert httpx.post(url, json=RECORD, headers=NOBODY).status_code == 401
    token, _ = tokens.create([Right.INGEST])
    assert httpx.post(url, json=RECORD, headers=bearer(token)).status_code == 200
    body = b'{"id":"signed","workflowId":"w","workflowName":"W","status":"success",'
    body += b'"startedAt":"2026-11-22T10:00:00Z"}'
    headers = {**NOBODY, "content-type": "application/json"}
    right = {**headers, "flightlog-signature": load_secret_key().make_signature(body)}
    wrong = {**headers, "flightlog-signature": "0" * 64}
    assert httpx.post(url, content=body, headers=wrong).json()["code"] == "bad_signature"
    assert httpx.post(url, content=body, headers=right).status_code == 200


def test_behind_a_proxy_no_client_counts_as_local(own_logger: ExecutionLogger) -> None:
    """All requests of a proxy come from this machine, so each needs credentials."""
    settings = ReceiverSettings(port=0, behind_proxy=True, allowed_hosts=("flightlog.example",))
    with Receiver(own_logger, settings).running() as receiver:
        url = f"{receiver.url}/api/executions"
        assert httpx.post(url, json=RECORD, headers=NOBODY).status_code == 401
        page = {"host": "flightlog.example", "origin": "https://flightlog.example"}
        assert httpx.post(url, json=RECORD, headers=page).status_code == 200
        other = {"host": "flightlog.example", "origin": "https://other.example"}
        assert httpx.post(url, json=RECORD, headers=other).status_code == 403


def test_the_health_shows_nothing_without_the_right_to_read(receiver: Receiver) -> None:
    """Everyone may see that the receiver runs, and have it prove itself."""
    url = f"{receiver.url}/health"
    assert httpx.get(url, headers=NOBODY).json().keys() == {"status", "version"}
    assert "history" in httpx.get(url).json()


def test_a_proof_is_valid_once_for_one_request(receiver: Receiver) -> None:
    """A proof that is repeated, changed, old, of another port or of another key is refused."""
    port, url = receiver.port, receiver.url
    proof = prove_access("GET", port, "/api/stats")
    assert httpx.get(f"{url}/api/stats", headers=proof).status_code == 200
    other = SecretKey(b"the key of somebody else")
    moment = str(int(time.time()) - 120)
    old = load_secret_key().make_access(port, "GET", "/api/stats", moment, "n")
    refused = [
        proof,
        prove_access("GET", port, "/api/counts"),
        prove_access("DELETE", port, "/api/stats"),
        prove_access("GET", port + 1, "/api/stats"),
        prove_access("GET", port, "/api/stats", other),
        {"authorization": f"Flightlog {moment}.n.{old}"},
        *({"authorization": f"Flightlog {text}"} for text in ("x", "1.2.3", "é.é.é", "..")),
    ]
    for headers in refused:
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        answer = httpx.get(f"{url}/api/stats", headers=encoded)
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_credentials")


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer x",
        "Bearer fls_1_2_3",
        "Basic YTpi",
        "flt_1",
        "Bearer flt_00000000_" + "0" * 64,
    ],
)
def test_wrong_credentials_are_refused_also_where_none_are_needed(
    value: str, receiver: Receiver
) -> None:
    """A client with wrong credentials learns so, instead of being taken for another client."""
    headers = {"authorization": value}
    for method, path in (("POST", "/api/executions"), ("GET", "/api/stats"), ("GET", "/health")):
        answer = httpx.request(method, receiver.url + path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_credentials")


def test_two_credentials_are_refused(receiver: Receiver) -> None:
    """It would not be clear which of them counts."""
    headers = [("authorization", f"Bearer {receiver.begin_session()}")] * 2
    answer = httpx.get(f"{receiver.url}/api/stats", headers=headers)
    assert answer.json()["code"] == "bad_credentials"


def test_a_token_works_until_it_is_revoked_or_ends(
    receiver: Receiver, tokens: TokenDirectory
) -> None:
    """A running receiver sees new, revoked and ended tokens at once."""
    url = f"{receiver.url}/api/stats"
    token, made = tokens.create([Right.READ])
    assert httpx.get(url, headers=bearer(token)).status_code == 200
    assert tokens.revoke(made.id)
    assert httpx.get(url, headers=bearer(token)).status_code == 401
    ended, _ = tokens.create([Right.READ], expires_at=utc_now() - timedelta(seconds=1))
    assert httpx.get(url, headers=bearer(ended)).status_code == 401


def test_a_token_of_another_history_is_refused(receiver: Receiver, tmp_path: Path) -> None:
    """A token is valid for the history for which it was made."""
    token, _ = TokenDirectory.beside(tmp_path / "other.db").create([Right.ADMIN])
    assert httpx.get(f"{receiver.url}/api/stats", headers=bearer(token)).status_code == 401


def test_the_viewer_loads_without_a_right(receiver: Receiver) -> None:
    """The page itself says how to get in; no token is ever read from an address or a cookie."""
    session = receiver.begin_session()
    assert httpx.get(receiver.url, headers=NOBODY).status_code == 200
    for target in (f"/api/counts?token={session}", f"/api/counts?session={session}"):
        assert httpx.get(receiver.url + target, headers=NOBODY).status_code == 401
    cookies: Any = {"flightlog.session": session, "authorization": f"Bearer {session}"}
    url = f"{receiver.url}/api/counts"
    assert httpx.get(url, headers=NOBODY, cookies=cookies).status_code == 401


def test_the_header_of_a_client_names_its_scheme() -> None:
    """Every header has another nonce."""
    key = load_secret_key()
    first, second = (write_access_header(key, 3000, "GET", "/") for _ in range(2))
    assert first.startswith("Flightlog ")
    assert first != second
