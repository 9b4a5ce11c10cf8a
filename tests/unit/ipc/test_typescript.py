from __future__ import annotations

from pathlib import Path

from flightlog.ipc.typescript import generate

GENERATED = Path(__file__).parents[3] / "electron" / "src" / "generated.ts"


def test_the_editors_types_are_those_of_the_records() -> None:
    """The file equals the output of `python -m flightlog.ipc.typescript`."""
    assert GENERATED.read_text(encoding="utf-8") == generate()


def test_the_file_says_that_it_is_generated() -> None:
    """The first line says that the file is generated."""
    assert "Generated" in generate().splitlines()[0]
