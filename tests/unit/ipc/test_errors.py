from __future__ import annotations

import os
from io import FileIO

import pytest

from flightlog.ipc.protocol import Protocol
from flightlog.ipc.streams import FrameWriter
from support.ipc_client import IpcClient, IpcError, read_frame


def test_a_project_that_cant_be_reached_is_not_taken_for_an_empty_one(
    shared_client: IpcClient,
) -> None:
    """A path that the system refuses causes the history's error with its hint."""
    for method, params in (
        ("execution:get", ["a", f"/{'x' * 5_000}"]),
        ("project/open", [f"/{'x' * 5_000}"]),
    ):
        with pytest.raises(IpcError) as caught:
            shared_client.call(method, params)
        assert caught.value.code == -31000
        assert caught.value.data["code"] == "store_unavailable"
        assert "can't be reached" in caught.value.message


def test_what_nobody_foresaw_is_told_without_its_insides(caplog: pytest.LogCaptureFixture) -> None:
    """An unforeseen error is answered as an internal error without data."""
    protocol = Protocol()
    reading, writing = os.pipe()
    with FileIO(writing, "wb") as target, os.fdopen(reading, "rb") as answers:
        protocol.writer = FrameWriter(target, pytest.fail)
        protocol.report(RuntimeError("surprise"))
        error = read_frame(answers)["error"]
    assert error["code"] == -32603
    assert "surprise" in error["message"]
    assert error["data"] is None
    assert "surprise" in caplog.text
