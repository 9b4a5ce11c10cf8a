from __future__ import annotations

import json
import queue
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from types import MappingProxyType

import pytest

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings, changes, events
from flightlog.receiver.changes import MAX_IDS
from support.access import prove_access
from support.records import record

Event = dict[str, str]


class Listener:
    """Reads a stream of events in a thread."""

    def __init__(
        self, url: str, headers: Mapping[str, bytes], query: str, source: str = "127.0.0.1"
    ) -> None:
        connection = HTTPConnection(
            url.removeprefix("http://"), timeout=30, source_address=(source, 0)
        )
        connection.connect()
        self._socket = connection.sock
        target = f"/api/events{query}"
        access = prove_access("GET", connection.port, target)
        connection.request("GET", target, headers={**headers, **access})
        self.response = connection.getresponse()
        self._blocks: queue.Queue[Event | None] = queue.Queue()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        block: Event = {}
        try:
            while line := self.response.readline().decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if name:
                    block[name] = value
                else:
                    # A comment line has no event name.
                    if value:
                        block["comment"] = value
                    if line == "\n":
                        self._blocks.put(block)
                        block = {}
        except (OSError, HTTPException):
            pass
        self._blocks.put(None)

    def next(self) -> Event:
        """Read the next block."""
        block = self._blocks.get(timeout=30)
        assert block is not None, "the stream has ended"
        return block

    def changed(self, wanted: set[str]) -> str:
        """Read until these executions are announced, and return the last event's id."""
        received: set[str] = set()
        while not wanted <= received:
            block = self.next()
            assert block["event"] == "changed"
            received |= set(json.loads(block["data"])["ids"])
        return block["id"]

    def rest(self) -> list[Event]:
        """Read until the stream ends."""
        return list(iter(lambda: self._blocks.get(timeout=30), None))

    def close(self) -> None:
        """Disconnect in the middle of the stream."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self.response.close()
        self._socket.close()


@contextmanager
def listening(
    url: str,
    headers: Mapping[str, bytes] = MappingProxyType({}),
    query: str = "",
    source: str = "127.0.0.1",
) -> Iterator[Listener]:
    """Listen while the `with` block runs."""
    listener = Listener(url, headers, query, source)
    try:
        yield listener
    finally:
        listener.close()


def test_changes_are_told_as_they_are_committed(
    logger: ExecutionLogger, receiver: Receiver
) -> None:
    """The receiver announces created, changed, starred and deleted executions by id."""
    with listening(receiver.url) as listener:
        assert str(listener.response.getheader("content-type")).startswith("text/event-")
        assert listener.response.getheader("cache-control") == "no-store"
        first = listener.next()
        assert "event" not in first
        logger.log_executions([record("a", status="running"), record("b")])
        number = listener.changed({"a", "b"})
        assert number.split("-")[0] == first["id"].split("-")[0]
        logger.log_execution(record("a", revision=1))
        listener.changed({"a"})
        logger.writer.set_star("b", starred=True)
        listener.changed({"b"})
        logger.delete_execution("b")
        listener.changed({"b"})


def test_a_stream_goes_on_where_another_ended(logger: ExecutionLogger, receiver: Receiver) -> None:
    """
    A stream continues after the id in its header.

    Clients without headers send the id as a parameter.
    """
    with listening(receiver.url) as listener:
        listener.next()
        logger.log_execution(record("known"))
        number = listener.changed({"known"})
    logger.log_execution(record("missed"))
    for headers, query in (({"last-event-id": number.encode()}, ""), ({}, f"?since={number}")):
        with listening(receiver.url, headers, query) as listener:
            listener.next()
            listener.changed({"missed"})


@pytest.mark.parametrize("said", ["other-1", "", "x", "\u00e9-1", "0-99999999999999999999"])
def test_who_cannot_go_on_begins_anew(said: str, receiver: Receiver) -> None:
    """An unknown id, or the id of another receiver, is answered with a reset."""
    with listening(receiver.url, {"last-event-id": said.encode("latin-1")}) as listener:
        block = listener.next()
        assert (block["event"], block["data"]) == ("reset", "{}")


def test_very_many_changes_come_in_portions(logger: ExecutionLogger, receiver: Receiver) -> None:
    """Very many changes arrive in portions of at most a thousand ids."""
    wanted = {f"many-{number}" for number in range(2_500)}
    with listening(receiver.url) as listener:
        listener.next()
        logger.log_executions([record(item) for item in sorted(wanted)])
        received: set[str] = set()
        while received != wanted:
            ids = json.loads(listener.next()["data"])["ids"]
            assert len(ids) <= MAX_IDS
            received |= set(ids)


def test_another_process_changes_are_noticed(own_logger: ExecutionLogger) -> None:
    """A change by another process gives a reset, because its ids are unknown."""
    with (
        Receiver(own_logger, ReceiverSettings(port=0)).running() as receiver,
        listening(receiver.url) as listener,
    ):
        listener.next()
        own_logger.log_execution(record("ours"))
        listener.changed({"ours"})
        with ExecutionLogger(own_logger.path) as other:
            # The clock decides whether the check comes before or after the first change.
            for number in range(20):
                other.log_execution(record(f"theirs-{number}"))
                block = None
                try:
                    block = listener._blocks.get(timeout=2)
                except queue.Empty:
                    continue
                break
        assert block is not None
        assert block["event"] == "reset"


def test_the_receiver_ends_although_someone_listens(own_logger: ExecutionLogger) -> None:
    """Streams end at once and completely when the receiver ends, and its port is free."""
    with Receiver(own_logger, ReceiverSettings(port=0)).running() as receiver:
        listener = Listener(receiver.url, {}, "")
        listener.next()
    assert listener.rest() == []
    listener.close()


def test_a_silent_stream_pings(
    own_logger: ExecutionLogger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A silent stream sends pings, so that both sides notice a lost connection."""
    monkeypatch.setattr(events, "PING_S", 0.05)
    with (
        Receiver(own_logger, ReceiverSettings(port=0)).running() as receiver,
        listening(receiver.url) as listener,
    ):
        listener.next()
        assert listener.next() == {"comment": "still here"}


