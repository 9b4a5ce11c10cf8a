"""`docs/editor/generated-workflows.md` is true: its commands run and print the shown output."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "editor" / "generated-workflows.md").read_text(encoding="utf-8")
CHANGING = re.compile(r"[\d.]+ m?s|[0-9a-f]{8}-[0-9a-f-]{27}|^.* · running\n", re.MULTILINE)
"""Durations, ids, and nodes that were seen before they ended."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a directory with the examples, where the page's commands run."""
    directory = tmp_path_factory.mktemp("page")
    (directory / "examples").symlink_to(ROOT / "examples")
    bin_directory = directory / "bin"
    bin_directory.mkdir()
    program = bin_directory / "flightlog"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m flightlog.cli "$@"\n')
    program.chmod(0o755)
    return directory


def run(command: str, place: Path) -> str:
    """Return the output of a shell command."""
    path = f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        command,
        shell=True,
        cwd=place,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_commands_print_what_the_page_says(place: Path) -> None:
    """The commands print the shown output, apart from durations, ids and what is running."""
    blocks = re.findall(
        r"^```console\n\$ (flightlog|echo)(.*?)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE
    )
    assert len(blocks) == 2
    for program, arguments, printed in blocks:
        said = run(program + arguments, place)
        assert CHANGING.sub("", said) == CHANGING.sub("", printed)


def test_the_page_shows_what_is_generated(place: Path) -> None:
    """The module contains each part of the excerpt, and the page's Python runs."""
    made, excerpt = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    subprocess.run([sys.executable, "-c", made], cwd=place, check=True)
    module = (place / "build" / "orders" / "order_intake.py").read_text(encoding="utf-8")
    for part in excerpt.split("\n\n\n"):
        assert part.strip() in module
    paths = re.findall(r"python (build/\S+\.py)", PAGE)
    assert paths
    for path in paths:
        assert (place / path.strip("`")).exists()
