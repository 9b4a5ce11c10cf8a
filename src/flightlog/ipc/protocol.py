"""
`Protocol`: JSON-RPC 2.0 with an answer to every call, running calls in threads, and cancellation.

msgspec writes the answers, so that each answer is encoded once and payloads stay unchanged bytes.
`streams` splits the byte stream into frames.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

import msgspec
from msgspec import Struct

from flightlog.ipc.errors import (
    RpcError,
    clean,
    make_cancelled_error,
    make_method_error,
    make_parse_error,
    make_request_error,
    to_rpc_error,
)
from flightlog.ipc.streams import FrameWriter

CANCEL: Final = "$/cancelRequest"
THREADS: Final = 8
"""The number of calls that run at once."""
SLOW_THREADS: Final = 32
"""The number of slow calls that run at once."""
_VERSION: Final = "2.0"
_encoder: Final = msgspec.json.Encoder()

Method = Callable[[Any], Any]


class _Added(Struct, frozen=True):
    call: Method
    pool: ThreadPoolExecutor | None
    first: Method | None


class _Running(Struct):
    method: str
    future: Future[Any] | None = None
    is_unwanted: bool = False


class Protocol:
    """JSON-RPC 2.0: checks messages, dispatches them to methods, and writes the answers."""

    def __init__(self) -> None:
        self.writer: FrameWriter | None = None
        """The stream of answers; nothing is sent before it is set."""
        self.carried_out: frozenset[str] = frozenset()
        """Methods that are finished and answered once begun, even if they are cancelled."""
        self.refusing = False
        """Whether new calls are refused."""
        self._pool: Final = ThreadPoolExecutor(THREADS, thread_name_prefix="flightlog-call")
        self._slow_pool: Final = ThreadPoolExecutor(
            SLOW_THREADS, thread_name_prefix="flightlog-slow-call"
        )
        self._methods: dict[str, _Added] = {}
        self._lock = threading.Lock()
        self._running: dict[int | str, _Running] = {}

    def add(
        self,
        name: str,
        call: Method,
        *,
        threaded: bool = False,
        slow: bool = False,
        first: Method | None = None,
    ) -> None:
        """
        Add a method.

        Args:
            name: The name that clients call.
            call: Takes the `params` of a message and returns the result.
            threaded: Whether the method runs in a thread of the pool. Otherwise it runs in the
                thread that reads the messages, before the next message.
            slow: Whether the method runs in a thread of a pool for calls of seconds and minutes,
                which don't keep other calls waiting.
            first: Runs before such a method in the thread that reads the messages. It takes the
                `params` and returns the argument for `call`.
        """
        pool = self._slow_pool if slow else self._pool if threaded else None
        self._methods[name] = _Added(call, pool, first)

    def handle_bodies(self, bodies: Iterable[bytes], ending: threading.Event) -> None:
        """
        Handle each body of a frame until the bodies or the session end.

        Args:
            bodies: The bodies.
            ending: Set when no more messages are wanted.
        """
        for body in bodies:
            if ending.is_set():
                return
            try:
                self.handle_message(json.loads(body))
            except Exception as error:  # noqa: BLE001 - reported to the client
                self.report(error)

    def handle_message(self, message: Any) -> None:
        """
        Check a message and dispatch it; a message that expects an answer always gets one.

        Args:
            message: The decoded message.
        """
        if not isinstance(message, dict) or message.get("jsonrpc") != _VERSION:
            kind = "a batch" if isinstance(message, list) else 'no object with `jsonrpc` "2.0"'
            self._refuse(_read_message_id(message), make_request_error(f"it is {kind}"))
            return
        method, params = message.get("method"), message.get("params")
        if "method" not in message and ("result" in message or "error" in message):
            return
        message_id = _read_message_id(message)
        if not isinstance(method, str):
            self._refuse(message_id, make_request_error("`method` is no text"))
        elif "id" not in message:
            self._handle_notification(method, params)
        elif message_id is None:
            self._refuse(None, make_request_error("`id` is neither a number nor text"))
        else:
            self._handle_call(message_id, method, params)

    def finish(self) -> None:
        """Wait until all calls are answered; later calls can't run."""
        self._pool.shutdown()
        self._slow_pool.shutdown()

    def drop_waiting(self) -> None:
        """Drop the calls that have not begun."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._slow_pool.shutdown(wait=False, cancel_futures=True)

    def notify(self, method: str, params: Any) -> None:
        """
        Send a notification; nothing is sent before the stream of answers is set.

        Args:
            method: The notification's name.
            params: Its content.
        """
        if self.writer is not None:
            self._send({"jsonrpc": _VERSION, "method": method, "params": params})

    def report(self, error: Exception) -> None:
        """
        Answer a message that could not be dispatched, without an id.

        Args:
            error: The exception.
        """
        if isinstance(error, ValueError | RecursionError):
            error = make_parse_error(str(error))
        self._refuse(None, to_rpc_error(error))

    def _refuse(self, message_id: int | str | None, error: RpcError) -> None:
        fault = {"code": error.code, "message": error.message, "data": error.data}
        self._send({"jsonrpc": _VERSION, "id": message_id, "error": fault})

    def _handle_notification(self, method: str, params: Any) -> None:
        if method == CANCEL:
            self._cancel(params.get("id") if isinstance(params, dict) else None)
        elif method in self._methods:
            self._methods[method].call(params)

    def _handle_call(self, message_id: int | str, method: str, params: Any) -> None:
        added = self._methods.get(method)
        if self.refusing:
            self._refuse(message_id, make_request_error("`shutdown` was called before it"))
        elif added is None:
            self._refuse(message_id, make_method_error(method))
        elif added.pool is None:
            self._answer(message_id, added.call, params)
        else:
            self._begin(message_id, method, added, added.pool, params)

    def _begin(
        self,
        message_id: int | str,
        method: str,
        added: _Added,
        pool: ThreadPoolExecutor,
        params: Any,
    ) -> None:
        try:
            given = params if added.first is None else added.first(params)
        except Exception as fault:  # noqa: BLE001 - becomes the answer
            self._refuse(message_id, to_rpc_error(fault))
            return
        running = _Running(method)
        with self._lock:
            self._running[message_id] = running
            running.future = pool.submit(self._answer, message_id, added.call, given, running)

    def _answer(
        self, message_id: int | str, call: Method, params: Any, running: _Running | None = None
    ) -> None:
        error: RpcError | None = None
        try:
            result = call(params)
        except Exception as fault:  # noqa: BLE001 - becomes the answer
            error = to_rpc_error(fault)
        if running is not None and self._end_call(message_id, running):
            error = make_cancelled_error(message_id)
        if error is not None:
            self._refuse(message_id, error)
        else:
            self._send({"jsonrpc": _VERSION, "id": message_id, "result": result})

    def _end_call(self, message_id: int | str, running: _Running) -> bool:
        with self._lock:
            if self._running.get(message_id) is running:
                del self._running[message_id]
            return running.is_unwanted

    def _cancel(self, message_id: Any) -> None:
        with self._lock:
            known = isinstance(message_id, int | str)
            running = self._running.get(message_id) if known else None
            if running is None or running.future is None:
                return
            if not running.future.cancel():
                # The call is running. A cancelled read is answered as cancelled. An erasing call
                # is answered with its result, because the erasure takes place anyway.
                running.is_unwanted = running.method not in self.carried_out
                return
            del self._running[message_id]
        self._refuse(message_id, make_cancelled_error(message_id))

    def _send(self, message: dict[str, Any]) -> None:
        assert self.writer is not None, "a session has a writer before it has a reader"
        body = _encoder.encode(message)
        self.writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))


def _read_message_id(message: Any) -> int | str | None:
    found = message.get("id") if isinstance(message, dict) else None
    if isinstance(found, bool) or not isinstance(found, int | str):
        return None
    return None if isinstance(found, str) and found != clean(found) else found
