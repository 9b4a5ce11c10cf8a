"""
Card numbers: digits of a length and a beginning that an issuer uses, and that pass Luhn's check.

They stand together, or in groups as they are printed on cards. A number of an order or a
transaction isn't a card,
though its check digit is right; 13 and 19 digits count only near a word of payment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction.reading import NUMBER, SURE, Value

EXAMPLES: Final = (
    ("paid with █ ok", "4111111111111111"),
    ("card █", "4111.1111.1111.1111"),
    ("charged █ 12/27", "3400 000000 00009"),
    ("paid with █ ok", "4222222222222"),
    ("order 4111111111111111 shipped", ""),
    ("txn 4111111111111111 ok", ""),
    ("at 4222222222222 ms", ""),
    ("order 4000 1234 5678 9010 shipped", ""),
)
ANCHOR: Final = (
    rb"(?:^|[^0-9A-Za-z+.%-]|[^0-9][.-]|\\+[nrt]|\\+u[0-9a-fA-F]{4}|%[0-9a-fA-F]{2})"
    rb"[2-6][0-9]{3}(?:[0-9]{9}|(?:[ .-]|\xc2\xa0|\\+u00[aA]0)(?:[0-9]{4}(?:[ .-]|\xc2\xa0"
    rb"|\\+u00[aA]0)[0-9]{4}|[0-9]{6}))"
)
BEGINS: Final = (
    rb"(?:\\{1,15}u[0-9a-fA-F]{4}|\\{1,15}[nrt]|%[0-9a-fA-F]{2}"
    rb"|[^0-9][.-]|[^0-9A-Za-z+.%-]|\A)(?=[2-6][0-9]{3})"
)
_BEFORE: Final = re.compile(
    rb"(?:(?<![0-9A-Za-z+%])(?<![0-9][.-])|(?<=\\[nrt])|(?<=\\u[0-9a-fA-F]{4})|(?<=%[0-9a-fA-F]{2}))(?=[2-6])"
)
_PREFIX: Final = re.compile(BEGINS)
_SEPARATOR: Final = rb"( |-|\.|\xc2\xa0|\\{1,15}u00[aA]0)"
_WRITTEN: Final = re.compile(
    rb"(?:[0-9]{13,19}"
    rb"|[0-9]{4}"
    + _SEPARATOR
    + rb"(?:[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{3})?|[0-9]{6}\1[0-9]{4,5}))"
    rb"(?![0-9A-Za-z]|[.-][0-9])"
)
_VERIFICATION_LENGTH: Final = len(b" 123")
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_ISSUED: Final = re.compile(
    rb"(?:4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})"
    rb"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"
    rb"|3[47][0-9]{13}"
    rb"|3(?:0[0-5]|09|[689][0-9])[0-9]{11}"
    rb"|(?:6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12}(?:[0-9]{3})?"
    rb"|35(?:2[89]|[3-8][0-9])[0-9]{12}"
    rb"|62[0-9]{14}(?:[0-9]{3})?"
    rb"|(?:50[0-9]{2}|5[6-9][0-9]{2}|6[37][0-9]{2})[0-9]{12}"
    rb"|220[0-4][0-9]{12})"
)
"""Visa; Mastercard; American Express; Diners; Discover; JCB; UnionPay; Maestro; Mir."""
_PAYMENT: Final = re.compile(
    rb"(?i)card|paid|pay|visa|master|amex|maestro|charg|credit|debit|\bpan\b|kart|tarjeta|carte|union"
)
_NUMBERED: Final = re.compile(
    rb"(?i)(?<![a-z])(?:orders?|transactions?|txn|tx|ids?|refs?|references?|invoices?|tracking|serial|batch|sku|phone|tel|numbers?"
    rb"|timestamps?|ts|time|bestellung|accounts?|isbn|imei|parcel|shipment|ticket)(?![a-z])[^0-9\n]{0,12}\Z"
)
_CONTEXT_BYTES: Final = 48
_PLAIN_LENGTHS: Final = frozenset({14, 15, 16})


def read(text: bytes, place: int, limit: int) -> Sequence[Value]:  # noqa: ARG001 - as others
    """
    Find a card number.

    Args:
        text: The text.
        place: Where its digits stand.
        limit: Where the text, or the string around it, ends.
    """
    prefix = _PREFIX.match(text, place)
    start = prefix.end() if prefix else place
    found = _WRITTEN.match(text, start) if _BEFORE.match(text, start) else None
    if found is None:
        return ()
    end = _end(found)
    if end is None or not _may_be_card(text, start, end):
        return ()
    return ((start, end, NUMBER if found[1] is None else SURE),)


def _may_be_card(text: bytes, start: int, end: int) -> bool:
    before = text[max(0, start - _CONTEXT_BYTES) : start]
    if _PAYMENT.search(before):
        return True
    length = len(digits(text[start:end]))
    return length in _PLAIN_LENGTHS and not _NUMBERED.search(before)


def _end(found: re.Match[bytes]) -> int | None:
    if is_card(found[0]):
        return found.end()
    # Three digits after a number in groups are as often a verification code as part of it.
    without = found[0][:-_VERIFICATION_LENGTH]
    return found.end() - _VERIFICATION_LENGTH if found[1] and is_card(without) else None


def is_card(written: bytes) -> bool:
    """Check whether a number, as it is written, can be a card's."""
    number = digits(written)
    return _ISSUED.fullmatch(number) is not None and passes_luhn(number)


def digits(written: bytes) -> bytes:
    """List the digits of a number, without what groups them."""
    return re.sub(rb"\\+u00[aA]0|[^0-9]", b"", written)


def passes_luhn(number: bytes) -> bool:
    """Check whether the last digit is the check digit of the others."""
    odd = sum(digit - ord("0") for digit in number[::-2])
    return (odd + sum(_DOUBLED[digit - ord("0")] for digit in number[-2::-2])) % 10 == 0
