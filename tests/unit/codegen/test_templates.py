"""Templates of the generated files."""

from __future__ import annotations

import pytest

from flightlog.codegen.literals import Code
from flightlog.codegen.templates import render


def test_templates_print_code_alone() -> None:
    """A template refuses a text that is no `Code`."""
    with pytest.raises(TypeError, match="only code may stand"):
        render("requirements.txt.j2", lines=["import os"])
    assert render("requirements.txt.j2", lines=[Code("x")]) == "x\n"
