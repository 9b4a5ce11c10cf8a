"""
A client of `flightlog ipc`, which runs the real program as a child with real pipes.

    with IpcClient("--project", project) as client:
        client.call("execution:get-history", ["order-intake"])
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from support.waiting import until

TIMEOUT_S = 60.0
PROGRAM = (sys.executable, "-m", "flightlog.cli", "ipc")


class IpcError(Exception):
    """An error in the answer to a call."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.code: int = error["code"]
        self.message: str = error["message"]
        self.data: Any = error.get("data")


class IpcClient:
    """
    Starts `flightlog ipc`, calls methods, and keeps the notifications.

    Args:
        arguments: The arguments of the command, such as `--project` and the directory.
        environment: Variables to add to this process's variables.
        port: The receiver's port; a free port by default.
        program: The program to start instead of `python -m flightlog.cli ipc`.
        stderr: The child's standard error; this process's standard error by default.
    """

    def __init__(
        self,
        *arguments: object,
        environment: Mapping[str, str] | None = None,
        port: int = 0,
        program: tuple[str, ...] = PROGRAM,
        stderr: IO[bytes] | None = None,
    ) -> None:
        self.process = subprocess.Popen(
            [*program, *(str(argument) for argument in arguments), "--port", str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**os.environ, **(environment or {})},
        )
        self.notifications: list[dict[str, Any]] = []
        """The notifications, in order."""
        self.unaddressed: list[dict[str, Any]] = []
        """The answers without an id, to unreadable calls."""
        self._futures: dict[object, Future[Any]] = {}
        self._lock = threading.Lock()
        self._number = 0
        self._reader = threading.Thread(target=self._read, name="ipc-client")
        self._reader.start()

    def call(self, method: str, params: Any = None, timeout_s: float = TIMEOUT_S) -> Any:
        """
        Call a method and wait for its answer.

        Args:
            method: The method's name.
            params: The parameters, as JSON values.
            timeout_s: The longest wait for the answer, in seconds.

        Returns:
            The result in the answer.

        Raises:
            IpcError: The answer is an error.
        """
        return self.begin(method, params)[1].result(timeout_s)

    def begin(self, method: str, params: Any = None) -> tuple[int, Future[Any]]:
        """
        Call a method without a wait for its answer.

        Args:
            method: The method's name.
            params: The parameters, as JSON values.

        Returns:
            The call's id, and the future of its answer.
        """
        future: Future[Any] = Future()
        with self._lock:
            self._number += 1
            number = self._number
            self._futures[number] = future
            self._send({"id": number, "method": method, "params": params})
        return number, future

    def notify(self, method: str, params: Any = None) -> None:
        """
        Send a notification, which has no answer.

        Args:
            method: The method's name.
            params: The parameters, as JSON values.
        """
        with self._lock:
            self._send({"method": method, "params": params})

    def cancel(self, number: int) -> None:
        """
        Cancel a call.

        Args:
            number: The call's id.
        """
        self.notify("$/cancelRequest", {"id": number})

    def send_bytes(self, data: bytes) -> None:
        """
        Send bytes that may not be a frame.

        Args:
            data: The bytes.
        """
        with self._lock:
            self._stdin.write(data)
            self._stdin.flush()

    def changed(self) -> list[str]:
        """
        List the ids of all executions that were announced as changed, in order.

        Returns:
            The ids, with repetitions.
        """
        return [
            item
            for notification in list(self.notifications)
            if notification["method"] == "executions/changed"
            for item in notification["params"]["executionIds"]
        ]

    def wait_for_change(self, execution_id: str) -> None:
        """
        Wait until an execution is announced as changed.

        Args:
            execution_id: The execution's id.
        """
        until(lambda: execution_id in self.changed(), f"a change of {execution_id}")

    def close(self) -> int:
        """
        Close the standard input, and wait until the child has ended.

        Returns:
            The exit code.
        """
        if not self._stdin.closed:
            with suppress(BrokenPipeError):
                self._stdin.close()
        return self.wait()

    def wait(self) -> int:
        """
        Wait until the child has ended.

        Returns:
            The exit code.
        """
        code = self.process.wait(TIMEOUT_S)
        self._reader.join(TIMEOUT_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.close()
        finally:
            self.process.kill()
            self.process.wait()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    def _send(self, message: dict[str, Any]) -> None:
        self._stdin.write(frame({"jsonrpc": "2.0", **message}))
        self._stdin.flush()

    def _read(self) -> None:
        assert self.process.stdout is not None
        while (message := read_frame(self.process.stdout)) is not None:
            if "method" in message:
                self.notifications.append(message)
            elif message["id"] is None:
                self.unaddressed.append(message)
            elif "error" in message:
                self._futures.pop(message["id"]).set_exception(IpcError(message["error"]))
            else:
                self._futures.pop(message["id"]).set_result(message["result"])
        for future in self._futures.values():
            future.set_exception(ConnectionError("flightlog ipc ended before it answered"))


def frame(message: Any) -> bytes:
    """
    Encode a message as a frame.

    Args:
        message: The message, as JSON values.

    Returns:
        The frame with its header.
    """
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def read_frame(stream: IO[bytes]) -> Any:
    """
    Read the next message of a stream.

    Anything other than a frame fails the test.

    Args:
        stream: The stream of frames.

    Returns:
        The message; None at the end of the stream.
    """
    head = stream.readline()
    if not head:
        return None
    name, _, length = head.partition(b": ")
    assert name == b"Content-Length", head
    assert stream.readline() == b"\r\n"
    return json.loads(stream.read(int(length)))


def history_of(project: Path) -> Path:
    """
    Return the path of a project's database.

    Args:
        project: The project's directory.

    Returns:
        The path of the database.
    """
    return project / ".lowcode" / "executions.db"
