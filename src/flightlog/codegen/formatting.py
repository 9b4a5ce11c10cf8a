"""Formats and checks generated code: the code compiles, keeps its meaning, and passes ruff."""

from __future__ import annotations

import ast
import json
import subprocess
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from flightlog.codegen.usercode import BODY, normalize_source, parse_code
from flightlog.errors import GenerationFailedError

_RUFF: Final = ("--isolated", "--target-version", "py311")
_SYNTAX: Final = "invalid-syntax"
_FAULTS: Final = {
    "F821": "import it in the code, or take it from `input`",
    _SYNTAX: "write it for Python 3.11",
}
_REASON: Final = "the code of pythonFunction nodes stands as its author wrote it"
_REPORT: Final = "Please report it with the manifest; nothing was written."


class Finding(Struct, frozen=True):
    """A finding of ruff."""

    code: str
    """The rule's code."""
    message: str
    """The message."""
    line: int
    """The line, counted from 1."""


class Fault(Struct, frozen=True):
    """A fault in an author's own code."""

    function: str
    """The name of the node's function."""
    line: str
    """The line's text after formatting."""
    message: str
    """A description of the fault."""
    advice: str
    """A remedy."""


class Formatted(Struct, frozen=True):
    """A formatted file."""

    text: str
    """The file's text."""
    faults: tuple[Fault, ...] = ()
    """Faults in an author's own code."""


def format_module(
    source: str,
    name: str,
    *,
    bodies: Mapping[str, str] | None = None,
    modules: Sequence[str] = (),
) -> Formatted:
    """
    Format a generated file, and check the result.

    Args:
        source: The file's Python code.
        name: The file's name.
        bodies: The syntax trees of authors' own code, by the name of the function. Such code stays
            unchanged: the file's first line disables the rules that ruff reports for it.
        modules: Modules in the same directory as the file.

    Returns:
        The file.

    Raises:
        GenerationFailedError: The code doesn't pass a check, or ruff is not installed.
    """
    if modules:
        # ruff sorts names with numbers by their value: w2 before w10.
        source = _run_ruff(
            ("check", "--select", "I", "--fix", "--exit-zero", "-"), source, name, modules
        )
    before = _parse(source, name)
    text = _run_ruff(("format", "-"), source, name, modules)
    after = _parse(text, name)
    if normalize_module(before) != normalize_module(after):
        raise GenerationFailedError(f"Formatting changed what {name} says.", hint=_REPORT)
    spans = {
        function: _find_span(after, function, meaning, name)
        for function, meaning in (bodies or {}).items()
    }
    findings = _list_findings(text, name, modules)
    if ours := [finding for finding in findings if _find_function(finding, spans) is None]:
        listed = "; ".join(
            f"line {finding.line}: {finding.code} {finding.message}" for finding in ours[:3]
        )
        raise GenerationFailedError(f"{name} did not pass ruff: {listed}.", hint=_REPORT)
    lines = text.split("\n")
    faults = tuple(
        Fault(
            _find_function(finding, spans) or "",
            lines[finding.line - 1].strip(),
            finding.message,
            _FAULTS[finding.code],
        )
        for finding in findings
        if finding.code in _FAULTS
    )
    if findings and not faults:
        codes = ", ".join(sorted({finding.code for finding in findings}))
        text = f"# ruff: noqa: {codes} - {_REASON}\n{text}"
        if _list_findings(text, name, modules):
            raise GenerationFailedError(f"{name} did not pass ruff with {codes}.", hint=_REPORT)
    return Formatted(text, faults)


def normalize_module(tree: ast.Module) -> str:
    """
    Write a module's syntax tree as text, to compare modules.

    Args:
        tree: The syntax tree.

    Returns:
        The text, without layout and without the layout of docstrings.
    """
    return "\n".join(normalize_source(statement) for statement in tree.body[1:])


def _parse(source: str, name: str) -> ast.Module:
    try:
        return parse_code(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise GenerationFailedError(f"{name} does not compile: {error}.", hint=_REPORT) from error


def _find_span(tree: ast.Module, function: str, meaning: str, name: str) -> range:
    found = _find_body(tree, function)
    if found is None or normalize_source(found) != meaning:
        raise GenerationFailedError(
            f"The code of the node function `{function}` did not stay itself in {name}.",
            hint=_REPORT,
        )
    return range(found.lineno, (found.end_lineno or found.lineno) + 1)


def _find_function(finding: Finding, spans: Mapping[str, range]) -> str | None:
    return next((function for function, span in spans.items() if finding.line in span), None)


def _find_body(tree: ast.Module, function: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    for statement in tree.body:
        if isinstance(statement, ast.AsyncFunctionDef) and statement.name == function:
            for inner in statement.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) and inner.name == BODY:
                    return inner
    return None


def _list_findings(text: str, name: str, modules: Sequence[str]) -> list[Finding]:
    output = _run_ruff(
        ("check", "--output-format", "json", "--exit-zero", "-"), text, name, modules
    )
    return [
        Finding(finding["code"] or _SYNTAX, finding["message"], finding["location"]["row"])
        for finding in json.loads(output)
    ]


def _run_ruff(command: Sequence[str], text: str, name: str, modules: Sequence[str]) -> str:
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
