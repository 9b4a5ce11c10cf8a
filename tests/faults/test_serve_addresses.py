"""`flightlog serve` prints where it listens and which machines can connect."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest


@pytest.mark.parametrize(
    ("host", "bound", "local"),
    [
        ("0.0.0.0", "http://0.0.0.0:", "http://127.0.0.1:"),
        ("0", "http://0.0.0.0:", "http://127.0.0.1:"),
        ("127.0.0.1", "http://127.0.0.1:", None),
        ("localhost", "http://localhost:", None),
    ],
)
def test_serve_says_where_it_listens(
    host: str, bound: str, local: str | None, tmp_path: Path
) -> None:
    """On all interfaces `serve` prints a local URL and who needs a token, on loopback neither."""
    command = [sys.executable, "-m", "flightlog.cli", "serve", "--port=0", f"--host={host}"]
    if local is not None:
        command.append("--behind-proxy")
    with subprocess.Popen(
        [*command, f"--db={tmp_path / 'h.db'}"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("History"):
            lines.append(process.stdout.readline())
        url = next(line for line in lines if line.startswith("Workflows")).split()[1]
        assert httpx.get(f"{url}/health", timeout=60).status_code == 200
        evil = httpx.get(f"{url}/health", headers={"host": "evil.example"}, timeout=60)
        assert evil.status_code == 403
        process.terminate()
        rest = process.stdout.read()
    assert lines[0].startswith(f"Flightlog listens on {bound}")
    assert ("(all interfaces)" in lines[0]) == (local is not None)
    assert url.startswith(local or bound)
    assert str(tmp_path / "h.db") in lines[-1]
    assert ("need a token" in rest) == (local is not None)


def test_serve_on_all_interfaces_needs_encryption(tmp_path: Path) -> None:
    """The error names the ways to encrypt, and nothing was served."""
    command = [sys.executable, "-m", "flightlog.cli", "serve", "--port=0", "--host=0.0.0.0"]
    ended = subprocess.run(
        [*command, f"--db={tmp_path / 'h.db'}"], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "--tls-certificate" in ended.stderr
    assert "--behind-proxy" in ended.stderr


@pytest.mark.parametrize("output", ["/dev/full", "closed pipe"])
def test_serve_records_although_nothing_can_be_printed(output: str, tmp_path: Path) -> None:
    """Full or closed standard output costs the addresses, which standard error has, not records."""
    command = [sys.executable, "-m", "flightlog.cli", "serve", "--port=0"]
    if output == "/dev/full":
        target = os.open(output, os.O_WRONLY)
    else:
        end, target = os.pipe()
        os.close(end)
    with subprocess.Popen(
        [*command, f"--db={tmp_path / 'h.db'}"], stdout=target, stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(target)
        assert process.stderr is not None
        found = re.search(r"listens on (\S+)", process.stderr.readline())
        assert found is not None
        assert httpx.get(f"{found[1]}/health", timeout=60).status_code == 200
        upgrade = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-key": "x"}
        assert httpx.get(f"{found[1]}/health", headers=upgrade, timeout=60).status_code == 200
        process.terminate()
        assert process.stderr.read() == ""
    assert process.returncode == 0
