from __future__ import annotations

from pathlib import Path

from flightlog.cli.reference import write_reference

DOCS = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"


def test_the_reference_in_the_docs_is_what_the_program_says() -> None:
    """`docs/reference/cli.md` equals the output of `python -m flightlog.cli.reference`."""
    assert DOCS.read_text(encoding="utf-8") == write_reference() + "\n"
