"""Secrets that are recognised by their form: formats, cards, URLs, keys."""

from __future__ import annotations

from random import Random

import pytest

from flightlog.redaction import Redactor
from flightlog.redaction.syntax import cards
from support.secrets import FORMATS, luhn_digit


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
    assert all(part[at : at + 8] not in text for part in parts for at in range(len(part) - 7))


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (b"4111111111111111", True),
        (b"4111 1111 1111 1111", True),
        (b"5500-0000-0000-0004", True),
        (b"340000000000009", True),
        (b"3400 000000 00009", True),
        (b"2223003122003222", True),
        (b"6011000000000004", True),
        (b"30569309025904", True),
        (b"3530111333300000", True),
        (b"4111111111111112", False),
        (b"1234567812345670", False),
        (b"9111111111111111", False),
        (b"41111111111111", False),
        (b"0000000000000000", False),
    ],
)
def test_cards_are_told_by_issuer_length_and_check_digit(number: bytes, expected: bool) -> None:
    """A card number needs a known issuer, a valid length and a valid check digit."""
    assert cards.is_card(number) is expected


def test_random_numbers_are_hardly_ever_cards() -> None:
    """No time, and fewer than three in two hundred random ids, count as a card number."""
    rng = Random(7)
    times = [
        str(rng.randrange(1_500_000_000_000_000_000, 2_000_000_000_000_000_000))
        for _ in range(3000)
    ]
    assert not any(
        cards.is_card(time[:length].encode()) for time in times for length in (13, 16, 19)
    )
    ids = [str(rng.randrange(10**12, 10**19)).encode() for _ in range(5000)]
    assert sum(map(cards.is_card, ids)) / len(ids) < 0.015


@pytest.mark.parametrize("around", ["{}", "n={} ", "no.{}.", "a{}", "x-{}", "+{}", "0.{}", "12-{}"])
def test_digits_of_something_longer_are_no_card(redactor: Redactor, around: str) -> None:
    """Digits within a word, a phone number, a fraction or an id aren't a card."""
    number = "411111111111111" + luhn_digit("411111111111111")
    removed = number not in redactor.text(around.format(number))
    assert removed == (around in {"{}", "n={} ", "no.{}.", "x-{}"})


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
