"""Known secrets: the values of an environment that count as secrets, and their spellings."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.redaction import Redactor
from flightlog.redaction.known import spell
from support.secrets import encodings


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=30))
def test_every_encoding_is_a_spelling(secret: str) -> None:
    """The spellings of a secret include each documented encoding."""
    texts = {spelling.text: spelling for spelling in spell(secret)}
    for encoding, written in encodings(secret).items():
        data = written.encode()
        found = [spelling for text, spelling in texts.items() if text.lower() in data.lower()]
        assert any(
            spelling.stands_at(data, at, at + len(spelling.text))
            for spelling in found
            for at in range(len(data))
        ), encoding


@pytest.mark.parametrize("quote", ["", "'", '"', "'\""])
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=30))
def test_what_python_quotes_is_a_spelling(quote: str, secret: str) -> None:
    """The spellings include the secret in `repr` form, as in errors and stacks."""
    texts = {spelling.text.decode() for spelling in spell(secret)}
    assert any(text in repr(secret + quote) for text in texts)
    assert any(text in ascii(secret + quote) for text in texts)


@pytest.mark.parametrize(
    "secret",
    [
        '{"a": ["hunter22"]}',
        '{"a":["hunter22"]}',
        '["hunter22"]',
        'hunter22"],"b',
        "12.50",
        "-1e10",
    ],
)
def test_secret_that_looks_like_json_leaves_json(secret: str) -> None:
    """A known secret that is written as a part of the JSON itself never breaks the JSON."""
    redactor = Redactor(b"k" * 32, secrets=[secret, "hunter22"])
    value = {"x": {"a": ["hunter22"], "b": [12.50, -1e10]}, "text": secret}
    for separators in ((",", ":"), (", ", ": ")):
        written = json.dumps(value, separators=separators).encode()
        redacted = redactor.payload(written, "input")
        assert "hunter22" not in json.dumps(json.loads(redacted))


@pytest.mark.parametrize("behind", ["b", "ab", "", "aaaab"])
def test_secrets_that_overlap_in_a_run_leave_nothing(behind: str) -> None:
    """Nothing stays of a long run of a secret, and of a longer secret that ends behind it."""
    redactor = Redactor(b"k" * 32, secrets=["aaaa", "aaaaaaaab"])
    redacted = redactor.text("<" + "a" * 3_000 + behind + ">")
    assert redacted.startswith("<[REDACTED:")
    assert redacted.endswith("]>")
    assert redacted.count("[") == 1


@pytest.mark.parametrize(
    "text",
    [
        "name,password\nhunter22,abc123\n",
        "name;password;x\n1;abc123;hunter22\n",
    ],
)
def test_secret_beside_a_secret_column_is_removed(text: str) -> None:
    """A known secret goes from a table, too, whose rows are read for another column."""
    redactor = Redactor(b"k" * 32, secrets=["hunter22"])
    assert "hunter22" not in redactor.text(text)
    redacted = redactor.payload(json.dumps(text).encode(), "input")
    assert b"hunter22" not in redacted
    assert b"abc123" not in redacted
