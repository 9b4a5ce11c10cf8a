"""docs/reference/attacks.md lists the attacks that the tests try, and each test exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEAST_KINDS = 60


def test_each_listed_attack_has_its_test() -> None:
    """The page's table names files and functions that exist, for at least 60 kinds."""
    page = (ROOT / "docs" / "reference" / "attacks.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| (\d+) \| .+ \| (.+) \|$", page)
    assert sum(int(kinds) for kinds, _ in rows) >= LEAST_KINDS
    for _, tests in rows:
        named = re.findall(r"`([\w./-]+)(?:::(\w+))?`", tests)
        assert named
        for file, function in named:
            text = (ROOT / file).read_text(encoding="utf-8")
            assert not function or f"def {function}(" in text, function
