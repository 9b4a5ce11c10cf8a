from __future__ import annotations

import json

import msgspec
import pytest
from msgspec import UNSET, Raw

from flightlog.errors import BodyTooLargeError
from flightlog.record.members import (
    MAX_NODES,
    check_number,
    decode_members,
    decode_nodes_members,
    encode_members,
)


def test_known_members_come_back_and_unknown_ones_are_dropped() -> None:
    """Members keep their bytes; an absent one stays absent."""
    members = decode_members(b'{"id": "x", "revision": 1e0, "other": {"id": 1}}')
    assert bytes(members.revision) == b"1e0"
    assert members.trigger is UNSET
    assert json.loads(encode_members(members)) == {"id": "x", "revision": 1.0}
    (node,) = decode_nodes_members(b'[{"sequence": 7.0, "x": 1}]')
    assert encode_members(node) == b'{"sequence":7.0}'


def test_the_number_of_nodes_is_checked() -> None:
    """One element too many is refused, as is an element of another type."""
    check_number(Raw(b"[" + b"{}," * (MAX_NODES - 1) + b"{}]"))
    with pytest.raises(BodyTooLargeError):
        check_number(Raw(b"[" + b"{}," * MAX_NODES + b"{}]"))
    with pytest.raises(msgspec.ValidationError):
        check_number(Raw(b"[{}, 0]"))
