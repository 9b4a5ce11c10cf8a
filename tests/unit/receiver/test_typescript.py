from __future__ import annotations

from pathlib import Path

from flightlog.receiver.typescript import typescript

GENERATED = Path(__file__).parents[3] / "viewer" / "src" / "api" / "types.ts"


def test_the_viewers_types_are_those_of_the_answers() -> None:
    """The file is what `python -m flightlog.receiver.typescript` writes."""
    assert GENERATED.read_text(encoding="utf-8") == typescript()


def test_the_file_says_that_it_is_generated() -> None:
    """On its first line."""
    assert "Generated" in typescript().splitlines()[0]
