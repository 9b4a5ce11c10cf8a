"""All files of a history are found, and no others."""

from __future__ import annotations

from pathlib import Path

from flightlog.purge.places import find_places
from flightlog.receiver.rights import Right
from flightlog.receiver.tokens import TokenDirectory
from flightlog.store.sqlite.known_backups import note_backup
from support.purges import make_history


def test_files_of_the_history_are_found(tmp_path: Path) -> None:
    """Databases, spools, lines, tokens and what was set aside; not another history beside it."""
    history = make_history(tmp_path, "a value of these runs")
    note_backup(history, tmp_path / "gone.db")
    aside = history.with_name("history.db.before-restore-1")
    aside.write_bytes(history.read_bytes())
    stale = history.with_name("history.db-wal.stale-1")
    stale.write_bytes(b"stale")
    TokenDirectory.beside(history).create([Right.READ], name="a dashboard")
    other = tmp_path / "history2.db"
    other.write_bytes(history.read_bytes())
    history.with_name("history.db-link").symlink_to(other)
    places = find_places(tmp_path / "history.db", [tmp_path / "spool", tmp_path / "missing"])
    assert places.databases == (aside, tmp_path / "copies" / "copy.db")
    assert places.missing == (tmp_path / "gone.db",)
    assert places.others == (stale,)
    assert len(places.spools) == 1
    assert {path.suffix for path in places.lines} == {".ndjson", ".json"}
    files = places.list_files()
    assert history in files
    assert other not in files
    assert len(files) == len(set(files)) > 7
