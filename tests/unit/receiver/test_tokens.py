from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from flightlog.clock import utc_now
from flightlog.errors import InvalidSettingError
from flightlog.receiver.rights import Right
from flightlog.receiver.tokens import TokenDirectory
from flightlog.secret_key import hash_token


@pytest.fixture
def tokens(tmp_path: Path) -> TokenDirectory:
    """Make the directory of the tokens of a history."""
    return TokenDirectory.beside(tmp_path / "history.db")


def test_a_token_is_found_and_only_its_digest_is_stored(tokens: TokenDirectory) -> None:
    """The text of a token is in no file, and its owner alone can read the files."""
    token, made = tokens.create([Right.READ], name="laptop")
    assert tokens.find(token) == made
    assert tokens.list() == (made,)
    assert made.digest == hash_token(token).hex()
    files = list(Path(tokens.place).iterdir())
    assert len(files) == 1
    assert token.rpartition("_")[2] not in files[0].read_text()
    assert files[0].stat().st_mode & 0o777 == 0o600
    assert Path(tokens.place).stat().st_mode & 0o777 == 0o700


def test_other_tokens_are_not_found(tokens: TokenDirectory) -> None:
    """A wrong secret, another id, a path and no token at all give nothing."""
    token, made = tokens.create([Right.READ])
    other, _ = tokens.create([Right.ADMIN])
    mixed = f"flt_{made.id}_{other.rpartition('_')[2]}"
    for text in (mixed, token[:-1], token + "0", token.upper(), "flt_../../x_0", "", "flt__"):
        assert tokens.find(text) is None


def test_a_revoked_token_is_not_found(tokens: TokenDirectory) -> None:
    """A token can be revoked once."""
    token, made = tokens.create([Right.INGEST])
    assert tokens.revoke(made.id)
    assert tokens.find(token) is None
    assert tokens.list() == ()
    assert not tokens.revoke(made.id)
    assert not tokens.revoke("../installation")


def test_a_token_whose_time_is_over_is_not_found(tokens: TokenDirectory) -> None:
    """The list still shows the token."""
    token, made = tokens.create([Right.READ], expires_at=utc_now() - timedelta(seconds=1))
    assert tokens.find(token) is None
    assert tokens.list() == (made,)
    later, stored = tokens.create([Right.READ], expires_at=utc_now() + timedelta(days=1))
    assert tokens.find(later) == stored


def test_a_file_that_others_could_write_gives_no_right(tokens: TokenDirectory) -> None:
    """A file with wider permissions, a link and a damaged file are ignored."""
    token, made = tokens.create([Right.ADMIN])
    file = Path(tokens.place) / f"{made.id}.json"
    file.chmod(0o666)
    assert tokens.find(token) is None
    file.chmod(0o600)
    assert tokens.find(token) == made
    moved = file.rename(file.parent.parent / "elsewhere.json")
    file.symlink_to(moved)
    assert tokens.find(token) is None
    file.unlink()
    file.write_text("{")
    file.chmod(0o600)
    assert tokens.find(token) is None
    assert tokens.list() == ()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """The error names the directory."""
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidSettingError, match=r"history\.db-tokens"):
        TokenDirectory.beside(tmp_path / "file" / "history.db").create([Right.READ])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_another_users_file_gives_no_right(tokens: TokenDirectory) -> None:
    """A file of another user is ignored, whatever its permissions."""
    token, made = tokens.create([Right.ADMIN])
    os.chown(Path(tokens.place) / f"{made.id}.json", 65_534, 65_534)
    assert tokens.find(token) is None
