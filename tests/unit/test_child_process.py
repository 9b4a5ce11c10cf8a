"""Child processes that work for another process, and their frames."""

from __future__ import annotations

from io import BytesIO

import pytest

from flightlog.child_process import ChildProcess, read_frame, write_frame


def test_frames_arrive_as_they_were_written() -> None:
    """A frame may be empty, and its parts are joined."""
    stream = BytesIO()
    write_frame(stream, b"one", bytearray(b" two"))
    write_frame(stream)
    stream.seek(0)
    assert read_frame(stream) == b"one two"
    assert read_frame(stream) == b""


@pytest.mark.parametrize("length", [0, 3, 8, 10], ids=lambda length: f"{length} bytes")
def test_a_cut_frame_is_an_error(length: int) -> None:
    """A stream that ends within a frame is never taken for a shorter frame."""
    stream = BytesIO()
    write_frame(stream, b"content")
    with pytest.raises(EOFError):
        read_frame(BytesIO(stream.getvalue()[:length]))


def test_a_killed_child_leaves_no_process() -> None:
    """A child is gone after `kill` and `wait`."""
    child = ChildProcess("flightlog.redaction.worker")
    assert child.pid > 0
    child.kill()
    child.wait()
    with pytest.raises(EOFError):
        read_frame(BytesIO())
