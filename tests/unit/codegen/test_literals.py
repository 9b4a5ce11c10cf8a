from __future__ import annotations

import ast
import inspect
import keyword
import tokenize
import unicodedata
from io import BytesIO
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from flightlog.codegen.literals import Static, comment, docstring, literal
from flightlog.codegen.names import MAX_LENGTH, MODULES_TAKEN, Names, identifier

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
    made = literal(value)
    made.encode()
    assert eval(made, {"__builtins__": {"float": float}}) == value


@given(json_values)
def test_a_static_value_stays_within_its_mark(value: Any) -> None:
    """The literal is one call of `static` with one argument."""
    call = ast.parse(literal({"x": Static(value)}), mode="eval").body
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
    body = docstring(text)
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
    lines[line] = f"# {comment(text)}"
    source = ("\n".join(lines) + "\n").encode()
    assert tokenize.detect_encoding(BytesIO(source).readline)[0] == "utf-8"
    kinds = {token.type for token in tokenize.tokenize(BytesIO(source).readline)}
    assert tokenize.ERRORTOKEN not in kinds
    assert source.count(b"#") == line + 1


@given(st.lists(any_text, max_size=30), st.booleans())
def test_names_are_identifiers_each_once_and_never_taken(
    texts: list[str], ascii_only: bool
) -> None:
    """No name is a keyword, a built-in name or a repetition, even after normalization."""
    names = Names({"workflow", "run"}, ascii_only=ascii_only)
    given_out = [names.give(text, otherwise="node") for text in texts]
    normalized = {unicodedata.normalize("NFKC", name) for name in given_out}
    assert len(normalized) == len(texts)
    assert normalized == set(given_out)
    assert not normalized & {
        "workflow",
        "run",
        "print",
        "None",
        *keyword.kwlist,
        *keyword.softkwlist,
    }
    for name in given_out:
        assert name.isidentifier()
        assert name.isascii() or not ascii_only
        assert name == name.lower()
        ast.parse(f"def {name}(): pass")


def test_names_read_as_the_text() -> None:
    """Words lose their accents, other scripts stay, and a taken name gets a number."""
    assert identifier("Charge the card!", otherwise="node") == "charge_the_card"
    assert identifier("fetchUserById", otherwise="node") == "fetch_user_by_id"
    assert identifier("Größe prüfen", otherwise="node") == "grosse_prufen"
    assert identifier("確認", otherwise="node") == "確認"
    assert identifier("確認", otherwise="workflow", ascii_only=True) == "workflow"
    assert identifier("7 days", otherwise="node") == "node_7_days"
    assert len(identifier("x" * 500, otherwise="node")) == MAX_LENGTH
    names = Names(MODULES_TAKEN, ascii_only=True)
    told = [
        names.give(text, otherwise="workflow")
        for text in ("json", "app", "class", "Orders", "orders", "con")
    ]
    assert told == [
        "json_workflow",
        "app_workflow",
        "class_workflow",
        "orders",
        "orders_2",
        "con_workflow",
    ]


def test_docstrings_are_laid_out() -> None:
    """A short docstring has one line; a long docstring is wrapped."""
    assert docstring("  Short.  ") == '"""Short."""'
    long = docstring("word " * 40)
    assert long.startswith('"""\nword')
    assert max(map(len, long.split("\n"))) <= 80
    assert inspect.cleandoc(ast.literal_eval(long)).split() == ["word"] * 40
