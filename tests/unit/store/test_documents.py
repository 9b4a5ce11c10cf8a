from __future__ import annotations

from pathlib import Path

from flightlog.store.documents import find_documents
from flightlog.store.sqlite import SqliteStore


def test_a_history_in_a_file_has_no_shared_documents(tmp_path: Path) -> None:
    """Tokens and sessions are files beside it."""
    store = SqliteStore(tmp_path / "history.db")
    try:
        assert find_documents(store) is None
    finally:
        store.close()
