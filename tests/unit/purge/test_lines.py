"""Spools and files of lines are rewritten without losing other messages."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

from flightlog.purge.forms import ValueForms
from flightlog.purge.lines import (
    clean_by_id,
    clean_by_value,
    count_in_lines,
    count_in_spool,
    purge_lines,
    purge_spool_files,
    remove_drafts,
)
from flightlog.spool.frames import Frame, decode_frames, encode_frame
from support.purges import SECRET, make_record

FORMS = ValueForms(SECRET)


def write_spool(directory: Path, *records: bytes, damage: bytes = b"") -> Path:
    """Write a spool of one file with messages."""
    directory.mkdir()
    file = directory / "00000001.segment"
    frames = [encode_frame(number, each) for number, each in enumerate(records, 3)]
    file.write_bytes(damage.join(frames) + bytes(100))
    return file


def read_frames(file: Path) -> list[Frame]:
    """Read the messages of a file."""
    found = list(decode_frames(file.read_bytes()))
    assert all(isinstance(each, Frame) for each in found)
    return [each for each in found if isinstance(each, Frame)]


def test_messages_keep_their_numbers_and_lose_the_value(tmp_path: Path) -> None:
    """A message without the value keeps its bytes."""
    plain = json.dumps(make_record(1, "nothing special")).encode()
    secret = json.dumps(make_record(2, SECRET)).encode()
    file = write_spool(tmp_path / "spool", plain, secret, plain)
    (tmp_path / "spool" / "00000001.segment.purging").write_bytes(b"a draft of a killed purge")
    clean = clean_by_value(FORMS)
    assert count_in_spool(tmp_path / "spool", clean) == 1
    assert purge_spool_files(tmp_path / "spool", clean) == 1
    first, second, third = read_frames(file)
    assert (first.number, second.number, third.number) == (3, 4, 5)
    assert first.record == third.record == plain
    assert not FORMS.is_in(file.read_bytes())
    assert json.loads(second.record)["name"] == "[purged]"
    assert [path.name for path in (tmp_path / "spool").iterdir()] == [file.name]


def test_a_message_that_is_no_record_without_the_value_is_removed(tmp_path: Path) -> None:
    """The value is the time of the record."""
    forms = ValueForms("2026-11-22T19:04:11.000000Z")
    file = write_spool(tmp_path / "spool", json.dumps(make_record(1, "nothing")).encode())
    assert purge_spool_files(tmp_path / "spool", clean_by_value(forms)) == 1
    assert read_frames(file) == []


def test_damaged_bytes_of_a_spool_are_removed(tmp_path: Path) -> None:
    """They can hold the value, and are never delivered."""
    plain = json.dumps(make_record(1, "nothing special")).encode()
    file = write_spool(tmp_path / "spool", plain, plain, damage=SECRET.encode())
    purge_spool_files(tmp_path / "spool", clean_by_value(FORMS))
    assert len(read_frames(file)) == 2
    assert not FORMS.is_in(file.read_bytes())


def test_messages_of_erased_runs_are_removed(tmp_path: Path) -> None:
    """Other messages stay."""
    records = [json.dumps(make_record(number, "nothing special")).encode() for number in (1, 2, 3)]
    file = write_spool(tmp_path / "spool", *records, b"no JSON")
    assert purge_spool_files(tmp_path / "spool", clean_by_id(frozenset({"run-2"}))) == 1
    assert [each.record for each in read_frames(file)] == [records[0], records[2], b"no JSON"]


def test_lines_are_rewritten(tmp_path: Path) -> None:
    """Also a line that is no JSON; a missing file has no lines."""
    path, form = tmp_path / "notes.ndjson", quote(SECRET).encode()
    path.write_bytes(json.dumps({"a": SECRET}).encode() + b'\n{"b":1}\n' + form + b"\n")
    assert count_in_lines(path, FORMS) == 2
    assert purge_lines(path, FORMS.clean_json) == 2
    first, second, *rest = path.read_bytes().splitlines()
    assert json.loads(first) == {"a": "[purged]"}
    assert second == b'{"b":1}'
    assert rest
    assert not FORMS.is_in(path.read_bytes())
    assert purge_lines(tmp_path / "missing.ndjson", FORMS.clean_json) == 0
    (tmp_path / "x.purging").touch()
    remove_drafts(tmp_path)
    assert not list(tmp_path.glob("*.purging"))
