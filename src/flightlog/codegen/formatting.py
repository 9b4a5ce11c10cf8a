"""Checking and formatting what was generated: it compiles, says the same, and ruff is content."""

from __future__ import annotations

import ast
import json
import subprocess
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from flightlog.codegen.usercode import BODY, meaning_of
from flightlog.errors import GenerationFailedError

_RUFF: Final = ("--isolated", "--target-version", "py311")
_UNDEFINED: Final = "F821"
_REPORT: Final = "Please report it with the manifest; nothing was written."


class Finding(Struct, frozen=True):
    """What ruff says of a line."""

    code: str
    """The rule."""
    message: str
    """What is wrong."""
    line: int
    """Where, counted from 1."""


class Formatted(Struct, frozen=True):
    """A file in ruff's form."""

    text: str
    """Its text."""
    undefined: tuple[tuple[str, str, str], ...] = ()
    """Function, line and message of names that its author's own code uses and nobody defines."""


def formatted(
    source: str,
    name: str,
    *,
    bodies: Mapping[str, str] | None = None,
    modules: Sequence[str] = (),
) -> Formatted:
    """
    Format a generated file and check it.

    Args:
        source: Its Python code.
        name: Its file's name.
        bodies: For each function with its author's own code, that code's syntax tree. What ruff
            says of that code is allowed by name in the file's first line; it stays as it is.
        modules: Modules that stand beside the file.

    Returns:
        The file.

    Raises:
        GenerationFailedError: It isn't what it should be, or ruff isn't there.
    """
    bodies = bodies or {}
    before = _parsed(source, name)
    text = _ruff(("format", "-"), source, name, modules)
    after = _parsed(text, name)
    if meaning_of_module(before) != meaning_of_module(after):
        raise GenerationFailedError(f"Formatting changed what {name} says.", hint=_REPORT)
    ranges = {}
    for function, meaning in bodies.items():
        found = _body(after, function)
        if found is None or meaning_of(found) != meaning:
            raise GenerationFailedError(
                f"The code of the node function `{function}` did not stay itself in {name}.",
                hint=_REPORT,
            )
        ranges[function] = range(found.lineno, (found.end_lineno or found.lineno) + 1)
    ours: list[Finding] = []
    undefined: list[tuple[str, str, str]] = []
    allowed: set[str] = set()
    lines = text.split("\n")
    for finding in _findings(text, name, modules):
        within = next((one for one, span in ranges.items() if finding.line in span), None)
        if within is None:
            ours.append(finding)
        elif finding.code == _UNDEFINED:
            undefined.append((within, lines[finding.line - 1].strip(), finding.message))
        else:
            allowed.add(finding.code)
    if ours:
        told = "; ".join(f"line {one.line}: {one.code} {one.message}" for one in ours[:3])
        raise GenerationFailedError(f"{name} did not pass ruff: {told}.", hint=_REPORT)
    if allowed:
        codes = ", ".join(sorted(allowed))
        reason = "the code of pythonFunction nodes stands as its author wrote it"
        text = f"# ruff: noqa: {codes} - {reason}\n{text}"
    return Formatted(text, tuple(undefined))


def meaning_of_module(tree: ast.Module) -> str:
    """Write a module's syntax tree as text, without layout and the layout of docstrings."""
    return "\n".join(meaning_of(statement) for statement in tree.body[1:])


def _parsed(source: str, name: str) -> ast.Module:
    try:
        compile(source, name, "exec", dont_inherit=True)
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise GenerationFailedError(f"{name} does not compile: {error}.", hint=_REPORT) from error


def _body(tree: ast.Module, function: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    for statement in tree.body:
        if isinstance(statement, ast.AsyncFunctionDef) and statement.name == function:
            for inner in statement.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) and inner.name == BODY:
                    return inner
    return None


def _findings(text: str, name: str, modules: Sequence[str]) -> list[Finding]:
    told = _ruff(("check", "--output-format", "json", "--exit-zero", "-"), text, name, modules)
    return [
        Finding(one["code"] or "syntax", one["message"], one["location"]["row"])
        for one in json.loads(told)
    ]


def _ruff(command: Sequence[str], text: str, name: str, modules: Sequence[str]) -> str:
    try:
        from ruff import find_ruff_bin  # type: ignore[import-untyped]  # noqa: PLC0415 - may be missing

        program = find_ruff_bin()
    except (ImportError, FileNotFoundError) as error:
        raise GenerationFailedError(
            "Generated code is formatted and checked with ruff, which isn't installed here.",
            hint="Install it with `pip install 'flightlog[codegen]'`.",
        ) from error
    first_party = json.dumps(list(modules))
    ended = subprocess.run(  # noqa: S603 - the program of an installed package, no shell
        [
            program,
            command[0],
            *_RUFF,
            *(
                ("--config", f"lint.isort.known-first-party={first_party}")
                if command[0] == "check"
                else ()
            ),
            "--stdin-filename",
            name,
            *command[1:],
        ],
        input=text.encode(),
        capture_output=True,
        check=False,
    )
    if ended.returncode:
        said = ended.stderr.decode("utf-8", "replace").strip()
        raise GenerationFailedError(f"ruff could not read {name}: {said}", hint=_REPORT)
    return ended.stdout.decode()
