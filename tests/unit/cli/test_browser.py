from __future__ import annotations

import stat
from pathlib import Path

import pytest

from flightlog.cli.browser import open_browser


@pytest.mark.parametrize(
    "environment", [{}, {"DISPLAY": ":0", "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}]
)
def test_a_terminal_without_a_display_starts_no_browser(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a server and over SSH no browser starts, also no browser for text terminals."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for name in ("w3m", "www-browser", "firefox", "xdg-open"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
        program.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert not open_browser("http://127.0.0.1:1")
    assert not (tmp_path / "started").exists()
