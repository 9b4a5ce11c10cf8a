from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from support.import_files import read_file, tricky_line

Flightlog = Callable[..., Any]


def test_files_with_marks_that_were_put_one_after_another_are_read(
    found: Callable[[bytes | str], list[str]],
) -> None:
    """A byte order mark before any record is none of the text."""
    lines = [tricky_line("a"), tricky_line("b")]
    assert found(b"".join(each.encode("utf-8-sig") for each in lines)) == ["a", "b"]
    assert found("".join(lines).encode("utf-8-sig") + b"\xef\xbb\xbf") == ["a", "b"]


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_a_compressed_file_that_breaks_off_gives_what_is_whole(
    compress: Callable[[bytes], bytes], refused: Callable[[bytes | str], tuple[list[str], str]]
) -> None:
    """The records before the damage are read, and the message reports the damage."""
    whole = compress(
        "".join(tricky_line(f"run-{n}", tags={"n": str(n**9)}) for n in range(9)).encode()
    )
    several = whole + compress(tricky_line("last").encode())
    names, reason = refused(several[:-5])
    assert names[:9] == [f"run-{number}" for number in range(9)]
    assert "breaks off" in reason
    names, reason = refused(whole + b"garbage after the end")
    assert len(names) == 9
    assert "damaged" in reason or "can't be read" in reason
    names, reason = refused(whole[:12])
    assert names == []
    assert "breaks off" in reason


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_a_decompression_bomb_takes_bounded_memory(
    compress: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    """A small file of 50 MB of blanks is read in pieces."""
    path = tmp_path / "bomb"
    blank = compress((b" " * 99_999 + b"\n") * 50)
    path.write_bytes(blank * 10 + compress(tricky_line("a").encode()))
    tracemalloc.start()
    try:
        assert read_file(path) == (["a"], [])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


def test_standard_input_may_be_compressed(
    tmp_path: Path, flightlog: Flightlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe is read in the same way as a file."""
    source = tmp_path / "in"
    source.write_bytes(gzip.compress(tricky_line("a").encode("utf-16")))
    with source.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert flightlog("import", "-", "--db", tmp_path / "h.db").out == "Imported 1 execution.\n"
