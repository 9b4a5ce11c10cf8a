"""Missing libraries and the extras that bring them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.programs import run_program

WITHOUT = "import sys; sys.modules.update(dict.fromkeys({libraries}))\n"


def run_without(libraries: tuple[str, ...], program: str) -> str:
    """Run a program in an interpreter that can't import some libraries."""
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(libraries=libraries) + program],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("missing", "imported", "extra"),
    [
        ("apsw", "from flightlog import ExecutionLogger", "server"),
        ("apsw", "from flightlog.logger import ExecutionLogger", "server"),
        ("zstandard", "import flightlog.logger", "server"),
        ("litestar", "from flightlog import Receiver", "server"),
        ("uvicorn", "import flightlog.receiver", "server"),
        ("jinja2", "import flightlog.runtime", "workflow"),
        ("jinja2", "import flightlog.codegen", "codegen"),
    ],
)
def test_a_missing_library_names_the_extra(missing: str, imported: str, extra: str) -> None:
    """The error is an ImportError that names the extra to install."""
    program = (
        f"try:\n    {imported}\n"
        "except ImportError as error:\n    print(type(error).__name__, error.name, error)\n"
    )
    said = run_without((missing,), program)
    assert said.startswith(f"MissingExtraError {missing} ")
    assert f"pip install 'flightlog[{extra}]'" in said


@pytest.mark.parametrize(
    ("missing", "command", "extra"),
    [
        ("cyclopts", "list", "server"),
        ("apsw", "list", "server"),
        ("cyclopts", "generate", "codegen"),
        ("jinja2", "generate", "codegen"),
        ("jinja2", "run", "codegen"),
    ],
)
def test_a_command_names_the_extra_it_needs(
    missing: str, command: str, extra: str, tmp_path: Path
) -> None:
    """The output has one line about the library, one about the extra, and no traceback."""
    arguments = [command, str(tmp_path), *(["workflow"] if command == "run" else [])]
    arguments = arguments if command in {"generate", "run"} else [command]
    said = run_without(
        (missing,), f"from flightlog.cli import run; raise SystemExit(run({arguments!r}))"
    )
    assert f"needs {missing}" in said
    assert f"pip install 'flightlog[{extra}]'" in said


def test_recording_alone_needs_no_extra(tmp_path: Path) -> None:
    """Without the libraries of every extra, a run is recorded into the spool."""
    libraries = (
        "apsw",
        "litestar",
        "uvicorn",
        "cyclopts",
        "rich",
        "zstandard",
        "fastapi",
        "jinja2",
    )
    assert run_program("capture_needs_no_extra", tmp_path, *libraries) == "recorded 0\n"
