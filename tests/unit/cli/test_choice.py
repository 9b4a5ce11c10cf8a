"""The history that settings choose."""

from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.cli.choice import choose_address, choose_project
from flightlog.cli.settings import Source
from flightlog.errors import InvalidSettingError
from flightlog.logger import default_database, project_database


def test_strongest_source_chooses(tmp_path: Path) -> None:
    """A database of a stronger source wins over a project of a weaker source, and vice versa."""
    database: Source = ("the command line", {"db": tmp_path / "a.db"})
    project: Source = ("the environment", {"project": tmp_path})
    assert choose_address([database, project]).path == tmp_path / "a.db"
    assert choose_project([database, project]) is None
    assert choose_address([project, database]).path == project_database(tmp_path)
    assert choose_project([project, database]) == tmp_path


def test_user_s_own_database_is_the_default() -> None:
    """No source chooses a history, so that of the user is chosen, without a project."""
    assert choose_address([]).path == default_database()
    assert choose_project([]) is None


def test_database_and_project_of_one_source_are_refused(tmp_path: Path) -> None:
    """The error names the source."""
    both: Source = ("the environment", {"db": tmp_path / "a.db", "project": tmp_path})
    with pytest.raises(InvalidSettingError, match="both chosen by the environment"):
        choose_address([both])
