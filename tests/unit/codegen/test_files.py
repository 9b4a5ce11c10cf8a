"""Files of a project are written, and marked as generated."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from flightlog.codegen import Generated, generate, manifest_from, write_files
from flightlog.codegen.files import is_ours, mark_generated
from flightlog.codegen.literals import Code
from flightlog.errors import (
    FileNotOursError,
    GenerationFailedError,
)
from support.manifests import Json, manifest, node, workflow

LOG = node("log", "Log", message="hello")


TWO = manifest({"one": workflow({"log": LOG}), "two": workflow({"log": LOG})})


def made(value: Json, *arguments: Any, **options: Any) -> Generated:
    """Generate the files of a manifest."""
    return generate(manifest_from(value), *arguments, **options)


def test_files_are_replaced_all_or_none(tmp_path: Path) -> None:
    """A changed or foreign file, a link and a directory block the write; CRLF line ends don't."""
    files = made(TWO).files
    first = write_files(files, tmp_path)
    assert len(first.written) == 4
    assert not list(tmp_path.glob(".*"))
    crlf = (tmp_path / "one.py").read_text().replace("\n", "\r\n")
    (tmp_path / "one.py").write_bytes(crlf.encode())
    again = write_files(files, tmp_path)
    assert [path.name for path in again.written] == ["one.py"]
    assert len(again.unchanged) == 3
    (tmp_path / "one.py").write_text(files["one.py"] + "# mine\n")
    (tmp_path / "two.py").unlink()
    (tmp_path / "two.py").mkdir()
    (tmp_path / "app.py").unlink()
    (tmp_path / "app.py").symlink_to(tmp_path / "gone.py")
    (tmp_path / "requirements.txt").write_bytes(b"\xff\xfe")
    before = {path: os.lstat(path).st_mtime_ns for path in tmp_path.iterdir()}
    with pytest.raises(FileNotOursError) as caught:
        write_files(files, tmp_path)
    assert len(caught.value.paths) == 4
    assert {path: os.lstat(path).st_mtime_ns for path in tmp_path.iterdir()} == before


def test_modules_of_workflows_that_are_gone_are_named_and_stay(tmp_path: Path) -> None:
    """Modules of the manifest's other workflows don't count as stale."""
    write_files(made(TWO).files, tmp_path)
    (tmp_path / "mine.py").write_text("x = 1\n")
    first = made(manifest({"one": workflow({"log": LOG})}))
    written = write_files(first.files, tmp_path, known=first.modules.values())
    assert [path.name for path in written.stale] == ["two.py"]
    assert (tmp_path / "two.py").exists()
    kept = made(TWO, "one")
    assert not write_files(kept.files, tmp_path, known=kept.modules.values()).stale


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The message names the path."""
    (tmp_path / "file").write_text("")
    with pytest.raises(GenerationFailedError, match="can't be written"):
        write_files(made(TWO).files, tmp_path / "file")


def test_a_mark_is_right_only_for_what_it_was_made_of() -> None:
    """Any change below the mark makes the mark wrong."""
    text = mark_generated(Code("x"), "a = 1\n")
    assert is_ours(text)
    assert not is_ours(text + "\n")
    assert not is_ours(text.replace("a = 1", "a = 2"))
    assert not is_ours("a = 1\n")
