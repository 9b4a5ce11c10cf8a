"""
Whole numbers that a client wrote with a zero fraction or an exponent, e.g. `7.0` or `7e1`.

JSON Schema counts such numbers as integers, and languages with one type of number may write them.
msgspec's strict decoder refuses them where a record needs an integer. Payloads stay unchanged, byte
for byte.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from flightlog.errors import BodyTooLargeError
from flightlog.record.members import (
    Members,
    check_number,
    decode_members,
    decode_nodes_members,
    encode_members,
)

_NUMBER: Final = re.compile(rb"-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?")
_MAX_DIGITS: Final = 20
_OF_NODES: Final = ("sequence", "attempt", "parentSequence")
_decode_message: Final = msgspec.json.Decoder(dict[str, Raw] | None).decode
_encode: Final = msgspec.json.Encoder().encode


def rewrite_whole_numbers(body: bytes | bytearray | memoryview) -> bytes | None:
    """
    Write the whole numbers of the own fields of a record or a heartbeat without a fraction.

    Args:
        body: JSON of one record or heartbeat.

    Returns:
        JSON of the same record; None when no number needs a change, or the text isn't shaped like a
        record.
    """
    try:
        record = decode_members(body)
        nodes = _list_nodes(record)
        changed = _mend(record, ("revision", "lastNumber")) | _mend_message(record)
    except (msgspec.MsgspecError, UnicodeError, BodyTooLargeError):
        return None
    mended = [_mend(node, _OF_NODES) for node in nodes]
    if any(mended):
        record.nodeExecutions = Raw(encode_members(nodes))
        changed = True
    return encode_members(record) if changed else None


def _list_nodes(record: Members) -> list[Members]:
    array = record.nodeExecutions
    if array is UNSET:
        return []
    check_number(array)
    return decode_nodes_members(array)


def _mend_message(record: Members) -> bool:
    message = None if record.message is UNSET else _decode_message(record.message)
    if message is None:
        return False
    whole = _write_whole(message.get("number"))
    if whole is None:
        return False
    record.message = Raw(_encode({**message, "number": Raw(whole)}))
    return True


def _mend(members: Members, names: tuple[str, ...]) -> bool:
    changed = False
    for name in names:
        whole = _write_whole(getattr(members, name))
        if whole is not None:
            setattr(members, name, Raw(whole))
            changed = True
    return changed


def _write_whole(written: Raw | UnsetType | None) -> bytes | None:
    """Write a number without its fraction; None if it needs no change, or is no whole number."""
    number = bytes(written) if isinstance(written, Raw) else b""
    if not _NUMBER.fullmatch(number):
        return None
    value = Decimal(number.decode())
    if value.adjusted() >= _MAX_DIGITS or value != value.to_integral_value():
        return None
    whole = str(int(value)).encode()
    return None if whole == number else whole
