from __future__ import annotations

from pathlib import Path

from flightlog.receiver.typescript import generate

GENERATED = Path(__file__).parents[3] / "viewer" / "src" / "api" / "types.ts"


def test_the_viewers_types_are_those_of_the_answers() -> None:
    """The file equals the output of `python -m flightlog.receiver.typescript`."""
    assert GENERATED.read_text(encoding="utf-8") == generate()


def test_the_file_says_that_it_is_generated() -> None:
    """The file's first line says that the file is generated."""
    assert "Generated" in generate().splitlines()[0]
