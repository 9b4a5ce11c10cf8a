from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.receiver import sessions as module
from flightlog.receiver.session_files import SessionDirectory
from flightlog.receiver.sessions import InvalidCodeError, LocalSessions, Sessions
from flightlog.secret_key import SecretKey

KEY = SecretKey(b"the key of these tests")


def make(tmp_path: Path, key: SecretKey = KEY, port: int = 3000) -> Sessions:
    """Make the sessions of a receiver of a history."""
    return LocalSessions(key, port, SessionDirectory.beside(tmp_path / "history.db"))


def test_a_code_can_be_exchanged_once(tmp_path: Path) -> None:
    """The session of a code is valid, and the code is then worth nothing."""
    sessions = make(tmp_path)
    code = sessions.make_code()
    assert sessions.find(sessions.exchange(code))
    with pytest.raises(InvalidCodeError):
        sessions.exchange(code)
    with pytest.raises(InvalidCodeError):
        sessions.exchange("")


def test_a_code_ends_after_its_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An old code is refused."""
    monkeypatch.setattr(module, "CODE_S", -1.0)
    sessions = make(tmp_path)
    with pytest.raises(InvalidCodeError):
        sessions.exchange(sessions.make_code())


def test_codes_take_bounded_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The oldest code makes place for a new one."""
    monkeypatch.setattr(module, "_MAX_CODES", 2)
    sessions = make(tmp_path)
    first, second, third = (sessions.make_code() for _ in range(3))
    with pytest.raises(InvalidCodeError):
        sessions.exchange(first)
    assert sessions.exchange(second) != sessions.exchange(third)


def test_a_session_survives_a_restart_but_no_other_port_or_key(tmp_path: Path) -> None:
    """A receiver of the same key and port accepts the session."""
    session = make(tmp_path).begin()
    assert make(tmp_path).find(session)
    assert make(tmp_path, port=3001).find(session) is None
    assert make(tmp_path, SecretKey(b"another key of tests")).find(session) is None


def test_a_changed_or_old_session_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The end of a session is signed."""
    sessions = make(tmp_path)
    session = sessions.begin()
    prefix, expiry, nonce, signature = session.split("_")
    later = f"{prefix}_{int(expiry) + 1}_{nonce}_{signature}"
    for text in (
        later,
        session[:-1],
        "",
        "fls",
        "fls___",
        f"fls_é_{nonce}_{signature}",
        "x" + session,
    ):
        assert sessions.find(text) is None
    monkeypatch.setattr(module, "SESSION_S", -1.0)
    assert sessions.find(sessions.begin()) is None


def test_the_page_that_exchanged_a_code_can_repeat_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that was reloaded gets the same session; another page, and a late one, get none."""
    sessions = make(tmp_path)
    code = sessions.make_code()
    session = sessions.exchange(code, "the claim of the page")
    assert sessions.exchange(code, "the claim of the page") == session
    for claim in ("", "another claim", "é"):
        with pytest.raises(InvalidCodeError):
            sessions.exchange(code, claim)
    monkeypatch.setattr(module, "REPEAT_S", -1.0)
    late = sessions.make_code()
    sessions.exchange(late, "claim")
    with pytest.raises(InvalidCodeError):
        sessions.exchange(late, "claim")


def test_an_ended_session_is_refused(tmp_path: Path) -> None:
    """Another process can end it; other sessions go on."""
    sessions = make(tmp_path)
    first, second = sessions.begin(), sessions.begin()
    first_id, second_id = sessions.find(first), sessions.find(second)
    assert first_id is not None
    assert second_id is not None
    assert SessionDirectory.beside(tmp_path / "history.db").end(first_id)
    assert sessions.find(first) is None
    assert sessions.find(second) == second_id
    assert sessions.end(second_id)
    assert sessions.find(second) is None
    assert not sessions.end(second_id)


def test_where_nothing_can_be_written_a_session_ends_with_the_receiver(tmp_path: Path) -> None:
    """E.g. beside another user's history."""
    (tmp_path / "history.db-sessions").write_text("no directory")
    sessions = make(tmp_path)
    session = sessions.begin()
    found = sessions.find(session)
    assert found is not None
    assert make(tmp_path).find(session) is None
    assert sessions.end(found)
    assert sessions.find(session) is None


def test_sessions_are_listed_and_old_ones_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files have no secret, and only their owner can read them."""
    sessions, files = make(tmp_path), SessionDirectory.beside(tmp_path / "history.db")
    assert files.list() == ()
    monkeypatch.setattr(module, "SESSION_S", -1.0)
    sessions.begin()
    monkeypatch.undo()
    session = sessions.begin()
    (stored,) = files.list()
    assert stored.id == sessions.find(session)
    assert stored.port == 3000
    (path,) = Path(files.place).iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert Path(files.place).stat().st_mode & 0o777 == 0o700
    assert session.rpartition("_")[2] not in path.read_text()
    assert not files.end("../history")
