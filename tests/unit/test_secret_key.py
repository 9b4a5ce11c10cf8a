"""The installation's secret key."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from flightlog.errors import InvalidSettingError
from flightlog.secret_key import KEY_VARIABLE, SecretKey, find_key_file, load_secret_key


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Choose the place of the key file."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return find_key_file()


def test_digests_differ_by_purpose_and_by_key() -> None:
    """A digest for one purpose is invalid for every other purpose and every other key."""
    body = b"body"
    digests = {
        digest
        for key in (SecretKey(b"a" * 32), SecretKey(b"b" * 32))
        for digest in (
            key.make_proof("body"),
            key.make_signature(body),
            key.make_receipt(200, body),
            key.make_receipt(503, body),
            key.redaction_key.hex(),
        )
    }
    assert len(digests) == 10
    assert SecretKey(b"a" * 32).make_signature(bytearray(body)) in digests


def test_key_of_the_environment_is_used(key_file: Path) -> None:
    """The variable needs no file, and a text that is too short is refused."""
    key = load_secret_key({KEY_VARIABLE: " the-key-of-this-test "})
    assert key._key == b"the-key-of-this-test"
    assert not key_file.exists()
    with pytest.raises(InvalidSettingError, match="fewer than 16"):
        load_secret_key({KEY_VARIABLE: "short"})


def test_key_file_is_made_once_for_its_owner_alone(key_file: Path) -> None:
    """Threads that begin at the same time read the same key."""
    keys: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: keys.append(load_secret_key({})._key)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert set(keys) == {bytes.fromhex(key_file.read_text(encoding="ascii").strip())}
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert [path.name for path in key_file.parent.iterdir()] == [key_file.name]


def test_place_that_cannot_be_written_is_named(key_file: Path) -> None:
    """The error names the file, and the variable that needs none."""
    key_file.parent.parent.mkdir(exist_ok=True)
    key_file.parent.write_text("a file")
    with pytest.raises(InvalidSettingError, match="can't be read or made") as caught:
        load_secret_key({})
    assert KEY_VARIABLE in caught.value.hint
