"""File arguments of commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Flightlog


@pytest.mark.parametrize("word", ["--no-such-option", "-x"])
def test_option_in_the_place_of_a_file_is_refused(flightlog: Flightlog, word: str) -> None:
    """The message says that the word is no option, and how to name such a file."""
    ended = flightlog("import", word)
    assert ended.code != 0
    assert "is no option of this command" in ended.err
    assert f"./{word}" in ended.err


def test_file_whose_name_begins_with_a_hyphen_is_written(
    flightlog: Flightlog, history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory before the name makes it a file."""
    monkeypatch.chdir(tmp_path)
    assert flightlog("export", "./-x.ndjson", "--db", history).code == 0
    assert (tmp_path / "-x.ndjson").stat().st_size > 0
