"""Card numbers."""

from __future__ import annotations

from random import Random

import pytest

from flightlog.redaction import Redactor
from flightlog.redaction.syntax import cards
from support.secrets import luhn_digit
from support.syntaxes import EXAMPLES, check_example


@pytest.fixture(scope="module")
def redactor() -> Redactor:
    """Make a redactor without rules."""
    return Redactor(b"k" * 32)


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


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["cards"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)
