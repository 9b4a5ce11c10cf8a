"""Cancellation of a running call: a read is answered as cancelled, an erasure with its result."""

from __future__ import annotations

import os
import threading
from io import FileIO
from typing import Any

import pytest

from flightlog.ipc.protocol import CANCEL, Protocol
from flightlog.ipc.streams import FrameWriter
from support.ipc_client import read_frame


@pytest.mark.parametrize("carried_out", [False, True])
def test_a_call_that_runs_is_cancelled(carried_out: bool) -> None:
    """The call gets exactly one answer, and its id may be used again."""
    protocol = Protocol()
    running, go_on = threading.Event(), threading.Event()

    def slow(_: Any) -> str:
        running.set()
        go_on.wait()
        return "done"

    protocol.add("slow", slow, threaded=True)
    protocol.carried_out = frozenset({"slow"} if carried_out else ())
    reading, writing = os.pipe()
    with FileIO(writing, "wb") as target, os.fdopen(reading, "rb") as answers:
        protocol.writer = FrameWriter(target, pytest.fail)
        call = {"jsonrpc": "2.0", "id": "one", "method": "slow"}
        protocol.handle_message(call)
        running.wait()
        protocol.handle_message({"jsonrpc": "2.0", "method": CANCEL, "params": {"id": "one"}})
        go_on.set()
        answer = read_frame(answers)
        assert answer["id"] == "one"
        if carried_out:
            assert answer["result"] == "done"
        else:
            assert answer["error"]["code"] == -32800
        protocol.handle_message(call)
        assert read_frame(answers)["result"] == "done"
        protocol.finish()
