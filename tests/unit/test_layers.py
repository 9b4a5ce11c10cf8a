"""The layers of the package: a lower layer never imports a higher layer."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

import flightlog

PACKAGE = Path(flightlog.__file__).parent
LAYERS = [
    {"errors", "fork_lock", "version"},
    {"child_process", "clock", "extras", "secret_key", "signal_handlers", "text", "typescript"},
    {"record"},
    {"redaction", "payload", "models"},
    {"query"},
    {"spool"},
    {"delivery"},
    {"capture", "store"},
    {"runtime", "history_paths"},
    {"codegen"},
    {"logger"},
    {"purge", "share", "copying"},
    {"sqlite_destination"},
    {"receiver", "editor_output"},
    {"ipc"},
    {"demo"},
    {"cli"},
]
RANKS = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def room(file: Path) -> str:
    """Return the top module or folder of a file."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(file: Path) -> set[str]:
    """List the top modules and folders of this package that a file imports."""
    modules = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "flightlog":
            modules += [f"flightlog.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.append(node.module)
        elif isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
    return {name.split(".")[1] for name in modules if name.startswith("flightlog.")}


def test_a_module_imports_only_from_its_own_room_and_lower_ones() -> None:
    """Every module has a layer and imports only its own and lower layers."""
    files = [
        file
        for file in sorted(PACKAGE.rglob("*.py"))
        if file.parent != PACKAGE or "__" not in file.name
    ]
    assert len(files) > 100
    above = [
        (str(file.relative_to(PACKAGE)), name)
        for file in files
        for name in sorted(imported_rooms(file) - {room(file)})
        if name in RANKS and RANKS[name] >= RANKS[room(file)]
    ]
    assert above == []


def test_every_room_has_its_place() -> None:
    """Each module and folder must be in the list of layers."""
    rooms = {
        room(path)
        for path in (*PACKAGE.glob("*.py"), *(item.parent for item in PACKAGE.glob("*/*.py")))
        if "__" not in path.name
    }
    assert rooms <= RANKS.keys()


def imported_modules(file: Path, known: Collection[str]) -> set[str]:
    """List the modules of this package that a file imports anywhere, also for types alone."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                member = f"{node.module}.{alias.name}"
                found.add(member if member in known else node.module)
    return found & set(known)


def find_circles(imports: Mapping[str, Collection[str]]) -> list[list[str]]:
    """Find the groups of modules that import each other, at any distance."""
    reached: dict[str, set[str]] = {}
    for start in imports:
        found: set[str] = set()
        waiting = [start]
        while waiting:
            further = set(imports[waiting.pop()]) - found
            found |= further
            waiting += further
        reached[start] = found
    circles = {
        tuple(sorted(other for other in reached[name] if name in reached[other]))
        for name in imports
        if name in reached[name]
    }
    return [list(circle) for circle in sorted(circles)]


def test_circles_are_found() -> None:
    """Modules that import each other at any distance are a circle; others are not."""
    imports = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set[str](), "e": {"f"}, "f": {"e"}}
    assert find_circles(imports) == [["a", "b", "c"], ["e", "f"]]


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports within functions and for types count, too; redaction is rebuilt later."""
    files = {module_name(file): file for file in PACKAGE.rglob("*.py")}
    imports = {name: imported_modules(file, files) - {name} for name, file in files.items()}
    assert sum(map(len, imports.values())) > len(files)
    assert list(find_circles(imports)) == []


def module_name(file: Path) -> str:
    """Return the dotted name of a file's module."""
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_capture_is_light() -> None:
    """The import loads no server, database, HTTP client or OpenSSL, and nothing above the spool."""
    script = "import sys, flightlog.capture; print(*sys.modules)"
    # Run without coverage, because the measurement of child processes uses a database.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")
    }
    ended = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    loaded = set(ended.stdout.split())
    heavy = {
        "uvicorn",
        "litestar",
        "apsw",
        "sqlite3",
        "httpx",
        "http",
        "cyclopts",
        "rich",
        "random",
        "hashlib",
        "hmac",
    }
    assert not loaded & heavy
    at_first_use = {
        "flightlog.capture.asgi",
        "flightlog.delivery.http",
        "flightlog.record.decoding",
        "flightlog.redaction.judge",
    }
    assert not loaded & at_first_use
    rooms = {name.split(".")[1] for name in loaded if name.startswith("flightlog.")}
    assert rooms <= RANKS.keys()
    assert max(RANKS[name] for name in rooms) == RANKS["capture"]
    assert "store" not in rooms


def test_no_module_has_more_than_500_lines() -> None:
    """A module is read in one sitting."""
    lengths = {path: len(path.read_text().splitlines()) for path in PACKAGE.rglob("*.py")}
    assert len(lengths) > 100
    assert [path for path, length in lengths.items() if length > 500] == []
