"""Known secrets: the values of an environment that count as secrets, and their spellings."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.redaction import Redactor, environment_secrets
from flightlog.redaction.known import spellings
from support.secrets import encodings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRIPE_API_KEY", "q7f3k9x2m5"),
        ("GITHUB_TOKEN", "q7f3k9x2m5"),
        ("DB_PASSWORD", "Correct-Horse"),
        ("DJANGO_SECRET_KEY", "q7f3k9x2m5 !"),
        ("CLIENT_SECRET", "123456789012345678"),
        ("MY_CREDENTIALS", "b0b:hunter2"),
        ("PGPASSWORD", "averylongpasswordindeed"),
    ],
)
def test_values_of_secret_variables_are_taken(name: str, value: str) -> None:
    """The value of a secret variable counts if the value is unlikely to appear by chance."""
    assert environment_secrets({name: value}) == [value]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRIPE_API_KEY", "short1"),
        ("DB_PASSWORD", "password"),
        ("DB_PASSWORD", "localhost"),
        ("USE_TOKEN", "true"),
        ("API_KEY", "aaaaaaaaaaaa"),
        ("API_KEY", "12345678"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/etc/google/key.json"),
        ("SSH_AUTH_SOCK", "/tmp/ssh-x1/agent.1"),
        ("SECRETS", "C:\\secrets\\a1"),
        ("TOKEN_URL", "https://a.example/token1"),
        ("API_TOKEN", "https://a.example/token1"),
        ("PWD", "/home/bob1/project"),
        ("MAX_TOKENS", "q7f3k9x2m5"),
        ("HOME", "q7f3k9x2m5"),
    ],
)
def test_plain_values_are_left(name: str, value: str) -> None:
    """Short values, words, numbers and paths don't count, because other texts contain them."""
    assert environment_secrets({name: value}) == []


def test_passwords_in_urls_are_taken() -> None:
    """The password in a database's URL counts, because a password may appear without its URL."""
    url = "postgres://bob:q7f3k9x2m5@db/app"
    assert environment_secrets({"DATABASE_URL": url, "OTHER": url}) == ["q7f3k9x2m5"]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=30))
def test_every_encoding_is_a_spelling(secret: str) -> None:
    """The spellings of a secret include each documented encoding."""
    texts = {spelling.text: spelling for spelling in spellings(secret)}
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
    texts = {spelling.text.decode() for spelling in spellings(secret)}
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
