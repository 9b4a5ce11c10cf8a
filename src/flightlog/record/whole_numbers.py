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
from msgspec import Raw

_NUMBER: Final = re.compile(rb"-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?")
_MAX_DIGITS: Final = 20
_OF_NODES: Final = ("sequence", "attempt", "parentSequence")
_decode_members: Final = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_message: Final = msgspec.json.Decoder(dict[str, Raw] | None).decode
_decode_nodes: Final = msgspec.json.Decoder(list[dict[str, Raw]]).decode
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
        record = _decode_members(body)
        message = _decode_message(record["message"]) if "message" in record else None
        nodes = _decode_nodes(record["nodeExecutions"]) if "nodeExecutions" in record else []
    except (msgspec.MsgspecError, UnicodeError):
        return None
    changed = _mend(record, ("revision", "lastNumber"))
    if message is not None and _mend(message, ("number",)):
        record["message"] = Raw(_encode(message))
        changed = True
    mended = [_mend(node, _OF_NODES) for node in nodes]
    if any(mended):
        record["nodeExecutions"] = Raw(_encode(nodes))
        changed = True
    return _encode(record) if changed else None


def _mend(members: dict[str, Raw], names: tuple[str, ...]) -> bool:
    changed = False
    for name in names:
        written = bytes(members.get(name, b""))
        whole = _write_whole(written)
        if whole is not None and whole != written:
            members[name] = Raw(whole)
            changed = True
    return changed


def _write_whole(number: bytes) -> bytes | None:
    if not _NUMBER.fullmatch(number):
        return None
    value = Decimal(number.decode())
    if value.adjusted() >= _MAX_DIGITS or value != value.to_integral_value():
        return None
    return str(int(value)).encode()
