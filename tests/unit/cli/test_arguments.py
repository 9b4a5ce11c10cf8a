from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flightlog.cli.arguments import parse_time
from flightlog.errors import (
    InvalidQueryError,
)

from .conftest import Flightlog

NOW = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-11-22", "2026-11-22T00:00:00.000000Z"),
        ("2026-11-22T19:04+01:00", "2026-11-22T18:04:00.000000Z"),
        ("-2h", "2026-11-22T17:00:00.000000Z"),
        ("-30m", "2026-11-22T18:30:00.000000Z"),
        ("90 s", "2026-11-22T18:58:30.000000Z"),
        ("-1w", "2026-11-15T19:00:00.000000Z"),
    ],
)
def test_a_typed_time_is_iso_or_before_now(typed: str, meant: str) -> None:
    """Both spellings become the canonical form."""
    assert parse_time(typed, "--after", NOW) == meant


@pytest.mark.parametrize(("typed", "days"), [("today", 0), (" Yesterday ", 1)])
def test_a_day_begins_at_midnight_here(typed: str, days: int) -> None:
    """The day is that of the machine's time zone, as in a query."""
    here = NOW.astimezone()
    meant = datetime(here.year, here.month, here.day, tzinfo=here.tzinfo) - timedelta(days=days)
    parsed = datetime.fromisoformat(parse_time(typed, "--since", NOW))
    assert parsed == meant


@pytest.mark.parametrize("typed", ["", "tomorrow", "-2y", "-999999w", "2026-13-01"])
def test_a_time_that_cannot_be_read_is_refused(typed: str) -> None:
    """A time before the year 1 is refused too."""
    with pytest.raises(InvalidQueryError, match="--after"):
        parse_time(typed, "--after", NOW)


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
