"""Generated code is formatted and checked."""

from __future__ import annotations

import warnings

import pytest

from flightlog.codegen.formatting import format_module
from flightlog.codegen.usercode import wrap_body
from flightlog.errors import (
    GenerationFailedError,
)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def f(:\n", "does not compile"),
        ('"""A."""\n\nimport os\n', "F401"),
        ('"""A."""\n\nprint(nothing)\n', "F821"),
    ],
)
def test_code_of_ours_that_is_not_right_is_never_written(source: str, said: str) -> None:
    """A fault of the generator raises an error instead of writing a file."""
    with pytest.raises(GenerationFailedError, match=said):
        format_module(source, "m.py")


def test_without_ruff_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error's hint names the extra."""
    monkeypatch.setitem(__import__("sys").modules, "ruff", None)
    with pytest.raises(GenerationFailedError, match="flightlog\\[codegen\\]"):
        format_module('"""A."""\n', "m.py")


def test_odd_escapes_of_an_author_are_no_fault() -> None:
    """Python only warns about invalid escapes, so they are no error here."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        body = wrap_body("import re\nreturn re.sub('\\d', '', input)")
        source = f'"""A."""\n\n\nasync def outer(node):\n{body.code}\n    return body\n'
        assert "W605" in format_module(source, "m.py", bodies={"outer": body.meaning}).text
