"""
`Protocol`: pygls's JSON-RPC, with an answer to every call and with answers that are encoded once.

pygls contributes the loop over frames, the table of methods, the running calls and their
cancellation. This module checks messages before their dispatch. msgspec writes the answers, and
inserts payloads as unchanged bytes.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Any, Final

import cattrs
import msgspec
from pygls.exceptions import JsonRpcException, JsonRpcRequestCancelled
from pygls.protocol.json_rpc import JsonRPCNotification, JsonRPCProtocol, JsonRPCRequestMessage
from pygls.server import JsonRPCServer

from flightlog.ipc.errors import as_answer, clean, no_method, no_request, unreadable

CANCEL: Final = "$/cancelRequest"
_encoder: Final = msgspec.json.Encoder()


class Protocol(JsonRPCProtocol):
    """
    JSON-RPC 2.0 over frames.

    Args:
        server: pygls's server, which has the threads.
        converter: Not used, because this class checks the messages.
    """

    def __init__(self, server: JsonRPCServer, converter: cattrs.Converter) -> None:
        super().__init__(server, converter)
        self.carried_out: frozenset[str] = frozenset()
        """Methods that are finished and answered once begun, even if they are cancelled."""
        self.refusing = False
        """Whether new calls are refused."""
        self._calls = threading.RLock()
        self._methods: dict[Any, str] = {}
        self._unwanted: set[Any] = set()

    def structure_message(self, data: dict[str, Any]) -> Any:
        """
        Return a decoded message unchanged; `handle_message` checks it.

        Args:
            data: The decoded message.

        Returns:
            The same message.
        """
        return data

    def handle_message(self, message: Any) -> None:
        """
        Check a message and dispatch it; a message that expects an answer always gets one.

        Args:
            message: The decoded message.
        """
        if not isinstance(message, dict) or message.get("jsonrpc") != self.VERSION:
            kind = "a batch" if isinstance(message, list) else 'no object with `jsonrpc` "2.0"'
            self._refuse(message, no_request(f"it is {kind}"))
            return
        method, params = message.get("method"), message.get("params")
        if "method" not in message and ("result" in message or "error" in message):
            return
        if not isinstance(method, str):
            self._refuse(message, no_request("`method` is no text"))
        elif "id" not in message:
            super().handle_message(JsonRPCNotification(method, self.VERSION, params))
        elif _message_id(message) is None:
            self._refuse(message, no_request("`id` is neither a number nor text"))
        else:
            super().handle_message(
                JsonRPCRequestMessage(message["id"], method, self.VERSION, params)
            )

    def report(self, error: Exception) -> None:
        """
        Answer a message that could not be dispatched, without an id.

        Args:
            error: The exception.
        """
        if isinstance(error, ValueError | RecursionError):
            error = unreadable(str(error))
        self._refuse(None, as_answer(error))

    def _refuse(self, message: Any, error: JsonRpcException) -> None:
        self._send_response(_message_id(message), error=error.to_response_error())  # type: ignore[arg-type]

    def _handle_request(self, msg_id: Any, method_name: str, params: Any) -> None:
        if self.refusing:
            self._refuse({"id": msg_id}, no_request("`shutdown` was called before it"))
        elif method_name not in self.fm.features:
            self._refuse({"id": msg_id}, no_method(method_name))
        else:
            with self._calls:
                self._methods[msg_id] = method_name
            super()._handle_request(msg_id, method_name, params)

    def _handle_notification(self, method_name: str, params: Any) -> None:
        if method_name == CANCEL:
            self._cancel(params.get("id") if isinstance(params, dict) else None)
        else:
            super()._handle_notification(method_name, params)

    def _cancel(self, msg_id: Any) -> None:
        with self._calls:
            if not isinstance(msg_id, int | str) or msg_id not in self._methods:
                return
            future = self._request_futures.get(msg_id)
            if future is None or future.cancel():
                return
            # The call is running. A cancelled read is answered as cancelled. An erasing call is
            # answered with its result, because the erasure takes place anyway.
            if self._methods[msg_id] not in self.carried_out:
                self._unwanted.add(msg_id)

    def _send_handler_result(self, future: Future[Any], *, msg_id: Any) -> None:
        with self._calls:
            self._methods.pop(msg_id, None)
            unwanted = msg_id in self._unwanted
            self._unwanted.discard(msg_id)
        if unwanted:
            self._request_futures.pop(msg_id, None)
            cancelled = JsonRpcRequestCancelled(f"The call {msg_id!r} was cancelled.")
            self._refuse({"id": msg_id}, cancelled)
        else:
            super()._send_handler_result(future, msg_id=msg_id)

    def _send_data(self, data: Any) -> None:
        assert self.writer is not None, "a session has a writer before it has a reader"
        body = _encoder.encode(data)
        self.writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))


def _message_id(message: Any) -> int | str | None:
    found = message.get("id") if isinstance(message, dict) else None
    if isinstance(found, bool) or not isinstance(found, int | str):
        return None
    return None if isinstance(found, str) and found != clean(found) else found
