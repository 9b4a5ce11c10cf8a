from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Flightlog = Callable[..., Any]


def test_a_run_becomes_a_file(
    history: Path, tmp_path: Path, flightlog: Flightlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file has the id in its name; an existing file is replaced only by `--force`."""
    monkeypatch.chdir(tmp_path)
    ended = flightlog("share", "failed", "--db", history)
    assert ended.code == 0
    assert re.match(r"Wrote flightlog-failed-1\.html, [\d.]+ KB, with secrets removed\.", ended.err)
    page = (tmp_path / "flightlog-failed-1.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "card_declined" in page
    again = flightlog("share", "failed-1", "--db", history)
    assert again.code != 0
    assert "is there already" in again.err
    assert flightlog("share", "failed-1", "--force", "--db", history).code == 0


def test_rules_of_the_settings_redact_once_more(
    history: Path, tmp_path: Path, flightlog: Flightlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that the settings name now is removed from a run that was recorded before."""
    file = tmp_path / "run.html"
    assert flightlog("share", "good-1", "-o", file, "--db", history).code == 0
    assert "12345678901234567890123" in file.read_text(encoding="utf-8")
    monkeypatch.setenv("FLIGHTLOG_REDACT_KEYS", "orderId")
    assert flightlog("share", "good-1", "-o", file, "--force", "--db", history).code == 0
    assert "12345678901234567890123" not in file.read_text(encoding="utf-8")


def test_an_unknown_run_leaves_no_file(history: Path, tmp_path: Path, flightlog: Flightlog) -> None:
    """Nothing is written when there is no such run."""
    file = tmp_path / "run.html"
    ended = flightlog("share", "nothing", "-o", file, "--db", history)
    assert ended.code != 0
    assert "nothing" in ended.err
    assert not file.exists()
