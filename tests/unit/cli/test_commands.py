from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.overview import COMMANDS
from flightlog.logger import ExecutionLogger

from .conftest import execution

Flightlog = Callable[..., Any]


@pytest.mark.parametrize(
    "arguments",
    [
        ("lst",),
        ("list", "--foo"),
        ("list", "--status", "done"),
        ("list", "--limit", "many"),
        ("list", "--limit", "0"),
        ("list", "--cursor", "x"),
        ("list", "--after", "tomorrow"),
        ("list", "started:soon"),
        ("list", "orders", "--workflow", "sync"),
        ("list", "--failed", "--status", "running"),
        ("show", "--node", "Nowhere"),
        ("import",),
        ("import", "--foo"),
        ("export", "--foo"),
        ("list", "--db", "a", "--project", "b"),
        ("list", "--config", "none.toml"),
        ("serve", "--port", "70000"),
    ],
)
def test_wrong_usage_is_reported_in_few_lines(
    arguments: tuple[str, ...], history: Path, flightlog: Flightlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code is 2; standard error has the fault and the action, standard output is empty."""
    monkeypatch.setenv("FLIGHTLOG_DB", str(history))
    ended = flightlog(*arguments)
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert ended.err.startswith("flightlog: ")
    # A fault in a query has its place in a line of its own.
    assert 1 <= ended.err.count("\n") <= 4


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        (("lst",), "list"),
        (("ls",), "list"),
        (("rm", "a"), "delete"),
        (("logs",), "tail"),
        (("ui",), "open"),
        (("status",), "doctor"),
        (("list", "--limt", "3"), "--limit"),
        (("show", "--erors"), "--errors"),
        (("serve", "--opne"), "--open"),
    ],
)
def test_an_unknown_word_suggests_the_right_one(
    typed: tuple[str, ...], suggested: str, flightlog: Flightlog
) -> None:
    """Mistyped commands, words of other programs, and mistyped options get a suggestion."""
    ended = flightlog(*typed)
    assert ended.code == ExitCode.USAGE
    assert f"Did you mean {suggested}" in ended.err.replace('"', "")


def test_every_command_names_its_options_alike(flightlog: Flightlog) -> None:
    """A number of rows, a workflow and JSON have the same options wherever a command has them."""
    pages = {command.name: flightlog(command.name, "--help").out for command in COMMANDS}
    for name in ("list", "tail"):
        assert "--limit -n N" in pages[name]
    for name in ("list", "tail", "export"):
        for option in ("--workflow -w WORKFLOW", "--since --after TIME", "--failed"):
            assert option in pages[name], (name, option)
    for name in ("delete", "clear"):
        assert "--yes -y" in pages[name]
    for name in ("list", "show", "tail", "stats", "doctor"):
        assert "--json" in pages[name]


def test_what_was_typed_cannot_act_on_the_terminal(history: Path, flightlog: Flightlog) -> None:
    """Errors escape arguments in the same way as records."""
    ended = flightlog("show", "\x1b[31mred\u202e", "--db", history)
    assert not {"\x1b", "\u202e"} & set(ended.err)


def test_a_library_that_is_missing_is_named() -> None:
    """On an installation for recording only, a command says what to install."""
    script = "import sys; sys.modules['{}'] = None; from flightlog.cli import run; run(['list'])"
    for missing in ("cyclopts", "apsw"):
        ended = subprocess.run(
            [sys.executable, "-c", script.format(missing)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert f"needs {missing}" in ended.stderr
        assert "pip install 'flightlog[server]'" in ended.stderr
        assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", ["show", "delete"])
def test_an_id_that_begins_with_a_hyphen_gets_a_hint(
    command: str, tmp_path: Path, flightlog: Flightlog
) -> None:
    """The message shows the right form, and that form works."""
    path = tmp_path / "history.db"
    for wanted in ("-abc123", "--run"):
        with ExecutionLogger(path) as logger:
            logger.log_executions([execution(wanted)])
        refused = flightlog(command, wanted, "--db", path)
        assert refused.code == 2
        assert f"flightlog {command} -- {wanted}" in refused.err
        assert flightlog(command, "--db", path, "--", wanted).code == 0


def test_a_value_that_begins_with_a_hyphen_gets_a_hint(history: Path, flightlog: Flightlog) -> None:
    """The message shows the form with `=`, and that form works."""
    refused = flightlog("list", "--workflow", "-x", "--db", history)
    assert "`--workflow=-x`" in refused.err
    assert flightlog("list", "--workflow=-x", "--db", history).code == 0


def test_words_that_no_command_takes_are_named(flightlog: Flightlog) -> None:
    """All of them, so that one can see where the command line goes wrong."""
    refused = flightlog("serve", "shop.py", "--port", "0", "debug")
    assert refused.code == 2
    assert "does not take `shop.py`, `debug`" in refused.err


def test_an_option_before_the_command_shows_the_right_order(flightlog: Flightlog) -> None:
    """The message has the whole command line with the command first."""
    ended = flightlog("--db", "my history.db", "list", "--failed")
    assert ended.code == ExitCode.USAGE
    assert "`flightlog list --db 'my history.db' --failed`" in ended.err
    assert "`flightlog --help` lists" in flightlog("--db", "history.db").err


@pytest.mark.parametrize(
    ("word", "instead"), [("compare", "diff <("), ("replay", "show ID --json")]
)
def test_word_that_is_no_command_says_what_to_do_instead(
    flightlog: Flightlog, word: str, instead: str
) -> None:
    """Comparison and repetition have no command of their own."""
    ended = flightlog(word, "0193a7")
    assert ended.code == 2
    assert f"`flightlog {word}` is no command." in ended.err
    assert instead in ended.err
