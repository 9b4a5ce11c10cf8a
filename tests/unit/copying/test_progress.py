from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.copying.progress import Place, ProgressFile

PLACE = Place(cursor="cursor", executions=7)


def test_a_place_is_kept_until_the_copy_is_complete(tmp_path: Path) -> None:
    """The file has the last place; a removed file means to begin anew."""
    file = ProgressFile(tmp_path / "copies" / "a.json")
    assert file.read() is None
    file.write(Place(cursor="other", executions=1))
    file.write(PLACE)
    assert file.read() == PLACE
    assert [path.name for path in (tmp_path / "copies").iterdir()] == ["a.json"]
    file.remove()
    file.remove()
    assert file.read() is None


def test_a_damaged_file_and_a_directory_that_cannot_be_written_mean_no_place(
    tmp_path: Path,
) -> None:
    """A copy begins anew instead of failing."""
    (tmp_path / "a.json").write_text("{")
    assert ProgressFile(tmp_path / "a.json").read() is None
    (tmp_path / "file").touch()
    file = ProgressFile(tmp_path / "file" / "a.json")
    file.write(PLACE)
    assert file.read() is None


def test_each_pair_of_histories_has_its_own_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way back is another copy, and the file is in the user's data directory."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    files = [ProgressFile.for_copy(*pair) for pair in (("a", "b"), ("b", "a"), ("a", "c"))]
    for file in files:
        file.write(PLACE)
    assert len(list((tmp_path / "flightlog" / "copies").iterdir())) == 3
    assert ProgressFile.for_copy("a", "b").read() == PLACE
