"""The rules for test files that CONTRIBUTING.md states."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

TESTS = Path(__file__).parents[1]
# Code that is data: it is in manifests, is compared with generated code, or has its types checked.
CODE_AS_DATA = {
    "docs/test_test_files.py",
    "unit/codegen/test_literals.py",
    "unit/codegen/test_module.py",
    "unit/codegen/test_usercode.py",
    "unit/test_public_api.py",
}
PROGRAM_LINES = 3
PACKAGE = TESTS.parent / "src" / "flightlog"
UNIT = TESTS / "unit"
# Test files of several modules (properties, hostile values, damage, limits, whole packages), and
# of one topic of a module.
CROSS_MODULE = {
    "capture/encoding/test_encoder_bounds.py",
    "capture/encoding/test_encoder_hostile.py",
    "capture/encoding/test_encoder_properties.py",
    "capture/encoding/test_encoder_untouched.py",
    "capture/test_lazy_values.py",
    "capture/test_redaction_failure.py",
    "capture/test_results_futures.py",
    "capture/test_results_passed_on.py",
    "capture/test_runs_reentry.py",
    "cli/test_commands.py",
    "cli/test_postgres.py",
    "codegen/test_damaged_manifests.py",
    "codegen/test_editor_manifests.py",
    "codegen/test_random_graphs.py",
    "receiver/test_bad_records.py",
    "receiver/test_memory.py",
    "receiver/test_stores.py",
    "receiver/test_wire.py",
    "redaction/test_linear.py",
    "redaction/test_looks.py",
    "redaction/test_properties.py",
    "redaction/test_record_fields.py",
    "redaction/test_syntax.py",
    "runtime/test_imports.py",
    "spool/test_strikes.py",
    "test_hatch_build.py",
    "test_layers.py",
    "test_public_api.py",
}
LEAST_MIRRORED = 0.75
STATEMENTS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.With, ast.For)


def strings_in(node: ast.AST) -> Iterator[str]:
    """List the strings in a syntax tree, docstrings excepted, with names for inserted values."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(
            str(part.value) if isinstance(part, ast.Constant) else "inserted"
            for part in node.values
        )
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        for child in ast.iter_child_nodes(node):
            yield from strings_in(child)


@pytest.fixture(scope="module")
def strings() -> dict[str, list[str]]:
    """List the strings of each test file."""
    return {
        file.relative_to(TESTS).as_posix(): list(
            strings_in(ast.parse(file.read_text(encoding="utf-8")))
        )
        for file in TESTS.rglob("*.py")
    }


def is_program(text: str) -> bool:
    """Check whether a text of several lines is Python with statements of a program."""
    if len([line for line in text.splitlines() if line.strip()]) < PROGRAM_LINES:
        return False
    try:
        tree = ast.parse(dedent(text))
    except (SyntaxError, ValueError):
        return False
    return any(isinstance(node, STATEMENTS) for node in ast.walk(tree))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\n    import sys\n    value = 1\n    print(value)\n", True),
        ("for a in b:\n    with a:\n        pass\n", True),
        ("import sys\nprint(sys)\n", False),
        ("A text\nwith several\nlines\n", False),
        ('{\n"a":\n1}\n', False),
    ],
)
def test_programs_are_found(text: str, expected: bool) -> None:
    """Three lines with an import, a function or a block are a program; other texts are not."""
    assert list(strings_in(ast.parse(f"'''A docstring.'''\nvalue = {text!r}"))) == [text]
    assert is_program(text) is expected


def test_no_string_is_a_program(strings: dict[str, list[str]]) -> None:
    """Programs are files in `tests/programs`, where ruff and mypy check them."""
    found = {file for file, texts in strings.items() if any(map(is_program, texts))}
    assert found == CODE_AS_DATA


def test_every_program_is_run(strings: dict[str, list[str]]) -> None:
    """No program in `tests/programs` is left over."""
    programs = {file.stem for file in (TESTS / "programs").glob("*.py")}
    named = {text.removesuffix(".py") for texts in strings.values() for text in texts}
    assert programs
    assert programs - named == set()


def has_functions(module: Path) -> bool:
    """Check whether a module has functions with bodies, and not declarations alone."""
    return any(
        isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and any(not isinstance(part, (ast.Expr, ast.Pass)) for part in node.body)
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
    )


def test_unit_tests_mirror_modules() -> None:
    """
    A test file is named after its module, or is in the list of those of several modules.

    At least three in four modules with functions have a test file of their own.
    """
    modules = {
        file.relative_to(PACKAGE).with_name(f"test_{file.name}").as_posix(): has_functions(file)
        for file in PACKAGE.rglob("*.py")
        if not file.name.startswith("__")
    }
    files = {file.relative_to(UNIT).as_posix() for file in UNIT.rglob("test_*.py")}
    assert files - modules.keys() - CROSS_MODULE == set()
    with_functions = {name for name, has_any in modules.items() if has_any}
    assert len(files & with_functions) >= LEAST_MIRRORED * len(with_functions)
