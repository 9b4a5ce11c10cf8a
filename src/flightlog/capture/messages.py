"""
Writes the messages of one execution as JSON, from parts that are encoded once.

The members that every message repeats are encoded once, and payloads are inserted as encoded bytes.
`flightlog.capture.pipeline` numbers and stores the messages.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Protocol, Self

import msgspec

from flightlog.record.json_encoding import encode_json
from flightlog.record.model import ExecutionError

_SECOND_US: Final = 1_000_000


class Append(Protocol):
    """Keeps a message, given as the JSON before, within and after the payload."""

    def __call__(self, head: bytes, payload: bytes = b"", tail: bytes = b"") -> None:
        """Keep the message."""
        ...


class Moment(msgspec.Struct, frozen=True, gc=False):
    """A point of time by both clocks."""

    utc_us: int
    """Microseconds since 1970, UTC, by the wall clock."""
    monotonic_ns: int
    """Nanoseconds by the monotonic clock."""


def read_clocks() -> Moment:
    """
    Read both clocks.

    Returns:
        The current moment.
    """
    return Moment(time.time_ns() // 1000, time.perf_counter_ns())


class Timeline:
    """
    Computes an execution's times by the monotonic clock, from a start by the wall clock.

    So no end precedes its beginning, even if the wall clock is set back in between.

    Args:
        start: When the execution began.
    """

    def __init__(self, start: Moment) -> None:
        self._offset_us = start.utc_us - start.monotonic_ns // 1000
        self._second = (0, b"")

    def write_time(self, monotonic_ns: int) -> bytes:
        """
        Write a moment as JSON, in canonical form.

        Args:
            monotonic_ns: The moment, in nanoseconds of the monotonic clock.

        Returns:
            A JSON string.
        """
        begin_us, text = self._second
        fraction = self._offset_us + monotonic_ns // 1000 - begin_us
        if not 0 <= fraction < _SECOND_US:
            seconds, fraction = divmod(begin_us + fraction, _SECOND_US)
            # Don't use `strftime`, because it imports a module, and finalizers record when imports
            # fail.
            text = b'"%b.' % datetime.fromtimestamp(seconds, UTC).isoformat()[:19].encode()
            # Assign both as one tuple, because another thread may assign its own second in between.
            self._second = (seconds * _SECOND_US, text)
        return b'%b%06dZ"' % (text, fraction)


def format_duration(start_ns: int, end_ns: int) -> bytes:
    """
    Write the duration between two moments of the monotonic clock.

    Args:
        start_ns: The start, in nanoseconds.
        end_ns: The end, in nanoseconds.

    Returns:
        The duration in milliseconds, as JSON.
    """
    return b"%.3f" % ((end_ns - start_ns) / 1_000_000)


def encode_members(values: Mapping[str, object]) -> bytes:
    """
    Write members for the middle of an object, with a comma before each.

    Args:
        values: The values by name; None is left out.

    Returns:
        JSON members; empty where there are none.
    """
    present = {name: value for name, value in values.items() if value is not None}
    return b"," + encode_lenient(present)[1:-1] if present else b""


def encode_error(error: ExecutionError | None) -> bytes:
    """
    Write the `error` member, with a comma before it.

    Args:
        error: The error.

    Returns:
        A JSON member; empty where there is no error.
    """
    return b"" if error is None else b',"error":' + encode_lenient(error)


def encode_lenient(value: object) -> bytes:
    r"""
    Encode a value of a message; lone surrogates in texts become `\ud800` escapes.

    Args:
        value: The value.

    Returns:
        JSON.
    """
    try:
        return encode_json(value)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value), separators=(",", ":")).encode()


class Messages:
    """
    Writes the messages of one execution.

    Args:
        append: Keeps a message.
        identity: The members that every message repeats: `id`, `runId`, `workflowId`,
            `workflowName`, `processId`.
        started_at: When the execution began, JSON in canonical form.
    """

    def __init__(self, append: Append, identity: Mapping[str, str], started_at: bytes) -> None:
        self._begin(append, encode_lenient(identity)[:-1] + b',"startedAt":' + started_at)

    def _begin(self, append: Append, head: bytes) -> None:
        self._append = append
        self.head = head
        """The beginning of each message."""
        self._running = head + b',"status":"running","revision":'
        self._revisions = itertools.count(1)

    @classmethod
    def resume(cls, append: Append, head: bytes) -> Self:
        """
        Write further messages of an execution that another process began.

        Args:
            append: Keeps a message.
            head: The beginning of each message, from that process.

        Returns:
            An object that writes the messages.
        """
        messages = cls.__new__(cls)
        messages._begin(append, head)  # noqa: SLF001 - of this class
        return messages

    def write_execution(self, status: bytes, rest: bytes, payload: bytes = b"") -> None:
        """
        Write a message about the execution itself.

        Args:
            status: `running`, `success` or `error`.
            rest: Further members, each with a comma before it.
            payload: The trigger's data as JSON; `rest` then ends with the member's name and colon.
        """
        head = b'%b,"status":"%b","revision":%d%b' % (
            self.head,
            status,
            next(self._revisions),
            rest,
        )
        if payload:
            self._append(head, payload, b"}}")
        else:
            self._append(head + b"}")

    def write_node(self, members: bytes, kind: bytes = b"", payload: bytes = b"") -> None:
        """
        Write a message about a node execution.

        Args:
            members: The node execution's members except payloads, without the closing brace.
            kind: `input` or `output`, where there is a payload.
            payload: The payload, JSON.
        """
        if kind:
            head = b'%b%d,"nodeExecutions":[%b,"%b":' % (
                self._running,
                next(self._revisions),
                members,
                kind,
            )
            self._append(head, payload, b"}]}")
        else:
            self._append(
                b'%b%d,"nodeExecutions":[%b}]}' % (self._running, next(self._revisions), members)
            )
