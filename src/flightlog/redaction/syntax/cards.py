"""
Card numbers: digits of a length and a beginning that an issuer uses, and that pass Luhn's check.

They stand together, or in groups as they are printed on cards. A number of an order or a
transaction isn't a card, though its check digit is right; 13 and 19 digits count only near a word
of payment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction.patterns import pattern
from flightlog.redaction.reading import NUMBER, SURE, Value

ANCHOR: Final = (
    rb"(?:^|[^0-9A-Za-z+.%-]|[^0-9][.-]|\\+[nrt]|\\+u[0-9a-fA-F]{4}|%[0-9a-fA-F]{2})"
    rb"[2-6][0-9]{3}(?:[0-9]{9}|(?:[ .-]|\xc2\xa0|\\+u00[aA]0)(?:[0-9]{4}(?:[ .-]|\xc2\xa0"
    rb"|\\+u00[aA]0)[0-9]{4}|[0-9]{6}))"
)
BEGINS: Final = (
    rb"(?:\\{1,15}u[0-9a-fA-F]{4}|\\{1,15}[nrt]|%[0-9a-fA-F]{2}"
    rb"|[^0-9][.-]|[^0-9A-Za-z+.%-]|\A)(?=[2-6][0-9]{3})"
)
_BEFORE: Final = pattern(
    rb"(?:(?<![0-9A-Za-z+%])(?<![0-9][.-])|(?<=\\[nrt])|(?<=\\u[0-9a-fA-F]{4})"
    rb"|(?<=%[0-9a-fA-F]{2}))(?=[2-6])"
)
_PREFIX: Final = pattern(rb"(?&begins)", begins=BEGINS)
_SEPARATOR: Final = rb"( |-|\.|\xc2\xa0|\\{1,15}u00[aA]0)"
_WRITTEN: Final = pattern(
    rb"(?:[0-9]{13,19}|[0-9]{4}(?&separator)(?:[0-9]{4}\1[0-9]{4}\1[0-9]{4}"
    rb"(?:\1[0-9]{3})?|[0-9]{6}\1[0-9]{4,5}))(?![0-9A-Za-z]|[.-][0-9])",
    separator=_SEPARATOR,
)
_ESCAPED_SPACE: Final = pattern(rb"\\+u00[aA]0")
_SEPARATORS: Final = bytes(range(ord("0"))) + bytes(range(ord("9") + 1, 256))
_VERIFICATION_LENGTH: Final = len(b" 123")
_DOUBLED: Final = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
_ISSUED: Final = pattern(
    rb"(?:4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]"
    rb"|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]"
    rb"|09|[689][0-9])[0-9]{11}|(?:6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12}(?:[0-9]{3})?"
    rb"|35(?:2[89]|[3-8][0-9])[0-9]{12}|62[0-9]{14}(?:[0-9]{3})?|(?:50[0-9]{2}"
    rb"|5[6-9][0-9]{2}|6[37][0-9]{2})[0-9]{12}|220[0-4][0-9]{12})"
)
"""Visa; Mastercard; American Express; Diners; Discover; JCB; UnionPay; Maestro; Mir."""
_PAYMENT: Final = pattern(
    rb"(?i)card|paid|pay|visa|master|amex|maestro|charg|credit|debit|\bpan\b|kart|tarjeta|carte"
    rb"|union"
)
_NUMBERED: Final = pattern(
    rb"(?i)(?<![a-z])(?:orders?|transactions?|txn|tx|ids?|refs?|references?"
    rb"|invoices?|tracking|serial|batch|sku|phone|tel|numbers?|timestamps?"
    rb"|ts|time|bestellung|accounts?|isbn|imei|parcel|shipment|ticket)(?![a-z])[^0-9\n]{0,12}\Z"
)
_CONTEXT_BYTES: Final = 48
_NUMBERED_BYTES: Final = 28
"""The longest word of a number without meaning for payment, and what may follow it."""
_NO_LETTERS: Final = bytes(byte for byte in range(256) if not bytes([byte]).isalpha())
_PLAIN_LENGTHS: Final = frozenset({14, 15, 16})


def read(text: bytes, place: int, limit: int) -> Sequence[Value]:  # noqa: ARG001 - as others
    """
    Find a card number.

    Args:
        text: The text, its escapes not undone.
        place: Where to read.
        limit: Where the text, or the string of JSON around the place, ends.

    Returns:
        The value; none if nothing of that kind stands there.
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
    # In a list of numbers, no words stand between the numbers.
    has_words = before.translate(None, _NO_LETTERS) != b""
    if has_words and _PAYMENT.search(before):
        return True
    length = len(list_digits(text[start:end]))
    return length in _PLAIN_LENGTHS and not (
        has_words and _NUMBERED.search(before[-_NUMBERED_BYTES:])
    )


def _end(found: re.Match[bytes]) -> int | None:
    if is_card(found[0]):
        return found.end()
    # Three digits after a number in groups are as often a verification code as part of it.
    without = found[0][:-_VERIFICATION_LENGTH]
    return found.end() - _VERIFICATION_LENGTH if found[1] and is_card(without) else None


def is_card(written: bytes) -> bool:
    """
    Check whether a number, as it is written, can be a card's.

    Args:
        written: The number, with what groups its digits.

    Returns:
        Whether it has an issuer's beginning and the right check digit.
    """
    number = list_digits(written)
    return _ISSUED.fullmatch(number) is not None and passes_luhn(number)


def list_digits(written: bytes) -> bytes:
    """
    List the digits of a number, without what groups them.

    Args:
        written: The number.

    Returns:
        Its digits.
    """
    if b"\\" in written:
        written = _ESCAPED_SPACE.sub(b"", written)
    return written.translate(None, _SEPARATORS)


def passes_luhn(number: bytes) -> bool:
    """
    Check whether the last digit is the check digit of the others.

    Args:
        number: The digits.

    Returns:
        Whether it is.
    """
    total = sum(number[::-2]) - ord("0") * ((len(number) + 1) // 2)
    return (total + sum(number[-2::-2].translate(_DOUBLED))) % 10 == 0
