"""Each `flightlog` command in the README and the docs has arguments that the command takes."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from flightlog.cli.application import app

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted(
    [*ROOT.glob("*.md"), *(page for page in ROOT.glob("docs/**/*.md") if page.parent.name != "adr")]
)
_CONSOLE: Final = re.compile(r"^\$ ((?:[^\n\\]|\\[\s\S])*)", re.MULTILINE)
_SERVICE: Final = re.compile(r"^ExecStart=(.*)", re.MULTILINE)
_IMAGE: Final = re.compile(r"^CMD (\[.*\])", re.MULTILINE)
_PROGRAM: Final = re.compile(r"(?:[^=]*/)?flightlog")
_ENDS: Final = frozenset({"|", "||", "&&", "&", ";", ">", ">>", "<", "2>"})


def find_commands(text: str) -> Iterator[list[str]]:
    """Yield the arguments of each `flightlog` in consoles, units and images of a page."""
    lines = [*_CONSOLE.findall(text), *_SERVICE.findall(text)]
    for line in (line for line in lines if "flightlog " in line):
        lexer = shlex.shlex(line.replace("\\\n", " "), posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        yield from _split(list(lexer))
    for command in _IMAGE.findall(text):
        yield from _split(json.loads(command))


def _split(words: list[str]) -> Iterator[list[str]]:
    starts = [place for place, word in enumerate(words) if _PROGRAM.fullmatch(word)]
    for start in starts:
        if start and not _runs_what_follows(words[:start]):
            continue
        rest = words[start + 1 :]
        end = next((place for place, word in enumerate(rest) if word in _ENDS), len(rest))
        yield rest[:end]


def _runs_what_follows(before: list[str]) -> bool:
    """Whether `flightlog` after these words is a program, not the name of a user or an image."""
    last = before[-1]
    runners = {"sudo", "env", "time", "nohup", *_ENDS}
    return "=" in last or last in runners or before[-2:-1] == ["exec"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_command_is_taken(page: Path) -> None:
    """A wrong option or a word too many would be an error."""
    for arguments in find_commands(page.read_text()):
        if arguments and "…" not in arguments:
            app.parse_args(arguments, exit_on_error=False, print_error=False)


def test_commands_are_found() -> None:
    """Units and images count, names do not."""
    services = (ROOT / "docs/operate/services.md").read_text()
    found = [" ".join(arguments) for arguments in find_commands(services)]
    assert "serve --max-size 20GB --ingest-needs-right" in found
    assert "serve --behind-proxy --allowed-hosts flightlog.example.com localhost" in found
    assert "token create ingest --name orders" in found
    assert not any(arguments.startswith(("flightlog", "--publish")) for arguments in found)
