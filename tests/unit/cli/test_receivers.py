"""Commands beside a running receiver: a second `serve`, `open`, and `flightlog` alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from flightlog.capture import Recorder
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from support.access import NOBODY
from support.terminals import Terminal
from support.waiting import until

Flightlog = Callable[..., Any]


@pytest.fixture
def opened_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a browser that writes the URL that it is given into a file."""
    page = tmp_path / "opened"
    script = f"import sys; open({str(page)!r}, 'w').write(sys.argv[1])"
    monkeypatch.setenv("BROWSER", f'{sys.executable} -c "{script}" %s')
    return page


@pytest.fixture
def running(history: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run a receiver on the history; its port is the setting of all commands."""
    with (
        ExecutionLogger(history) as logger,
        Receiver(logger, ReceiverSettings(port=0)).running() as receiver,
    ):
        monkeypatch.setenv("FLIGHTLOG_PORT", str(receiver.port))
        monkeypatch.setenv("FLIGHTLOG_DB", str(history))
        yield receiver.url


def lets_in(link: str, page: str) -> bool:
    """Check that a link leads to a page, and that its code gives a session that can read."""
    address, _, code = link.partition("#code=")
    receiver = page.partition("/executions/")[0]
    answer = httpx.post(f"{receiver}/api/sessions", json={"code": code}, headers=NOBODY)
    access = {"authorization": f"Bearer {answer.json()['session']}"}
    reads = httpx.get(f"{receiver}/api/stats", headers=access).status_code == 200
    return reads and address.rstrip("/") == page


def test_commands_find_the_receiver_that_runs(
    running: str, opened_page: Path, flightlog: Flightlog
) -> None:
    """A second `serve` names its URL, `open` opens it, and `flightlog` alone mentions it."""
    again = flightlog("serve")
    assert (again.code, again.out) == (1, "")
    assert again.err.startswith(f"flightlog: Flightlog is already running at {running}")
    for arguments, page in (
        (("serve", "--open"), running),
        (("open",), running),
        (("open", "latest"), f"{running}/executions/sync-1"),
        (("open", "fail"), f"{running}/executions/failed-1"),
    ):
        opened_page.unlink(missing_ok=True)
        ended = flightlog(*arguments)
        assert (ended.code, page in ended.out) == (0, True)
        until(lambda: opened_page.exists() and opened_page.read_text(), "the browser has started")
        assert lets_in(opened_page.read_text(), page)
    alone = flightlog()
    assert alone.out.splitlines()[0] == f"Flightlog runs at {running}"
    assert "flightlog open" in alone.out


def test_open_reports_a_receiver_of_another_history(
    running: str, opened_page: Path, tmp_path: Path, flightlog: Flightlog
) -> None:
    """Without a terminal, `open` does not show the wrong history."""
    with ExecutionLogger(tmp_path / "other.db") as logger:
        logger.log_execution(
            {"id": "elsewhere", "workflowId": "w", "workflowName": "W", "status": "success"}
            | {"startedAt": "2026-11-22"}
        )
    ended = flightlog("open", "elsewhere", "--db", tmp_path / "other.db")
    assert (ended.code, ended.out) == (1, "")
    assert f"The receiver at {running} serves another history" in ended.err
    assert not opened_page.exists()


def test_flightlog_alone_says_what_to_do_next(
    tmp_path: Path, history: Path, flightlog: Flightlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The advice fits the state: nothing recorded, records that wait, and a history."""
    monkeypatch.setenv("FLIGHTLOG_PORT", "1")
    monkeypatch.setenv("FLIGHTLOG_SPOOL_DIR", str(tmp_path / "spool"))
    nothing = flightlog()
    assert nothing.out.startswith("No execution is recorded yet.")
    assert "flightlog demo" in nothing.out
    recorder = Recorder("w", url="http://127.0.0.1:1", drain_timeout_s=0)
    with recorder.execution():
        pass
    assert "of records wait" in flightlog().out
    assert "flightlog serve --open" in flightlog().out
    recorder.close(0)
    monkeypatch.setenv("FLIGHTLOG_DB", str(history))
    known = flightlog().out
    assert known.startswith("4 executions; the latest: ● Sync, success, just now")
    assert "flightlog show failed-1" in known
    assert "flightlog serve --open" in known


def test_open_serves_the_history_on_a_terminal_where_no_receiver_runs(
    history: Path, opened_page: Path
) -> None:
    """The page is opened in the browser, and Ctrl-C ends the receiver."""
    command = [sys.executable, "-m", "flightlog", "open", "good", "--db", str(history)]
    with Terminal([*command, "--port", "0"], os.environ) as terminal:
        page = terminal.read_until(r"Viewer +(http://127.0.0.1:\d+/executions/good-1)$")[1]
        terminal.read_until(f"History +{history}".replace("/", "/\\s*"))
        until(lambda: opened_page.exists() and opened_page.read_text(), "the browser has started")
        assert lets_in(opened_page.read_text(), page)
        assert httpx.get(page.replace("/executions/", "/api/executions/"), timeout=30).is_success
        assert terminal.interrupt() == 0


def test_a_printed_link_lets_a_page_in_where_no_browser_is(
    running: str, flightlog: Flightlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each `open` prints a new link; a link is worth nothing after its use."""
    monkeypatch.setenv("SSH_CONNECTION", "elsewhere")
    monkeypatch.delenv("BROWSER", raising=False)
    first, second = (flightlog("open").out.strip() for _ in range(2))
    assert first != second
    assert lets_in(first, running)
    assert lets_in(second, running)
    code = {"code": first.partition("#code=")[2]}
    assert httpx.post(f"{running}/api/sessions", json=code, headers=NOBODY).status_code == 403
