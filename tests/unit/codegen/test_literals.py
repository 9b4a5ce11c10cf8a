from __future__ import annotations

import ast
import inspect
import tokenize
from io import BytesIO
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flightlog.codegen.literals import (
    Code,
    Static,
    render,
    write_comment,
    write_docstring,
    write_literal,
)

any_text = st.text() | st.text(st.sampled_from("\"'\\{}#\n\r\t\u2028\ud800 a:=%\x00\x0c\x85"))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
@example({"a\n" * 30: "line one\nline two\n" * 9})
def test_a_literal_makes_the_same_value_again(value: Any) -> None:
    """Each value's literal evaluates to the same value, without any names except `float`."""
    made = write_literal(value)
    made.encode()
    assert eval(made, {"__builtins__": {"float": float}}) == value


@given(json_values)
def test_a_static_value_stays_within_its_mark(value: Any) -> None:
    """The literal is one call of `static` with one argument."""
    call = ast.parse(write_literal({"x": Static(value)}), mode="eval").body
    assert isinstance(call, ast.Dict)
    (inner,) = call.values
    assert isinstance(inner, ast.Call)
    assert isinstance(inner.func, ast.Name)
    assert inner.func.id == "static"
    assert len(inner.args) == 1


@given(any_text)
@example('"""')
@example('"')
@example("\\")
@example('a\\"')
@example('\n"\n')
@example("a\\\nb")
def test_a_docstring_is_a_docstring_and_says_the_text(text: str) -> None:
    """The docstring contains the text's words in order, and the text can't end the docstring."""
    body = write_docstring(text)
    if not body:
        return
    indented = body.replace("\n", "\n    ")
    tree = ast.parse(f"def f():\n    {indented}\n    return 1\n")
    (function,) = tree.body
    assert isinstance(function, ast.FunctionDef)
    assert len(function.body) == 2
    said = ast.get_docstring(function)
    assert said is not None
    words = [word for word in text.split() if word.isprintable()]
    assert [word for word in words if word in said] == words


@given(any_text, st.sampled_from([0, 1]))
@example("coding: latin-1", 0)
@example("-*- coding=utf-7 -*-", 1)
@example("# ruff: noqa", 1)
def test_a_comment_is_a_comment_and_declares_nothing(text: str, line: int) -> None:
    """Even in the first two lines, a comment declares no encoding."""
    lines = ["# first", "x = 1"]
    lines[line] = f"# {write_comment(text)}"
    source = ("\n".join(lines) + "\n").encode()
    assert tokenize.detect_encoding(BytesIO(source).readline)[0] == "utf-8"
    kinds = {token.type for token in tokenize.tokenize(BytesIO(source).readline)}
    assert tokenize.ERRORTOKEN not in kinds
    assert source.count(b"#") == line + 1


def test_docstrings_are_laid_out() -> None:
    """A short docstring has one line; a long docstring is wrapped."""
    assert write_docstring("  Short.  ") == '"""Short."""'
    long = write_docstring("word " * 40)
    assert long.startswith('"""\nword')
    assert max(map(len, long.split("\n"))) <= 80
    assert inspect.cleandoc(ast.literal_eval(long)).split() == ["word"] * 40


def test_templates_print_code_alone() -> None:
    """A template refuses a text that is no `Code`."""
    with pytest.raises(TypeError, match="only code may stand"):
        render("requirements.txt.j2", lines=["import os"])
    assert render("requirements.txt.j2", lines=[Code("x")]) == "x\n"
