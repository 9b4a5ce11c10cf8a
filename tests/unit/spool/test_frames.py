"""The format of messages in a spool's file."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flightlog.spool.frames import Damage, Frame, decode_frames, encode_frame

RECORDS = st.lists(st.binary(max_size=200), max_size=8)


def written(records: list[bytes]) -> bytes:
    """Return the file of these messages, numbered from 1."""
    return b"".join(encode_frame(number, record) for number, record in enumerate(records, 1))


def frames(data: bytes) -> list[tuple[int, bytes]]:
    """Return the intact messages in a file."""
    return [
        (found.number, found.record) for found in decode_frames(data) if isinstance(found, Frame)
    ]


@given(RECORDS)
def test_what_was_written_is_read(records: list[bytes]) -> None:
    """Decoding returns every record with its number and reports no damage."""
    found = list(decode_frames(written(records)))
    assert [frame.record for frame in found if isinstance(frame, Frame)] == records
    assert not [frame for frame in found if isinstance(frame, Damage)]


@given(RECORDS.filter(bool), st.data())
def test_a_damaged_byte_costs_its_own_frame_alone(
    records: list[bytes], data: st.DataObject
) -> None:
    """If one byte changes to any value, only the frame that holds the byte is lost."""
    file = bytearray(written(records))
    place = data.draw(st.integers(0, len(file) - 1))
    file[place] ^= data.draw(st.integers(1, 255))
    hit, end = 0, 0
    for number, record in enumerate(records, 1):
        end += len(encode_frame(number, record))
        if place < end:
            hit = number
            break
    survivors = [(n, record) for n, record in enumerate(records, 1) if n != hit]
    found = list(decode_frames(bytes(file)))
    assert [
        (frame.number, frame.record) for frame in found if isinstance(frame, Frame)
    ] == survivors
    assert len([frame for frame in found if isinstance(frame, Damage)]) == 1


@given(RECORDS.filter(bool), st.data())
def test_a_torn_end_costs_the_last_frame_alone(records: list[bytes], data: st.DataObject) -> None:
    """A file that ends within its last frame gives all frames before it."""
    file = written(records)
    last = len(encode_frame(len(records), records[-1]))
    cut = data.draw(st.integers(1, last))
    assert frames(file[: len(file) - cut]) == list(enumerate(records[:-1], 1))


@given(RECORDS, st.integers(1, 300))
def test_zeros_at_the_end_are_no_damage(records: list[bytes], zeros: int) -> None:
    """Preallocated space is neither a frame nor damage."""
    found = list(decode_frames(written(records) + bytes(zeros)))
    assert len(found) == len(records)
    assert all(isinstance(frame, Frame) for frame in found)


@given(st.binary(max_size=500))
def test_any_bytes_can_be_read(data: bytes) -> None:
    """Reading always ends at the end of the file, whatever the file holds."""
    for found in decode_frames(data):
        assert isinstance(found, (Frame, Damage))


def test_a_frame_within_a_record_is_not_taken_for_one() -> None:
    """A record that contains the bytes of a whole frame is read as one record."""
    record = b"before" + encode_frame(7, b"inner") + b"after"
    assert frames(written([record, b"next"])) == [(1, record), (2, b"next")]
