from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flightlog.cli.editor import read_plain_options
from flightlog.store.address import parse_address

HEAVY = ("litestar", "uvicorn", "cyclopts", "rich", "pydantic", "jinja2", "fastapi", "httpx")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], {}),
        (["--port", "0"], {"port": 0}),
        (["--port=3000", "--project", "a b"], {"port": 3000, "project": Path("a b")}),
        (
            ["--db", "x.db", "--config=c.toml"],
            {"db": parse_address("x.db"), "config": Path("c.toml")},
        ),
        (["--help"], None),
        (["--port", "-1"], None),
        (["--port", "²"], None),
        (["--port"], None),
        (["--port", "1", "--port", "2"], None),
        (["--project", "--port"], None),
        (["project"], None),
        (["--", "--port", "1"], None),
        (["--host", "0.0.0.0"], None),
    ],
)
def test_the_plain_options_of_an_editor_are_read(
    arguments: list[str], expected: dict[str, Any] | None
) -> None:
    """Only the options of `ipc` are read, each once and with a value."""
    assert read_plain_options(arguments) == expected


def test_the_first_answer_needs_no_heavy_library(tmp_path: Path) -> None:
    """An editor waits for the first answer, and keeps the process as long as it is open."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": []}).encode()
    command = ["-m", "flightlog.cli", "ipc", "--port", "0", "--project", str(tmp_path)]
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", *command],
        input=b"Content-Length: %d\r\n\r\n%b" % (len(body), body),
        capture_output=True,
        check=True,
    )
    assert b'"receiver":{"url":"http://127.0.0.1:' in ended.stdout
    imported = {line.rpartition(b"|")[2].strip().decode() for line in ended.stderr.splitlines()}
    assert {name.partition(".")[0] for name in imported} & {*HEAVY} == set()
    assert "flightlog.ipc.session" in imported
