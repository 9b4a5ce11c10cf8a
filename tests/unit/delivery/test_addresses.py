"""The URLs of destinations."""

from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.delivery.addresses import (
    check_url,
    complete_url,
    is_loopback,
    is_loopback_url,
    read_socket_path,
    split_receiver_url,
)
from flightlog.errors import InvalidSettingError


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("localhost:3000", "http://localhost:3000"),
        ("[::1]:3000", "http://[::1]:3000"),
        ("host:80/path?a=b", "http://host:80/path?a=b"),
        ("https://host", "https://host"),
        ("sqlite:/data/runs.db", "sqlite:/data/runs.db"),
        ("host", "host"),
    ],
)
def test_host_and_port_are_completed(text: str, url: str) -> None:
    """A host with a port gets the scheme `http`; every other text stays as it is."""
    assert complete_url(text) == url


@pytest.mark.parametrize("url", ["http://localhost:3000", "https://a.example/x", "sqlite:/a/b.db"])
def test_usable_url_is_returned(url: str) -> None:
    """URLs of receivers and of database files are usable."""
    assert check_url(url) == url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "no URL"),
        ("localhost", "no URL"),
        ("sqlite:", "names no file"),
        ("sqlite:///", "names no file"),
        ("ftp://host", "nothing can be delivered"),
        ("http://", "no address of a receiver"),
        ("http://host:0", "no address of a receiver"),
        ("http://host:99999", "no address of a receiver"),
        ("http://a b", "no address of a receiver"),
        ("http://me:password@host", "no address of a receiver"),
    ],
)
def test_unusable_url_is_refused(url: str, reason: str) -> None:
    """The error says why and what to write; a password in the URL is not repeated."""
    with pytest.raises(InvalidSettingError, match=reason) as caught:
        check_url(url)
    assert "http://localhost:3000" in caught.value.hint
    assert "password" not in caught.value.message


def test_receiver_url_is_split() -> None:
    """The parts are host, port and path."""
    parts = split_receiver_url("https://host.example:8443/base")
    assert (parts.hostname, parts.port, parts.path) == ("host.example", 8443, "/base")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("app.localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", True),
        ("192.168.0.1", False),
        ("localhost.example", False),
        ("example.com", False),
    ],
)
def test_loopback_is_this_machine(host: str, expected: bool) -> None:
    """Loopback addresses, the unspecified address and `localhost` refer to this machine."""
    assert is_loopback(host) is expected
    written = f"[{host}]" if ":" in host else host
    assert is_loopback_url(f"http://{written}:3000") is expected


def test_invalid_url_is_no_loopback() -> None:
    """A URL that names no receiver refers to no machine."""
    assert not is_loopback_url("http://")
    assert not is_loopback_url("sqlite:/a.db")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("unix:/run/flightlog.sock", "/run/flightlog.sock"),
        ("unix:///run/flightlog.sock", "/run/flightlog.sock"),
        ("unix:relative.sock", None),
        ("unix:/a\0b", None),
        ("unix:", None),
        ("http://localhost", None),
    ],
)
def test_the_path_of_a_socket_is_read(url: str, path: str | None) -> None:
    """Only an absolute path is one."""
    assert read_socket_path(url) == (None if path is None else Path(path))
    assert is_loopback_url(url) == (path is not None or url.startswith("http"))
    if path is None and url.startswith("unix:"):
        with pytest.raises(InvalidSettingError, match="socket"):
            check_url(url)
