"""Secrets that are recognised by their form: formats, cards, URLs, keys."""

from __future__ import annotations

import json
from random import Random

import pytest

from flightlog.redaction import Redactor
from support.secrets import FORMATS


@pytest.fixture(scope="module")
def redactor() -> Redactor:
    """Make a redactor without rules."""
    return Redactor(b"k" * 32)


CUT_SHORT_THEY_ARE_NO_SECRETS = ("Visa", "Mastercard", "American Express", "Discover", "Mailchimp")


@pytest.mark.parametrize("kind", sorted(FORMATS.keys() - set(CUT_SHORT_THEY_ARE_NO_SECRETS)))
def test_a_secret_cut_short_is_still_removed(redactor: Redactor, kind: str) -> None:
    """Two thirds of a secret are still removed, because capture cuts long texts anywhere."""
    secret, parts = FORMATS[kind](Random(kind))
    if kind in {"Twilio key", "Twilio pair"}:
        secret += "0" * (len(secret) // 2)
    text = redactor.text(f"failed with {secret[: len(secret) * 2 // 3]}")
    pieces = [part[at : at + 8] for part in parts for at in range(len(part) - 7)]
    assert pieces
    assert not [piece for piece in pieces if piece in text]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("postgres://bob:pw@h/db", "postgres://bob:|@h/db"),
        ("redis://:pw@h:1/0", "redis://:|@h:1/0"),
        ("https://h:8080/@bob", "https://h:8080/@bob"),
        ("https://bob@h/a", "https://bob@h/a"),
        ("https://h/a?b=c@d", "https://h/a?b=c@d"),
        ("mongodb://u:p%40w@a,b:1/d", "mongodb://u:|@a,b:1/d"),
        ("a://b:p/w@h c", "a://b:|@h c"),
        ("curl -u bob:pw1 x", "curl -u bob:| x"),
        ("docker run -u 1:1 x", "docker run -u 1:1 x"),
        ("Password=a&b;c", "Password=|;c"),
        ("a=1&password=b&c=2", "a=1&password=|&c=2"),
        ("login(password='a', b=1)", "login(password='|', b=1)"),
        ('x {"password":"a","b":1}, y', 'x {"password":"|","b":1}, y'),
        ("Authorization: Bearer abc\nHost: a", "Authorization: Bearer |\nHost: a"),
        ("Cookie: a=b; c=d\nHost: a", "Cookie: |\nHost: a"),
        ("-----BEGIN PRIVATE KEY-----\nabc\n-----END", "-----BEGIN PRIVATE KEY-----\n|\n-----END"),
        ("passphrase: correct horse battery", "passphrase: |"),
        ("the password is hunter2.", "the password is |."),
        ("password: str = 'a'", "password: str = '|'"),
        ("<password>a</password>", "<password>|</password>"),
    ],
)
def test_only_the_secret_goes(redactor: Redactor, text: str, kept: str) -> None:
    """The text around a secret, which explains the secret, stays."""
    redacted = redactor.text(text)
    before, _, after = kept.partition("|")
    assert redacted.startswith(before)
    assert redacted.endswith(after)
    assert ("[REDACTED:" in redacted) == ("|" in kept)
    assert redacted[len(before) : len(redacted) - len(after)].count("]") == kept.count("|")


TOKEN = "ghp_" + "ab12cd34ef56" * 3


@pytest.mark.parametrize(
    ("payload", "left"),
    [
        ({"private_key-----" + TOKEN: "hunter2"}, TOKEN),
        ({"secret": {"4111111111111111": "hunter2"}}, "4111111111111111"),
        ({"client_secret--4111111111111111": "hunter2"}, "4111111111111111"),
    ],
)
def test_a_secret_in_a_name_is_removed_with_the_value(
    redactor: Redactor, payload: object, left: str
) -> None:
    """A name is passed with its value, and yet searched for tokens and card numbers."""
    redacted = redactor.payload(json.dumps(payload).encode(), "input").decode()
    assert left not in redacted
    assert "hunter2" not in redacted


def test_a_mark_in_a_value_does_not_look_random(redactor: Redactor) -> None:
    """A placeholder gives no reason to remove the text around it."""
    text = "stripe_key: my-[REDACTED:0123456789ab]-words\n"
    assert redactor.text(text) == text
    assert TOKEN not in redactor.text(f"stripe_key: my-[REDACTED:0123456789ab]-{TOKEN}\n")
