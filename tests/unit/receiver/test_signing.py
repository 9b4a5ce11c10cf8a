from __future__ import annotations

import httpx
import pytest

from .conftest import INSTALLATION


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/api/executions/none", 404),
        ("GET", "/nothing", 404),
        ("POST", "/api/executions", 415),
        ("PUT", "/api/processes/p", 415),
    ],
)
def test_a_challenge_is_answered_on_every_route(
    method: str, path: str, status: int, own: httpx.Client
) -> None:
    """Every answer proves that a receiver of the installation sent it."""
    answer = own.request(method, path, headers={"Flightlog-Challenge": "c" * 128})
    assert answer.status_code == status
    assert answer.headers["flightlog-proof"] == INSTALLATION.make_proof("c" * 128)


def test_a_refused_client_learns_whom_it_has_reached(own: httpx.Client) -> None:
    """A 403 for a wrong host name carries a proof too, because only the name needs correction."""
    answer = own.get("/health", headers={"Flightlog-Challenge": "c", "Host": "other.example"})
    assert answer.status_code == 403
    assert answer.headers["flightlog-proof"] == INSTALLATION.make_proof("c")


@pytest.mark.parametrize("challenges", [(), ("",), ("c" * 129,), ("a", "b")])
def test_no_proof_where_none_was_asked_for(challenges: tuple[str, ...], own: httpx.Client) -> None:
    """
    The receiver sends no proof without a challenge.

    An empty, overlong or repeated challenge counts as none.
    """
    headers = [("Flightlog-Challenge", challenge) for challenge in challenges]
    answer = own.get("/health", headers=headers)
    assert answer.status_code == 200
    assert "flightlog-proof" not in answer.headers
