from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.import_files import START

from .conftest import line

Flightlog = Callable[..., Any]


def test_an_imported_export_is_the_same_history(
    history: Path, tmp_path: Path, flightlog: Flightlog
) -> None:
    """
    Export, import into a new history, and export again: the bytes are the same.

    The records contain lone surrogates.
    """
    odd = tmp_path / "odd.txt"
    odd.write_text(START + line("odd", trigger={"type": "x", "data": ["\ud800", 10**30, -0.0]}))
    assert flightlog("import", odd, "--db", history).code == 0
    first = flightlog("export", "--db", history).out
    (tmp_path / "out.ndjson").write_text(first)
    assert flightlog("import", tmp_path / "out.ndjson", "--db", tmp_path / "copy.db").code == 0
    assert flightlog("export", "--db", tmp_path / "copy.db").out == first
    assert len(first.splitlines()) == 5
    stats = [flightlog("stats", "--json", "--db", db).out for db in (history, tmp_path / "copy.db")]
    assert stats[0] == stats[1]


def test_an_export_can_be_narrowed(history: Path, flightlog: Flightlog) -> None:
    """The command takes the filters of `list`, and writes oldest first with payloads."""
    lines = flightlog("export", "--workflow", "orders", "--after", "-2h", "--db", history).out
    assert [json.loads(text)["id"] for text in lines.splitlines()] == ["failed-1", "running-1"]
    assert '"input":{"amount":4200}' in lines


def test_an_export_to_a_file_is_private_and_replaces_nothing_unasked(
    history: Path, tmp_path: Path, flightlog: Flightlog
) -> None:
    """Only the owner can read the file; --force replaces a file; no partial file stays."""
    out = tmp_path / "out.ndjson"
    ended = flightlog("export", out, "--status", "success", "--db", history)
    assert (ended.code, ended.out) == (0, "")
    assert "Exported 2 executions" in ended.err
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert flightlog("export", out, "--db", history).code == 2
    assert flightlog("export", out, "--force", "--db", history).code == 0
    assert len(out.read_text().splitlines()) == 4
    assert not list(tmp_path.glob("*.part"))


def test_an_export_to_a_pipe_goes_through_it_and_leaves_it_there(
    history: Path, tmp_path: Path, flightlog: Flightlog
) -> None:
    """Even with --force, a pipe or a device is written to and never replaced."""
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    ended = flightlog("export", pipe, "--force", "--db", history)
    reader.join()
    assert ended.code == 0
    assert got[0] == flightlog("export", "--db", history).out
    assert pipe.is_fifo()


def test_an_export_through_a_link_keeps_the_link(
    history: Path, tmp_path: Path, flightlog: Flightlog
) -> None:
    """The target of the link is replaced, not the link."""
    (tmp_path / "real.ndjson").write_text("old")
    link = tmp_path / "link.ndjson"
    link.symlink_to(tmp_path / "real.ndjson")
    assert flightlog("export", link, "--force", "--db", history).code == 0
    assert link.is_symlink()
    assert (tmp_path / "real.ndjson").read_text() == flightlog("export", "--db", history).out


def test_an_export_that_cannot_be_written_fails_in_one_line(
    history: Path, tmp_path: Path, flightlog: Flightlog
) -> None:
    """The message has the system's reason and no traceback."""
    ended = flightlog("export", tmp_path / "nowhere" / "out.ndjson", "--db", history)
    assert ended.code == 1
    assert ended.err.count("\n") == 1
    assert "No such file or directory." in ended.err


def test_an_editors_history_is_exported_whole(editors: Path, flightlog: Flightlog) -> None:
    """The export is the same before and after the migration."""
    before = flightlog("export", "--db", editors).out
    assert flightlog("migrate", "--db", editors).code == 0
    assert before == flightlog("export", "--db", editors).out
    assert len(before.splitlines()) == 3
