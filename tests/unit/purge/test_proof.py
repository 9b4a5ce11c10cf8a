"""The search finds a value wherever it is in a file."""

from __future__ import annotations

from pathlib import Path

import pytest
import zstandard

from flightlog.logger import ExecutionLogger
from flightlog.purge import proof
from flightlog.purge.forms import ValueForms
from flightlog.purge.proof import is_database, search_file
from support.records import record

VALUE = "a long value that lies on two pages of the file"


@pytest.mark.parametrize("offset", range(0, 4000, 331))
def test_a_value_is_found_across_pages(tmp_path: Path, offset: int) -> None:
    """The pages of a long text begin with the number of the next page."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        text = "é" * (3000 + offset) + VALUE + "é" * 5000
        logger.log_execution(record(status="error", error={"message": text}))
    assert is_database(path)
    assert search_file(path, ValueForms(VALUE)).has_value


def test_a_value_is_found_in_compressed_payloads_and_in_the_log(tmp_path: Path) -> None:
    """The receiver that holds the log is still running."""
    path, filler = tmp_path / "history.db", "z" * 3000
    with ExecutionLogger(path) as logger:
        logger.log_execution(record(trigger={"type": "t", "data": {"a": VALUE, "b": filler}}))
        found = search_file(path, ValueForms(VALUE))
        assert VALUE.encode() not in path.read_bytes()
    assert found.has_value
    assert found.decompressed == 1
    assert found.undecodable == 0


def test_a_frame_whose_dictionary_is_missing_is_reported(tmp_path: Path) -> None:
    """The search says that it is not complete."""
    path = tmp_path / "history.db"
    samples = [f'{{"common":"text","n":{number}}}'.encode() * 4 for number in range(500)]
    dictionary = zstandard.train_dictionary(2000, list(samples))
    frame = zstandard.ZstdCompressor(dict_data=dictionary).compress(samples[0])
    with ExecutionLogger(path) as logger:
        logger.log_execution(record(trigger={"type": "t", "data": {"a": "x" * 900}}))
        logger.writer.change(  # type: ignore[attr-defined]
            lambda database: database.connection.execute("UPDATE payloads SET data = ?", (frame,))
        )
    assert search_file(path, ValueForms(VALUE)).undecodable == 1


def test_a_value_is_found_across_portions_of_a_large_file(tmp_path: Path) -> None:
    """The file is read in portions that overlap."""
    path = tmp_path / "notes.ndjson"
    portion = proof._CHUNK
    path.write_bytes(b"x" * (portion - 10) + VALUE.encode() + b"y" * 100)
    seen: list[int] = []
    assert search_file(path, ValueForms(VALUE), seen.append).has_value
    path.write_bytes(b"x" * (portion + 10))
    seen.clear()
    assert not search_file(path, ValueForms(VALUE), seen.append).has_value
    assert sum(seen) == portion + 10
