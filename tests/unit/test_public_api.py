"""The public names of `flightlog`, and the errors of a small installation for missing names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import flightlog

WITHOUT = """
import sys
for library in {libraries}:
    sys.modules[library] = None
"""


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


def test_all_is_sorted_and_every_name_can_be_imported() -> None:
    """`__all__` has every public name, in alphabetical order."""
    assert flightlog.__all__ == sorted(flightlog.__all__)
    for name in flightlog.__all__:
        assert getattr(flightlog, name) is not None
        assert name in dir(flightlog)
    star: dict[str, object] = {}
    exec("from flightlog import *", star)
    assert set(flightlog.__all__) <= star.keys()


def test_all_lists_every_lazy_name() -> None:
    """A name that is imported at its first use is public, and so is in `__all__`."""
    assert flightlog._LAZY
    assert flightlog._LAZY.keys() <= set(flightlog.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """An unknown name raises AttributeError, as in every other module."""
    with pytest.raises(AttributeError, match="no attribute 'Recoder'"):
        flightlog.Recoder  # type: ignore[attr-defined]  # noqa: B018 - the access is the test


def test_type_checkers_see_the_lazy_names(tmp_path: Path) -> None:
    """Mypy knows the types of the lazy names, and refuses an unknown name."""
    program = tmp_path / "program.py"
    program.write_text(
        "from flightlog import ExecutionLogger, Receiver, Recorder, RedactionRules\n"
        "reveal_type(Recorder)\nreveal_type(Receiver)\nreveal_type(ExecutionLogger)\n"
        "reveal_type(RedactionRules)\nfrom flightlog import Recoder\n"
    )
    ended = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(program)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert ended.stdout.count("Revealed type is") == 4, ended.stdout
    for name in ("recorder.Recorder", "server.Receiver", "logger.ExecutionLogger"):
        assert f"flightlog.{name}" in ended.stdout or f".{name}" in ended.stdout
    assert 'has no attribute "Recoder"' in ended.stdout


def test_importing_the_package_loads_no_recorder_and_no_server() -> None:
    """`import flightlog` loads records and errors; other names load at their first use."""
    loaded = run_without((), "import flightlog; print(*sys.modules)").split()
    assert "flightlog.record.model" in loaded
    assert not {"flightlog.capture", "flightlog.logger", "litestar", "apsw"} & set(loaded)


@pytest.mark.parametrize(
    ("missing", "imported", "extra"),
    [
        ("apsw", "from flightlog import ExecutionLogger", "server"),
        ("apsw", "from flightlog.logger import ExecutionLogger", "server"),
        ("backports", "import flightlog.logger", "server"),
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


def test_the_package_runs_as_a_module() -> None:
    """`python -m flightlog` runs the command line."""
    ended = subprocess.run(
        [sys.executable, "-m", "flightlog", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == f"{flightlog.__version__}\n"


def test_recording_alone_needs_no_extra(tmp_path: Path) -> None:
    """Without the libraries of every extra, a run is recorded into the spool."""
    libraries = (
        "apsw",
        "litestar",
        "uvicorn",
        "cyclopts",
        "rich",
        "backports",
        "fastapi",
        "jinja2",
    )
    program = (
        "from flightlog import Recorder\n"
        f"recorder = Recorder('w', spool_dir={str(tmp_path)!r}, url='http://127.0.0.1:9')\n"
        "with recorder.execution() as execution, execution.node('n'):\n    pass\n"
        "print('recorded', recorder.status().lost)\n"
        "recorder.close(0)\n"
    )
    assert run_without(libraries, program).startswith("recorded 0\n")
