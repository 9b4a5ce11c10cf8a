"""
The messages of one execution, as JSON made of ready parts.

What every message repeats is encoded once; payloads go in as the bytes they were encoded to.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple, Protocol, Self

import msgspec

from flightlog.record.json_encoding import encode_json
from flightlog.record.model import ExecutionError

_SECOND_US: Final = 1_000_000


class Append(Protocol):
    """Keeps a message: its record's JSON up to the payload, the payload, and what follows it."""

    def __call__(self, head: bytes, payload: bytes = b"", tail: bytes = b"") -> None:
        """Keep it."""
        ...


class Moment(NamedTuple):
    """A point of time by both clocks."""

    utc_us: int
    """Microseconds since 1970, UTC, by the wall clock."""
    monotonic_ns: int
    """Nanoseconds by a clock that only goes forward."""


def now() -> Moment:
    """Look at both clocks."""
    return Moment(time.time_ns() // 1000, time.perf_counter_ns())


class Timeline:
    """
    The times of one execution: its beginning by the wall clock, all else by the monotonic one.

    So nothing ends before it began, whatever happens to the wall clock meanwhile.

    Args:
        start: When the execution began.
    """

    def __init__(self, start: Moment) -> None:
        self._offset_us = start.utc_us - start.monotonic_ns // 1000
        self._second = (0, b"")

    def at(self, monotonic_ns: int) -> bytes:
        """Write a moment as JSON, in canonical form."""
        begin_us, text = self._second
        fraction = self._offset_us + monotonic_ns // 1000 - begin_us
        if not 0 <= fraction < _SECOND_US:
            seconds, fraction = divmod(begin_us + fraction, _SECOND_US)
            # Not strftime, which imports: finalizers record when nothing can be imported any more.
            text = b'"%b.' % datetime.fromtimestamp(seconds, UTC).isoformat()[:19].encode()
            # As one, since another thread may write its own second in between.
            self._second = (seconds * _SECOND_US, text)
        return b'%b%06dZ"' % (text, fraction)


def duration_ms(start_ns: int, end_ns: int) -> bytes:
    """Milliseconds between two moments of the monotonic clock."""
    return b"%.3f" % ((end_ns - start_ns) / 1_000_000)


def members(values: Mapping[str, object]) -> bytes:
    """Write members for the middle of an object, a comma before each; None is left out."""
    present = {name: value for name, value in values.items() if value is not None}
    return b"," + encode_lenient(present)[1:-1] if present else b""


def error_member(error: ExecutionError | None) -> bytes:
    """The member that tells of an error, with a comma before it; nothing where there is none."""
    return b"" if error is None else b',"error":' + encode_lenient(error)


def encode_lenient(value: object) -> bytes:
    r"""Encode what a message tells; lone surrogates in its texts become `\ud800` escapes."""
    try:
        return encode_json(value)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value), separators=(",", ":")).encode()


class Messages:
    """
    Writes the messages of one execution.

    Args:
        append: Keeps a message.
        identity: What every message repeats: `id`, `runId`, `workflowId`, `workflowName`,
            `processId`.
        started_at: When it began, JSON in canonical form.
    """

    def __init__(self, append: Append, identity: Mapping[str, str], started_at: bytes) -> None:
        self._begin(append, encode_lenient(identity)[:-1] + b',"startedAt":' + started_at)

    def _begin(self, append: Append, head: bytes) -> None:
        self._append = append
        self.head = head
        """How each message begins."""
        self._running = head + b',"status":"running","revision":'
        self._revisions = itertools.count(1)

    @classmethod
    def resumed(cls, append: Append, head: bytes) -> Self:
        """
        Write further messages of an execution that another process began.

        Args:
            append: Keeps a message.
            head: How each message begins, from that process.
        """
        messages = cls.__new__(cls)
        messages._begin(append, head)  # noqa: SLF001 - of this class
        return messages

    def execution(self, status: bytes, rest: bytes, payload: bytes = b"") -> None:
        """
        Tell of the execution itself.

        Args:
            status: `running`, `success` or `error`.
            rest: Further members, each with a comma before it.
            payload: The trigger's data, JSON, in a `rest` that ends with its name and colon.
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

    def node(self, told: bytes, kind: bytes = b"", payload: bytes = b"") -> None:
        """
        Tell of a node execution.

        Args:
            told: Its members but payloads, without the closing brace.
            kind: `input` or `output`, where there is a payload.
            payload: That payload, JSON.
        """
        if kind:
            head = b'%b%d,"nodeExecutions":[%b,"%b":' % (
                self._running,
                next(self._revisions),
                told,
                kind,
            )
            self._append(head, payload, b"}]}")
        else:
            self._append(
                b'%b%d,"nodeExecutions":[%b}]}' % (self._running, next(self._revisions), told)
            )
