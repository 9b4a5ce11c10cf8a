"""Frames are found in any stream of bytes, over real pipes."""

from __future__ import annotations

import os
import threading
from io import FileIO

from hypothesis import given
from hypothesis import strategies as st

from flightlog.ipc.streams import MAX_MESSAGE_BYTES, FrameReader, FrameWriter


def read_all(*parts: bytes) -> tuple[list[bytes], list[str]]:
    """Read all bodies, and collect the reports of damage."""
    reading, writing = os.pipe()

    def write() -> None:
        for part in parts:
            with memoryview(part) as rest:
                written = 0
                while written < len(part):
                    written += os.write(writing, rest[written:])
        os.close(writing)

    writer = threading.Thread(target=write)
    writer.start()
    damages: list[str] = []
    with FileIO(reading, "rb") as source:
        bodies = list(FrameReader(source, damages.append).bodies())
    writer.join()
    return bodies, damages


def frame(body: bytes) -> bytes:
    """Build a frame from a body."""
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=5), st.integers(1, 40))
def test_frames_come_back_however_they_are_cut(bodies: list[bytes], step: int) -> None:
    """Bodies are read unchanged, whatever they contain."""
    stream = b"".join(frame(body) for body in bodies)
    parts = [stream[start : start + step] for start in range(0, len(stream), step)]
    assert read_all(*parts) == (bodies, [])


@given(st.binary(max_size=200).filter(lambda junk: b"ontent-" not in junk.lower()))
def test_the_frame_after_damage_is_found(junk: bytes) -> None:
    """The next frame is found with or without a line break; damage is reported at most once."""
    bodies, damages = read_all(frame(b"{}"), junk, frame(b"[1]"), frame(b"[2]"))
    assert bodies == [b"{}", b"[1]", b"[2]"]
    assert len(damages) <= 1


def test_heads_may_be_written_in_other_ways() -> None:
    """Other headers, other case and bare line feeds are accepted."""
    assert read_all(
        b"Content-Type: application/vscode-jsonrpc; charset=utf8\r\nContent-Length: 2\r\n\r\n{}",
        b"content-length:2\n\n{}",
    ) == ([b"{}", b"{}"], [])


def test_a_length_that_is_none_is_damage() -> None:
    """The report contains the line, and the next frame is read."""
    for line in (b"Content-Length: many", b"Content-Length: -1", b"Content-Length: 0"):
        bodies, (damage,) = read_all(line + b"\r\n\r\n", frame(b"{}"))
        assert bodies == [b"{}"]
        assert line.decode() in damage


def test_what_is_too_large_is_skipped_without_being_kept() -> None:
    """A space, which is not JSON, replaces the body, and the next frame is read."""
    large = MAX_MESSAGE_BYTES + 1
    bodies, _ = read_all(b"Content-Length: %d\r\n\r\n" % large, b" " * large, frame(b"{}"))
    assert bodies == [b" ", b"{}"]


def test_a_line_without_end_is_no_reason_to_remember_it() -> None:
    """Megabytes without a line break are skipped, and the next frame is read."""
    bodies, damages = read_all(b"x" * 3_000_000, frame(b"{}"))
    assert bodies == [b"{}"]
    assert len(damages) == 1


def test_an_end_within_a_frame_is_an_end() -> None:
    """The last body is as short as the received bytes."""
    assert read_all(b"Content-Length: 10\r\n\r\n{}") == ([b"{}"], [])


def test_writing_to_nobody_is_told_and_no_error() -> None:
    """Each write without a reader is reported and raises nothing."""
    reading, writing = os.pipe()
    os.close(reading)
    received: list[bool] = []
    with FileIO(writing, "wb") as target:
        writer = FrameWriter(target, lambda: received.append(True))
        writer.write(b"x")
        writer.close()
        writer.write(b"x")
    assert received == [True, True]