def test_a_new_stream_ends_the_oldest_of_the_busiest_peer(
    own_logger: ExecutionLogger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A new stream ends the oldest stream of the client with the most streams.

    A client that holds all streams therefore can't block another client.
    """
    monkeypatch.setattr(events, "MAX_STREAMS", 4)
    with ExitStack() as stack:
        receiver = stack.enter_context(Receiver(own_logger, ReceiverSettings(port=0)).running())
        greedy = [stack.enter_context(listening(receiver.url)) for _ in range(6)]
        for listener in greedy:
            listener.next()
        assert [listener.rest() for listener in greedy[:2]] == [[], []]
        honest = stack.enter_context(listening(receiver.url))
        honest.next()
        assert greedy[2].rest() == []
        own_logger.log_execution(record("a"))
        for listener in (*greedy[3:], honest):
            listener.changed({"a"})


def test_another_address_keeps_its_stream_however_many_one_opens(
    own_logger: ExecutionLogger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The address with the most streams loses its oldest stream.

    Another address keeps its stream.
    """
    monkeypatch.setattr(events, "MAX_STREAMS", 3)
    with ExitStack() as stack:
        receiver = stack.enter_context(Receiver(own_logger, ReceiverSettings(port=0)).running())
        quiet = stack.enter_context(listening(receiver.url, source="127.0.0.2"))
        quiet.next()
        for _ in range(8):
            stack.enter_context(listening(receiver.url)).next()
        own_logger.log_execution(record("a"))
        quiet.changed({"a"})


def test_who_is_too_slow_begins_anew(
    own_logger: ExecutionLogger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow client gets a reset, because the receiver doesn't keep missed events."""
    monkeypatch.setattr(changes, "MAX_IDS", 10)
    monkeypatch.setattr(changes, "MAX_ENTRIES", 4)
    with (
        Receiver(own_logger, ReceiverSettings(port=0)).running() as receiver,
        listening(receiver.url) as listener,
    ):
        listener.next()
        own_logger.log_executions([record(f"run-{number}") for number in range(1_000)])
        assert listener.next()["event"] == "reset"
        own_logger.log_execution(record("after"))
        listener.changed({"after"})
