"""The modules that importing the runtime loads, and the modules that importing avoids."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import flightlog
from flightlog import runtime
from support.programs import run_program

HEAVY = {
    *("anthropic", "openai", "groq", "voyageai", "psycopg", "apscheduler", "fastapi", "uvicorn"),
    *("httpx", "jsonschema", "apsw", "sqlite3", "litestar", "pydantic"),
}


def _loaded(script: str, place: Path) -> set[str]:
    # The coverage tool opens a database in child processes, so leave out its variables.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")
    }
    environment["FLIGHTLOG_SPOOL_DIR"] = str(place / "spool")
    ended = subprocess.run(
        [sys.executable, "-c", f"{script}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return set(ended.stdout.split())


def test_importing_the_runtime_is_light(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the import nor a plain workflow loads an SDK, a server, a scheduler or a database."""
    loaded = _loaded("import flightlog.runtime", tmp_path)
    assert "flightlog.runtime" in loaded
    assert not loaded & HEAVY
    program = "runtime_defines_a_workflow"
    spool_dir = tmp_path / "spool"
    monkeypatch.setenv("FLIGHTLOG_SPOOL_DIR", str(spool_dir))
    loaded = set(run_program(program, measured=False).split())
    assert "flightlog.runtime" in loaded
    assert not loaded & HEAVY
    assert not spool_dir.exists()
    loaded = set(run_program(program, "run", measured=False).split())
    assert "flightlog.runtime.run" in loaded
    assert not loaded & HEAVY
    assert spool_dir.exists()


@pytest.mark.parametrize(
    "module", ["anthropic", "openai", "groq", "voyage", "postgres", "router", "data", "prompts"]
)
def test_a_node_s_module_brings_no_library(tmp_path: Path, module: str) -> None:
    """A node imports its SDK when it runs, so that a missing one is the failure of a run."""
    loaded = _loaded(f"import flightlog.runtime.nodes.{module}", tmp_path)
    assert f"flightlog.runtime.nodes.{module}" in loaded
    own = {"anthropic", "openai", "groq", "voyageai", "psycopg", "apscheduler", "fastapi"}
    assert not loaded & own


def test_the_runtime_knows_nothing_of_the_history() -> None:
    """A workflow's process needs no store, logger or receiver."""
    place = Path(flightlog.__file__).parent / "runtime"
    files = list(place.rglob("*.py"))
    assert files
    for file in files:
        text = file.read_text(encoding="utf-8")
        for room in ("store", "logger", "receiver", "database", "codegen", "cli"):
            assert f"flightlog.{room}" not in text.replace(f"flightlog.{room} ", ""), file


def test_all_names_are_there_and_sorted() -> None:
    """`__all__` is complete and sorted."""
    assert runtime.__all__
    assert list(runtime.__all__) == sorted(runtime.__all__)
    assert all(hasattr(runtime, name) for name in runtime.__all__)
