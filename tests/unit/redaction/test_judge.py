"""The judge: its short way for plain values agrees with its close look."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from flightlog.redaction import Redactor
from flightlog.redaction.judge import is_plain_secret, judged
from flightlog.redaction.names import Names
from flightlog.redaction.reading import SURE

NAMES = Names()


@given(
    st.sampled_from([b"password", b"db_pwd", b"apiKey", b"pass", b"Cookie"]),
    st.binary(min_size=1, max_size=30).filter(lambda value: b'"' not in value),
)
@example(b"password", b"hunter2")
@example(b"password", b"Required")
@example(b"password", b"[REDACTED:0123456789ab]")
def test_plain_secret_is_secret_on_a_close_look(name: bytes, value: bytes) -> None:
    """A value that is secret without a close look is secret, as a whole, with one."""
    known = NAMES.judged(name)
    assume(is_plain_secret(value, known))
    assert judged(value, (0, len(value), SURE), known) == (0, len(value))


def test_masks_placeholders_and_words_are_no_plain_secrets() -> None:
    """A value that says that there is none, or is put in later, needs a close look."""
    name = NAMES.judged(b"password")
    for value in (b"", b"None", b"required", b"****", b"${PASSWORD}", b"{{password}}", b"xxx"):
        assert not is_plain_secret(value, name)
    assert is_plain_secret(b"hunter2", name)


@pytest.mark.parametrize(
    "piece",
    [
        {"token": "Hello", "logprob": -0.317, "bytes": [72, 101]},
        {"token": " the", "bytes": [32, 116, 104, 101], "logprob": -0.12},
        {"token": "cat", "bytes": None, "top_logprobs": []},
        {"logprob": -1.5e-05, "token": "Hi"},
    ],
)
def test_pieces_of_a_models_answer_are_no_secrets(piece: dict[str, object]) -> None:
    """They stay in JSON and in JSON as text; any other token goes."""
    redactor = Redactor(b"k" * 32)
    for payload in (json.dumps([piece]), json.dumps(json.dumps(piece, separators=(",", ":")))):
        assert redactor.payload(payload.encode(), "input") == payload.encode()
    provider = "ghp_" + "a1B2c3D4e5F6" * 3
    for token, rest in (("hunter2", {"expires": 9}), (provider, {"logprob": -1.0})):
        redacted = redactor.payload(json.dumps({"token": token, **rest}).encode(), "input")
        assert token.encode() not in redacted
