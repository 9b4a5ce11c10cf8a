from __future__ import annotations

import httpx
import pytest

from flightlog.receiver import Receiver
from support.access import NOBODY


def test_a_link_lets_one_page_in(client: httpx.Client) -> None:
    """A code is exchanged once for a session, with which the page reads and deletes."""
    code = client.post("/api/links").json()["code"]
    answer = client.post("/api/sessions", json={"code": code}, headers=NOBODY)
    access = {"authorization": f"Bearer {answer.json()['session']}"}
    assert client.get("/api/counts", headers=access).status_code == 200
    assert client.delete("/api/executions/none", headers=access).json()["code"] == "not_found"
    again = client.post("/api/sessions", json={"code": code}, headers=NOBODY)
    assert (again.status_code, again.json()["code"]) == (403, "code_refused")
    assert "flightlog open" in again.json()["hint"]


def test_the_receivers_own_code_is_exchanged(receiver: Receiver) -> None:
    """`flightlog serve` prints such a code."""
    url = f"{receiver.url}/api/sessions"
    answer = httpx.post(url, json={"code": receiver.make_code()}, headers=NOBODY)
    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_form_cannot_exchange_a_code(kind: str, receiver: Receiver) -> None:
    """Only JSON is taken, which a page of another site can't send."""
    body = f'{{"code": "{receiver.make_code()}"}}'.encode()
    headers = {**NOBODY, "content-type": kind}
    answer = httpx.post(f"{receiver.url}/api/sessions", content=body, headers=headers)
    assert answer.status_code == 415


def test_a_page_signs_out(receiver: Receiver) -> None:
    """The session that the request shows ends; a token is no session."""
    url = f"{receiver.url}/api/sessions"
    headers = {"authorization": f"Bearer {receiver.begin_session()}"}
    assert httpx.delete(url, headers=headers).json() == {"ended": True}
    assert httpx.delete(url, headers=headers).json()["code"] == "bad_credentials"
    assert httpx.delete(url).json() == {"ended": False}


def test_a_reloaded_page_repeats_its_exchange(receiver: Receiver) -> None:
    """The claim is limited in length."""
    url = f"{receiver.url}/api/sessions"
    body = {"code": receiver.make_code(), "claim": "0123456789abcdef"}
    first, second = (httpx.post(url, json=body, headers=NOBODY) for _ in range(2))
    assert first.json()["session"] == second.json()["session"]
    other = httpx.post(url, json={**body, "claim": "other"}, headers=NOBODY)
    assert other.json()["code"] == "code_refused"
    long = httpx.post(url, json={**body, "claim": "x" * 200}, headers=NOBODY)
    assert long.status_code == 400
