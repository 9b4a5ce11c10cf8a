"""The judge: which values of a secret name are secret."""

from __future__ import annotations

import json

import pytest

from flightlog.redaction import Redactor
from flightlog.redaction.judge import judge_value
from flightlog.redaction.names import Names
from flightlog.redaction.reading import BARE, CELL, QUOTED, SURE

NAMES = Names()


@pytest.mark.parametrize(
    "value", [b"", b"None", b"required", b"****", b"${PASSWORD}", b"{{password}}", b"xxx"]
)
@pytest.mark.parametrize("how", [QUOTED, BARE, CELL])
def test_masks_placeholders_and_words_are_no_secrets(value: bytes, how: int) -> None:
    """A value that says that there is none, or is put in later, stays however it is written."""
    assert judge_value(value, (0, len(value), how), NAMES.judge(b"password")) is None


@pytest.mark.parametrize("how", [QUOTED, BARE, CELL, SURE])
def test_a_word_under_a_secret_name_is_secret(how: int) -> None:
    """The whole word is the secret."""
    assert judge_value(b"hunter2", (0, 7, how), NAMES.judge(b"password")) == (0, 7)


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
