"""
Makes the code of a `pythonFunction` node the body of a nested function.

Lines are indented, but lines within strings are not. `formatting` later checks that the code keeps
its meaning.
"""

from __future__ import annotations

import ast
import inspect
import io
import threading
import tokenize
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final

from msgspec import Struct

from flightlog.codegen.literals import Code

BODY: Final = "body"
ARGUMENT: Final = "input"

_HEAD: Final = f"def {BODY}({ARGUMENT}):\n"
_ASYNC_HEAD: Final = f"async {_HEAD}"
_SCOPES: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_STARTS: Final = {tokenize.STRING, getattr(tokenize, "FSTRING_START", -1)}
_ENDS: Final = {tokenize.STRING, getattr(tokenize, "FSTRING_END", -1)}
_parsing: Final = threading.Lock()


class UserCodeError(Exception):
    """
    The code is no valid body of a function.

    Attributes:
        what: A description of the fault, without a place.
        advice: A remedy.
        line: The line of the code, counted from 1; None for the code as a whole.
    """

    def __init__(self, what: str, advice: str, line: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice
        self.line = line


class Body(Struct, frozen=True):
    """A function made from an author's own code."""

    code: Code
    """A whole function named `body`, indented by four spaces."""
    meaning: str
    """The function's syntax tree as text, without layout."""


def wrap_body(code: str, *, taken: Collection[str] = ()) -> Body:
    """
    Make a function from code that is written as a function's body.

    Args:
        code: The body; its argument is `input`, and the code may use `await`.
        taken: Names of the module that the code must not bind with `global`.

    Returns:
        The function.

    Raises:
        UserCodeError: The code is no valid body of a function.
    """
    lines = code.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not any(line.strip() and not line.strip().startswith("#") for line in lines):
        lines.append("pass")
    # Code that is indented as a whole keeps its own indentation.
    first = next(line for line in lines if line.strip() and not line.strip().startswith("#"))
    own = first[: len(first) - len(first.lstrip())]
    inner = _indent(lines, " " if not own else "", is_indented=bool(own))
    tree = _parse(_ASYNC_HEAD + inner)
    function = tree.body[0]
    assert isinstance(function, ast.AsyncFunctionDef)
    head = _ASYNC_HEAD if _awaits(function) else _HEAD
    _compile(head + inner)
    _check(function, frozenset(taken))
    nested = _indent(lines, " " * 8, is_indented=bool(own))
    return Body(Code(f"    {head}{nested}"), normalize_source(_parse(head + inner).body[0]))


def normalize_source(function: ast.stmt) -> str:
    """
    Write a function's syntax tree as text, to compare functions.

    Args:
        function: The function; the layout of its docstrings is normalized in place.

    Returns:
        The text, without layout.
    """
    for scope in ast.walk(function):
        body = getattr(scope, "body", None)
        if isinstance(scope, ast.Lambda) or not isinstance(scope, _SCOPES) or not body:
            continue
        first = body[0]
        if (
            isinstance(first, ast.Expr)
            and isinstance(first.value, ast.Constant)
            and isinstance(first.value.value, str)
        ):
            first.value.value = inspect.cleandoc(first.value.value).strip()
    return ast.dump(function)


def _indent(lines: list[str], indent: str, *, is_indented: bool) -> str:
    within = _find_lines_within_strings(lines, is_indented=is_indented)
    return "".join(
        f"{line}\n" if number in within or not line.strip() else f"{indent}{line}\n"
        for number, line in enumerate(lines)
    )


def _find_lines_within_strings(lines: list[str], *, is_indented: bool) -> set[int]:
    # Finds the numbers of lines, from 0, that begin within a string.
    shift = 2 if is_indented else 1
    text = ("if 1:\n" if is_indented else "") + "".join(f"{line}\n" for line in lines)
    within: set[int] = set()
    starts: list[int] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in _STARTS:
                starts.append(token.start[0])
            if token.type in _ENDS:
                within.update(range(starts.pop() + 1 - shift, token.end[0] + 1 - shift))
    except (tokenize.TokenError, SyntaxError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else error.args[1][0]
        said = error.msg if isinstance(error, SyntaxError) else error.args[0]
        raise _make_syntax_error(said, (line or 1) + 1 - shift) from error
    return within


def _make_syntax_error(said: str, line: int) -> UserCodeError:
    return UserCodeError(f"is no Python: {said}", "correct the code", max(line, 1))


def parse_code(text: str) -> ast.Module:
    """
    Parse and compile Python code; warnings, e.g. about invalid escapes, are ignored.

    Args:
        text: The code.

    Returns:
        The syntax tree.

    Raises:
        SyntaxError: The code is no valid Python.
        ValueError: The code contains an invalid character.
        RecursionError: The code is nested too deep.
        MemoryError: The code is nested too deep.
    """
    with _ignore_warnings():
        compile(text, "code", "exec", dont_inherit=True)
        return ast.parse(text)


@contextmanager
def _ignore_warnings() -> Iterator[None]:
    # Only one thread parses at a time. Warning filters apply to the whole process, and until 3.11.7
    # CPython's parser counts its depth for all threads together (gh-106905).
    with _parsing, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _parse(text: str) -> ast.Module:
    try:
        with _ignore_warnings():
            tree = ast.parse(text)
    except SyntaxError as error:
        raise _make_syntax_error(error.msg, (error.lineno or 2) - 1) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise UserCodeError(f"is no Python: {error or 'nested too deep'}", "correct it") from error
    if len(tree.body) != 1:
        raise UserCodeError(
            "ends its own function",
            "indent it as the body of one function",
            tree.body[1].lineno - 1,
        )
    return tree


def _compile(text: str) -> None:
    try:
        parse_code(text)
    except SyntaxError as error:
        raise _make_syntax_error(error.msg, (error.lineno or 2) - 1) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise UserCodeError(f"is no Python: {error or 'nested too deep'}", "correct it") from error


def _list_own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    # Yields the nodes of the function itself, without nested functions and classes.
    for child in ast.iter_child_nodes(function):
        yield child
        if not isinstance(child, _SCOPES):
            yield from _list_own_nodes(child)


def _awaits(function: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith)
        or (isinstance(node, ast.comprehension) and node.is_async)
        for node in _list_own_nodes(function)
    )


def _check(function: ast.AST, taken: frozenset[str]) -> None:
    for node in ast.walk(function):
        if isinstance(node, ast.Global) and taken.intersection(node.names):
            name = min(taken.intersection(node.names))
            raise UserCodeError(
                f"binds the module's own name `{name}`", "choose another name", node.lineno - 1
            )
