from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.errors import InvalidSettingError
from flightlog.store.address import parse_address

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("runs.db", "runs.db"),
        ("/data/runs.db", "/data/runs.db"),
        ("~/runs.db", str(Path("~/runs.db").expanduser())),
        ("sqlite:runs.db", "runs.db"),
        ("SQLite:/data/runs.db", "/data/runs.db"),
        ("sqlite:///data/runs.db", "/data/runs.db"),
        ("2026-11-22T12:00.db", "2026-11-22T12:00.db"),
        ("a:b", "a:b"),
        ("C:runs.db", "C:runs.db"),
    ],
)
def test_paths_and_sqlite_urls_name_files(text: str, path: str) -> None:
    """A path may have colons; a URL of the scheme `sqlite` names a file."""
    address = parse_address(text)
    assert (address.is_file, str(address), address.path) == (True, path, Path(path))
    assert parse_address(address) is address
    assert address == parse_address(Path(path).expanduser())


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://db.example/runs", "postgresql://db.example/runs"),
        ("postgres://db.example:5433/runs", "postgresql://db.example:5433/runs"),
        (f"postgresql://alice:{SECRET}@db/runs", "postgresql://alice@db/runs"),
        (f"postgresql://alice:{SECRET}@a:1,b:2/runs", "postgresql://alice@a:1,b:2/runs"),
        (f"postgresql://:{SECRET}@[::1]:5432/runs", "postgresql://[::1]:5432/runs"),
        (
            f"postgresql:///runs?password={SECRET}&host=/run/pg",
            "postgresql:///runs?host=%2Frun%2Fpg",
        ),
        (f"postgresql://db/runs?sslpassword={SECRET}", "postgresql://db/runs"),
        (f"postgresql://db?service=prod&options=-c%20x={SECRET}", "postgresql://db/?service=prod"),
    ],
)
def test_the_address_of_a_server_is_shown_without_its_password(url: str, shown: str) -> None:
    """Neither the text nor the representation has the password; only the driver's URL has it."""
    address = parse_address(url)
    assert (str(address), address.is_file) == (shown, False)
    assert address.url == url.replace("postgres://", "postgresql://")
    assert SECRET not in f"{address} {address!r} {address.path} {[address]}"
    assert address.has_password == ("password" in url or f":{SECRET}@" in url)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://alice:{SECRET}/runs",
        f"postgresql://alice:{SECRET}@x@db/runs",
        f"postgresql://alice:a/{SECRET}@db/runs",
        f"postgresql://alice:a?{SECRET}@db/runs",
        f"postgresql:alice:{SECRET}@db/runs",
        f"postgresql://db/runs#{SECRET}",
        f"mysql://alice:{SECRET}@db/runs",
        f"clickhouse://alice:{SECRET}/runs",
        "sqlite:",
        "sqlite:///",
    ],
)
def test_a_url_that_cannot_be_read_is_refused_without_repeating_it(url: str) -> None:
    """The error names the setting and an example, but no part that may be a password."""
    with pytest.raises(InvalidSettingError) as caught:
        parse_address(url, "FLIGHTLOG_DB")
    text = f"{caught.value} {caught.value.hint}"
    assert "FLIGHTLOG_DB" in text
    assert SECRET not in text


def test_an_unsupported_scheme_lists_the_supported_schemes() -> None:
    """The error of another database's URL names what can be used."""
    with pytest.raises(InvalidSettingError, match="mysql") as caught:
        parse_address("mysql://db/runs")
    assert "sqlite:FILE" in str(caught.value.hint)
    assert "postgresql://HOST/DATABASE" in str(caught.value.hint)


def test_files_beside_a_server_depend_on_the_database_and_not_on_the_user() -> None:
    """Another user or password means the same tokens; another host or database means others."""
    first, same, other = (
        parse_address(f"postgresql://{rest}").path
        for rest in ("a:x@db/runs", "b:y@db/runs?sslmode=require", "a:x@db/other")
    )
    assert first == same
    assert first.parent != other.parent
    service = parse_address("postgresql://?service=a").path
    assert service != parse_address("postgresql://?service=b").path


def test_a_relative_file_is_resolved_in_a_folder(tmp_path: Path) -> None:
    """A file of a configuration file begins at its folder; a server's address stays."""
    assert parse_address("sqlite:a.db").resolve_in(tmp_path).path == tmp_path / "a.db"
    server = parse_address("postgresql://db/runs")
    assert server.resolve_in(tmp_path) is server


def test_the_directory_of_a_server_is_made_for_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory is private, and a path that can't be made is an error with a hint."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    address = parse_address("postgresql://db/runs")
    address.make_directory()
    address.make_directory()
    assert address.path.parent.stat().st_mode & 0o777 == 0o700
    address.path.parent.rmdir()
    address.path.parent.touch()
    with pytest.raises(InvalidSettingError, match="can't be made"):
        address.make_directory()
