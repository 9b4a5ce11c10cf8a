"""Each syntax has its examples, and a test file of its own that checks them."""

from __future__ import annotations

from pathlib import Path

from support.syntaxes import EXAMPLES, SYNTAX


def test_each_syntax_has_examples_and_tests() -> None:
    """A recogniser without examples, or examples without a recogniser, would go unnoticed."""
    modules = {path.stem for path in SYNTAX.glob("[a-z]*.py")}
    tests = Path(__file__).with_name("syntax").glob("test_*.py")
    assert modules == EXAMPLES.keys()
    assert {path.stem.removeprefix("test_") for path in tests} >= modules
    assert all(EXAMPLES.values())
