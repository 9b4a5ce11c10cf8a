"""The paths of histories, and projects whose history can't be made."""

from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.errors import StoreUnavailableError
from flightlog.history_paths import check_project, default_database, project_database


def test_histories_are_in_the_users_data_and_in_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user's history and a project's never have one path."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_database() == tmp_path / "flightlog" / "executions.db"
    assert project_database(tmp_path) == tmp_path / ".lowcode" / "executions.db"


def test_a_project_must_be_a_directory(tmp_path: Path) -> None:
    """A mistyped directory and a file are refused, and nothing is made."""
    check_project(tmp_path)
    file = tmp_path / "file"
    file.touch()
    for project in (tmp_path / "typo", file):
        with pytest.raises(StoreUnavailableError, match="directory does not exist"):
            check_project(project)
    assert list(tmp_path.iterdir()) == [file]
