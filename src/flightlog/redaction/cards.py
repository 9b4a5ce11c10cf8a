"""
Card numbers: digits of a length and a beginning that an issuer uses, and that pass Luhn's check.

They stand together, or in groups as they are printed on cards. Thirteen digits, which no card has
had for decades, count only under a name that says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_SEPARATOR: Final = rb"( |-|\xc2\xa0)"
_WRITTEN: Final = (
    rb"(?:[0-9]{14,16}"
    rb"|[0-9]{4}" + _SEPARATOR + rb"(?:[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{3})?"
    rb"|[0-9]{6}\1[0-9]{4,5}))"
    rb"(?![0-9A-Za-z]|[.-][0-9])"
)
_STRICT: Final = re.compile(rb"(?<![0-9A-Za-z+])(?<![0-9][.-])" + _WRITTEN)
_LOOSE: Final = re.compile(rb"(?:(?<![0-9])|(?<=%[0-9a-fA-F]{2}))" + _WRITTEN)
_LONGEST_IN_ONE: Final = 16
"""Longer numbers exist, but without gaps they are hardly ever cards and very often ids."""
_VERIFICATION_LENGTH: Final = len(b" 123")

NEEDLES: Final = {
    b"0" * 14,
    *(
        separator.join(b"0" * size for size in sizes)
        for separator in (b" ", b"-", b"\xc2\xa0")
        for sizes in ((4, 4, 4, 1), (4, 6, 4))
    ),
}
"""Of which one stands in each, where every digit is written 0."""

_POINT: Final = ord(".")
_DIGITS: Final = frozenset(b"0123456789")
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_ISSUED: Final = re.compile(
    rb"(?:4[0-9]{15}(?:[0-9]{3})?"
    rb"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"
    rb"|3[47][0-9]{13}"
    rb"|3(?:0[0-5]|09|[689][0-9])[0-9]{11}"
    rb"|(?:6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12}(?:[0-9]{3})?"
    rb"|35(?:2[89]|[3-8][0-9])[0-9]{12}"
    rb"|62[0-9]{14}(?:[0-9]{3})?"
    rb"|220[0-4][0-9]{12})"
)
"""Visa; Mastercard; American Express; Diners; Discover; JCB; UnionPay; Mir."""


def find(text: bytes) -> Iterator[tuple[int, int]]:
    """
    Find card numbers.

    Args:
        text: With its escapes undone.

    Yields:
        Where each starts and ends.
    """
    place = 0
    while found := _STRICT.search(text, place):
        end = _end(found)
        if end is not None:
            yield found.start(), end
        # What was no card may hold the first group of one. A try looks at 24 bytes at most.
        place = found.start() + 1 if end is None else end


def is_within_number(json: bytes, place: int) -> bool:
    """
    Whether the digits there go on a number, so that no card number starts with them.

    Quick, since every number of many digits, such as those of an embedding, is asked about.
    """
    if place == 0:
        return False
    before = json[place - 1]
    if before == _POINT:
        return json[place - 2 : place - 1].isdigit()
    return before in _DIGITS and b"%" not in json[max(0, place - 3) : place]


def may_start(json: bytes, place: int) -> bool:
    r"""Whether a card number starts there; the byte before may belong to an escape like `\n`."""
    found = _LOOSE.match(json, place)
    return found is not None and _end(found) is not None


def _end(found: re.Match[bytes]) -> int | None:
    if is_card(found[0]):
        return found.end()
    # Three digits after a number in groups are as often a verification code as part of it.
    without = found[0][:-_VERIFICATION_LENGTH]
    return found.end() - _VERIFICATION_LENGTH if found[1] and is_card(without) else None


def is_card(written: bytes) -> bool:
    """Whether what is written as a card number can be one."""
    number = digits(written)
    if len(number) > _LONGEST_IN_ONE and number == written:
        return False
    return _ISSUED.fullmatch(number) is not None and passes_luhn(number)


def digits(written: bytes) -> bytes:
    """The digits of a number, without what groups them."""
    return re.sub(rb"[^0-9]", b"", written)


def passes_luhn(number: bytes) -> bool:
    """Whether the last digit is the check digit of the others."""
    odd = sum(digit - ord("0") for digit in number[::-2])
    return (odd + sum(_DOUBLED[digit - ord("0")] for digit in number[-2::-2])) % 10 == 0
