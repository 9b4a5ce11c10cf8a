"""The backups of a history are remembered beside the history."""

from __future__ import annotations

from pathlib import Path

from flightlog.store.sqlite.known_backups import list_known_backups, note_backup


def test_backups_are_listed_once_in_their_order(tmp_path: Path) -> None:
    """The file is private to its owner; damaged lines are skipped."""
    history = tmp_path / "history.db"
    assert list_known_backups(history) == []
    for name in ("a.db", "b.db", "a.db"):
        assert note_backup(history, tmp_path / name)
    notes = tmp_path / "history.db.backups.ndjson"
    assert notes.stat().st_mode & 0o777 == 0o600
    notes.write_bytes(b"no JSON\n" + notes.read_bytes())
    assert list_known_backups(history) == [tmp_path / "a.db", tmp_path / "b.db"]


def test_a_note_that_cant_be_written_is_reported(tmp_path: Path) -> None:
    """The directory doesn't exist; a link is not followed."""
    assert not note_backup(tmp_path / "missing" / "history.db", tmp_path / "a.db")
    (tmp_path / "history.db.backups.ndjson").symlink_to(tmp_path / "elsewhere")
    assert not note_backup(tmp_path / "history.db", tmp_path / "a.db")
    assert list_known_backups(tmp_path / "history.db") == []
