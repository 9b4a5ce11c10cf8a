from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.receiver.address import Address

DATABASE = Path("/data/runs.db")
ADDRESS = Address("192.0.2.7", 3000, ("Editor.Internal",), DATABASE)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:3000",
        "http://LOCALHOST:3000/",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
        "http://192.0.2.7:3000",
        "http://editor.internal:3000",
        "sqlite:/data/runs.db",
        "sqlite:///data/runs.db",
        "sqlite:/data/../data/runs.db",
    ],
)
def test_every_name_of_a_receiver_means_it(url: str) -> None:
    """
    A receiver knows its own URLs.

    They name loopback, its bound host, an allowed host, or its history's file.
    """
    assert ADDRESS.is_meant_by(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:3001",
        "http://localhost",
        "http://elsewhere:3000",
        "https://localhost:3000",
        "http://localhost:3000@elsewhere",
        "sqlite:runs.db",
        "sqlite:/data/runs.db.old",
        "sqlite:",
        "nonsense",
        "",
        "http://[",
        "http://localhost:x",
    ],
)
def test_other_urls_mean_somebody_else(url: str) -> None:
    """
    A receiver refuses URLs with another port, another host or a relative path.

    Invalid URLs are refused too.
    """
    assert not ADDRESS.is_meant_by(url)


def test_without_a_port_it_is_that_of_http() -> None:
    """A URL without a port means port 80."""
    assert Address("localhost", 80, (), DATABASE).is_meant_by("http://localhost/")


def test_a_link_to_the_history_is_the_history(tmp_path: Path) -> None:
    """A symbolic link to the history means the history."""
    (tmp_path / "runs.db").touch()
    (tmp_path / "link.db").symlink_to(tmp_path / "runs.db")
    assert Address("localhost", 80, (), tmp_path / "runs.db").is_meant_by(
        f"sqlite:{tmp_path}/link.db"
    )
