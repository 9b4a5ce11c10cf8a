"""
`RecordParts`: a large record as records of the same run, each with some of its node executions.

A decoded node execution takes many times the memory of its JSON, so a record of 100,000 node
executions can't be in memory as a whole. Storing is a join: the parts give the same stored
execution as the record.
"""

from __future__ import annotations

import re
from array import array
from typing import Final

import msgspec
from msgspec import UNSET, Raw
from msgspec.structs import replace

from flightlog.errors import InvalidRecordError
from flightlog.record.decoding import (
    DECODING_ERRORS,
    MAX_NOTES,
    check_trigger_depth,
    check_utf8,
    decode_execution,
    decode_nodes,
    describe_invalid,
)
from flightlog.record.members import Members, check_number, decode_members, encode_members
from flightlog.record.model import Trigger, WorkflowExecution
from flightlog.record.surrogates import has_lone_surrogates

PART_NODES: Final = 499
"""The largest number of node executions in a part."""
PART_BYTES: Final = 256 * 1024
"""A part with more than one node execution has at most so many bytes of JSON."""

_BETWEEN: Final = re.compile(rb"[ \t\r\n,]*")
_NODES: Final = "nodeExecutions"
_decode_list: Final = msgspec.json.Decoder(list[Raw]).decode
_decode_trigger: Final = msgspec.json.Decoder(Trigger | None).decode


class RecordParts:
    """
    The parts of one record, decoded whenever they are needed.

    A record with few node executions or with lone surrogates is a single part.

    Args:
        json: UTF-8 JSON of one object, which must not change.

    Raises:
        InvalidRecordError: The record can't be read, apart from its node executions.
        BodyTooLargeError: The record has more than `MAX_NODES` node executions.
    """

    def __init__(self, json: bytes | bytearray | memoryview) -> None:
        self._json = json
        self._firsts, self._starts, self._ends = array("Q"), array("Q"), array("Q")
        self._is_whole = True
        members = _find_members(json)
        if members is None or len(nodes := _list_nodes(members)) <= PART_NODES:
            return
        self._is_whole = False
        self._notes: list[str] = []
        self._head = _decode_head(members, self._notes)
        # Repeating them takes time, and an absent value changes nothing.
        self._rest = replace(self._head, trigger=None, tags=None, starred=False)
        self._nodes = memoryview(members.nodeExecutions)
        self._divide(nodes)

    def _divide(self, nodes: list[Raw]) -> None:
        end = 1
        for place, node in enumerate(nodes):
            between = _BETWEEN.match(self._nodes, end)
            assert between is not None
            start, end = between.end(), between.end() + len(node)
            is_full = not self._firsts or (
                place - self._firsts[-1] >= PART_NODES or end - self._starts[-1] > PART_BYTES
            )
            if is_full:
                self._firsts.append(place)
                self._starts.append(start)
                self._ends.append(end)
            self._ends[-1] = end

    def __len__(self) -> int:
        return 1 if self._is_whole else len(self._firsts)

    def read(self, position: int, notes: list[str]) -> WorkflowExecution:
        """
        Decode a part.

        Args:
            position: The place of the part, from 0.
            notes: Takes a sentence for each duration that was corrected, as for `decode_execution`.

        Returns:
            A record with the node executions of the part.

        Raises:
            InvalidRecordError: As for `decode_execution`.
        """
        if self._is_whole:
            return decode_execution(self._json, notes)
        if position == 0:
            notes += self._notes[: MAX_NOTES - len(notes)]
        nodes = decode_nodes(
            self._nodes[self._starts[position] : self._ends[position]],
            self._head.id,
            self._firsts[position],
            notes,
        )
        return replace(self._rest if position else self._head, node_executions=nodes)


def _find_members(json: bytes | bytearray | memoryview) -> Members | None:
    """Find the members; None if only the decoder of a whole record can read it."""
    try:
        check_utf8(json)
        return decode_members(json)
    except DECODING_ERRORS as error:
        if isinstance(error, msgspec.MsgspecError) and has_lone_surrogates(json):
            return None
        raise describe_invalid(error) from error


def _list_nodes(members: Members) -> list[Raw]:
    nodes = members.nodeExecutions
    if nodes is UNSET:
        return []
    try:
        check_number(nodes)
        return _decode_list(nodes)
    except DECODING_ERRORS as error:
        invalid = describe_invalid(error)
        path = f"$.{_NODES}{invalid.path[1:]}"
        raise InvalidRecordError(invalid.reason, path=path) from error


def _decode_head(members: Members, notes: list[str]) -> WorkflowExecution:
    head = replace(members, nodeExecutions=UNSET)
    if head.trigger is UNSET:
        return decode_execution(encode_members(head), notes)
    try:
        trigger = _decode_trigger(head.trigger)
    except DECODING_ERRORS:
        # The trigger may be mended, which makes copies of it in any case.
        return decode_execution(encode_members(head), notes)
    check_trigger_depth(trigger)
    head.trigger = UNSET
    return replace(decode_execution(encode_members(head), notes), trigger=trigger)
