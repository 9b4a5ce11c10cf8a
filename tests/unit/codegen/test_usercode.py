from __future__ import annotations

import ast
import textwrap
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flightlog.codegen.formatting import format_module
from flightlog.codegen.usercode import UserCodeError, parse_code, wrap_body


def run(code: str, value: Any = None) -> Any:
    """Run code as it stands in a formatted module, and return its result."""
    body = wrap_body(code)
    outer = f"async def outer(node):\n{body.code}\n    return await node.call(body)\n"
    source = f'"""A module."""\n\n\n{outer}'
    text = format_module(source, "m.py", bodies={"outer": body.meaning}).text
    names: dict[str, Any] = {}
    inner = next(
        statement
        for statement in ast.walk(ast.parse(text))
        if isinstance(statement, ast.FunctionDef) and statement.name == "body"
    )
    exec(compile(ast.Module([inner], []), "m.py", "exec"), names)
    return names["body"](value)


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("return input", 7),
        ("  x = input\n  return x", 7),
        ("\tif input:\n\t\treturn 1\n\treturn 2", 1),
        ("return '''a\n  b\n'''", "a\n  b\n"),
        ("text = '''\n    a\n'''\nif text:\n    return text + '''\nb'''", "\n    a\n\nb"),
        ("return f'''{input}\n  {'x'}'''", "7\n  x"),
        ("return 'a\\\nb'", "ab"),
        ("return (1 +\n2)", 3),
        ("return 1 + \\\n  2", 3),
        ("# only a comment", None),
        ("", None),
        ("def double(n):\n    '''Twice.'''\n    return n * 2\nreturn double(input)", 14),
        ("class A:\n    x = 1\n\n\nreturn A().x", 1),
        ("import math\nreturn math.floor(1.5)", 1),
        ("return 1\r\n", 1),
        pytest.param(
            "return '\\d'", "\\d", marks=pytest.mark.filterwarnings("ignore:invalid escape")
        ),
        ("x = 'a\x0cb\u2028'\nreturn x", "a\x0cb\u2028"),
        ("return [n for n in range(3)]", [0, 1, 2]),
        ("match input:\n    case 7:\n        return 'seven'", "seven"),
    ],
)
def test_code_says_the_same_in_its_place(code: str, result: Any) -> None:
    """Indentation, line ends and strings over several lines don't change the code's result."""
    assert run(code, 7) == result


@pytest.mark.parametrize(
    ("code", "said", "line"),
    [
        ("return (", "is no Python", 1),
        ("x = 1\nreturn '", "unterminated string", 2),
        ("x = 1\n  y = 2", "unexpected indent", 2),
        ("if input:\nreturn 1", "expected an indented block", 2),
        ("pass\n)\nimport os\n(", "unmatched", 2),
        ("from os import *", "import \\*", 1),
        ("from __future__ import annotations", "from __future__", 1),
        ("nonlocal node", "nonlocal", 1),
        ("global workflow\nworkflow = 1", "the module's own name `workflow`", 1),
        ("return '\x00'", "null bytes", None),
        ("return '\ud800'", "surrogates", None),
        ("'''", "is no Python", 1),
        ("await x\nyield 1\nreturn 2", "'return' with value in async generator", 3),
    ],
)
def test_code_that_is_no_body_is_refused(code: str, said: str, line: int | None) -> None:
    """The error counts the line in the author's code."""
    with pytest.raises(UserCodeError, match=said) as caught:
        wrap_body(code, taken={"workflow"})
    if line is not None:
        assert caught.value.line in {line, line + 1}


def test_code_that_awaits_is_a_coroutine() -> None:
    """A function is asynchronous only if its own code awaits, not code of a nested function."""
    assert "async def body(input):" in wrap_body("return await input").code
    assert "async def body(input):" in wrap_body("async with input:\n    pass").code
    assert "async def body(input):" in wrap_body("return [x async for x in input]").code
    nested = "async def later():\n    await input\nreturn 1"
    assert wrap_body(nested).code.startswith("    def body(input):")


@given(st.text(st.sampled_from("abc \n\t()[]'\"\\#:=+,{}1"), max_size=40))
@example("'\\:'")
def test_any_text_is_one_function_or_refused(text: str) -> None:
    """No part of the text can end the function and stand beside it."""
    try:
        body = wrap_body(text)
    except UserCodeError:
        return
    tree = parse_code(f"async def outer():\n{body.code}\n    return 1")
    (outer,) = tree.body
    assert isinstance(outer, ast.AsyncFunctionDef)
    assert [type(statement).__name__ for statement in outer.body] == ["FunctionDef", "Return"]


@given(
    st.lists(
        st.text(st.characters(exclude_characters="'\\\r\x00", exclude_categories=["Cs"])),
        max_size=5,
    )
)
def test_texts_over_several_lines_are_kept(lines: list[str]) -> None:
    """A string's lines keep their beginnings, even where they look like indentation."""
    text = "\n".join(lines)
    assert run(textwrap.dedent("return '''") + text + "'''") == text


def test_threads_may_generate_at_once() -> None:
    """Concurrent parsing in several threads gives correct results."""
    text = "\n".join(
        f"def f{number}(a):\n    return [a, {{'b': (a, {number})}}]" for number in range(200)
    )
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(parse_code, [text] * 40))
    assert {len(tree.body) for tree in found} == {200}
