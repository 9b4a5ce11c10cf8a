"""docs/editor/editor.md is true."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flightlog.ipc.channels import CHANNELS
from flightlog.logger import ExecutionLogger, default_database
from support.records import record

PAGE = (Path(__file__).parents[2] / "docs" / "editor" / "editor.md").read_text(encoding="utf-8")


def test_its_program_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page's program runs unchanged, on a real history."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.defpath]))
    with ExecutionLogger(default_database()) as logger:
        logger.log_execution(record("run-1"))
    (program,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(program, names)
    assert names["child"].returncode == 0
    names["child"].stdout.close()
    printed = capsys.readouterr().out
    assert "http://127.0.0.1:" in printed
    assert "'id': 'run-1'" in printed


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)
def test_every_channel_is_described_with_its_arguments(channel: Any) -> None:
    """Every channel is described with its arguments in order."""
    (row,) = re.findall(rf"^\| `{channel.name}` \| (.*?) \|", PAGE, re.MULTILINE)
    arguments = [field.encode_name for field in msgspec.structs.fields(channel.arguments)]
    places = [row.index(name) for name in arguments]
    assert places == sorted(places)
