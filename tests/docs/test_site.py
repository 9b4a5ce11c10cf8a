"""The documentation site has every page, and fetches nothing from elsewhere."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "zensical.toml"


def list_pages(entries: list[Any]) -> Iterator[str]:
    """List the pages of the navigation, in its order."""
    for entry in entries:
        for value in entry.values() if isinstance(entry, dict) else [entry]:
            if isinstance(value, str):
                yield value
            else:
                yield from list_pages(value)


def test_every_page_is_in_the_navigation_once() -> None:
    """Readers of the site find each page of docs/; decisions are also found by their links."""
    listed = list(list_pages(tomllib.loads(CONFIG.read_text("utf-8"))["project"]["nav"]))
    there = {str(path.relative_to(ROOT / "docs")) for path in ROOT.glob("docs/**/*.md")}
    assert len(set(listed)) == len(listed)
    assert set(listed) <= there
    assert all(page.startswith("adr/") for page in there - set(listed))


@pytest.fixture
def zensical() -> None:
    """Skip the test where the environment was made before the site."""
    if find_spec("zensical") is None:
        pytest.skip("zensical isn't installed: run `make setup`")


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the site of a folder as `make docs` does."""
    return subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(zensical: None, tmp_path: Path) -> Path:
    """A copy of the site's sources."""
    copytree(ROOT / "docs", tmp_path / "docs")
    (tmp_path / CONFIG.name).write_bytes(CONFIG.read_bytes())
    return tmp_path


def test_the_site_program_runs_and_loads_nothing_else(folder: Path) -> None:
    """The site builds without a warning, and no page loads a script, style, font or picture."""
    built = build(folder)
    assert built.returncode == 0, built.stdout + built.stderr
    pages = list((folder / "site").rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        text = page.read_text("utf-8")
        assert 'src="http' not in text
        assert '<link rel="stylesheet" href="http' not in text


def test_no_program_runs_past_a_link_without_target(folder: Path) -> None:
    """A missing page, and a missing heading of a page, are errors."""
    page = folder / "docs" / "limits.md"
    text = page.read_text("utf-8")
    for link in ("[gone](gone.md)", "[gone](operate/security.md#gone)"):
        page.write_text(f"{text}\n{link}\n", "utf-8")
        assert build(folder).returncode != 0, link
