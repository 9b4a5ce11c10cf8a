from __future__ import annotations

import re
from pathlib import Path

from flightlog.receiver.problems import KINDS
from flightlog.receiver.typescript import generate

VIEWER = Path(__file__).parents[3] / "viewer" / "src"
GENERATED = Path(__file__).parents[3] / "viewer" / "src" / "api" / "types.ts"


def test_the_viewers_types_are_those_of_the_answers() -> None:
    """The file equals the output of `python -m flightlog.receiver.typescript`."""
    assert GENERATED.read_text(encoding="utf-8") == generate()


def test_the_file_says_that_it_is_generated() -> None:
    """The file's first line says that the file is generated."""
    assert "Generated" in generate().splitlines()[0]


def test_the_viewers_english_has_the_titles_of_all_problems() -> None:
    """The catalogue of texts has the receiver's own title for each code."""
    catalogue = (VIEWER / "texts" / "english" / "problems.ts").read_text(encoding="utf-8")
    titles = dict(re.findall(r'^  (\w+): \{\s+title: "([^"]+)"', catalogue, re.MULTILINE))
    assert titles == {code: title for code, (_, title) in KINDS.items()}
