"""Public names are the documented ones; a small installation names what is missing."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import flightlog
from flightlog.codegen.node_types import EMBEDDINGS, KINDS, ROUTER

ROOT = Path(__file__).parents[2]
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


def test_importing_the_package_loads_only_the_errors() -> None:
    """`import flightlog` loads the errors; other names load at their first use."""
    loaded = run_without((), "import flightlog; print(*sys.modules)").split()
    own = {name for name in loaded if name.startswith("flightlog.")}
    assert {name.split(".")[1] for name in own} == {"errors", "version"}
    assert not {"msgspec", "litestar", "apsw"} & set(loaded)


def test_the_package_runs_as_a_module() -> None:
    """`python -m flightlog` runs the command line."""
    ended = subprocess.run(
        [sys.executable, "-m", "flightlog", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == f"{flightlog.__version__}\n"


def read_public_names() -> dict[str, list[str]]:
    """Read the table of docs/reference/python-api.md: the public modules and their names."""
    page = (ROOT / "docs/reference/python-api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(flightlog[\w.]*)` \| (.+) \|$", page, re.MULTILINE)
    return {module: re.findall(r"`(\w+)`", names) for module, names in rows}


def list_modules() -> dict[str, ast.Module]:
    """Parse every module of the package."""
    found: dict[str, ast.Module] = {}
    for file in sorted((ROOT / "src/flightlog").rglob("*.py")):
        parts = file.relative_to(ROOT / "src").with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(file.read_text(encoding="utf-8"))
    return found


def list_names(tree: ast.Module) -> set[str]:
    """List the names without an underscore that a module itself defines."""
    names: set[str] = set()
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(statement.name)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in names if not name.startswith("_")}


def list_imports(text: str) -> set[tuple[str, str]]:
    """List the names that a text imports from Flightlog, each with its module."""
    found: set[tuple[str, str]] = set()
    for module, names in re.findall(
        r"^\s*from (flightlog[\w.]*) import ([\w, ]+)", text, re.MULTILINE
    ):
        found |= {(module, name.strip()) for name in names.split(",")}
    return found


def test_the_page_lists_the_public_names_of_each_module() -> None:
    """The table and `__all__` agree, names are sorted, and each name can be imported."""
    public = read_public_names()
    assert {"flightlog", "flightlog.capture", "flightlog.logger"} <= public.keys()
    for module, names in public.items():
        loaded = importlib.import_module(module)
        assert names == list(loaded.__all__) == sorted(names), module
        assert all(hasattr(loaded, name) for name in names), module


def test_every_name_of_every_module_is_public_or_internal() -> None:
    """A module without a row of the table has no public name, and no page imports from it."""
    public = {(module, name) for module, names in read_public_names().items() for name in names}
    modules = list_modules()
    named = {(module, name) for module, tree in modules.items() for name in list_names(tree)}
    internal = named - public
    assert len(named & public) > 10
    assert len(internal) > 500
    documents = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("electron/*.md")]
    templates = (ROOT / "src/flightlog/codegen/templates").glob("*.j2")
    imported = {
        found
        for file in [*documents, *templates]
        for found in list_imports(file.read_text(encoding="utf-8"))
    }
    assert ("flightlog", "Recorder") in imported
    assert not imported - public, imported - public


def test_a_public_package_defines_nothing_beside_its_public_names() -> None:
    """In packages of the table, a name that is defined and not public begins with `_`."""
    public, modules = read_public_names(), list_modules()
    packages = [name for name in public if (ROOT / "src" / name.replace(".", "/")).is_dir()]
    assert len(packages) > 4
    for package in packages:
        assert not list_names(modules[package]) - {*public[package]}, package


def test_generated_code_calls_public_functions() -> None:
    """The functions that generated workflows import from `flightlog.runtime.nodes` are public."""
    public = read_public_names()
    calls = [ROUTER, *(call for call, _ in EMBEDDINGS.values())]
    calls += [kind.call for kind in KINDS.values() if kind.call is not None]
    assert len(calls) > 5
    assert all(call.function in public[call.module] for call in calls)
