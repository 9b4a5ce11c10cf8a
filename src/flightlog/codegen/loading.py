"""
Loads a manifest from a file, from JSON or from plain values, and refuses it with all its faults.

`manifest` reads the values, and `project` knows the faults of workflows; this module joins both, so
that one error lists all.
"""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any, Final, NoReturn

from flightlog.codegen.manifest import read_manifest
from flightlog.codegen.manifest_model import Manifest
from flightlog.codegen.problems import Problems
from flightlog.codegen.project import collect_problems
from flightlog.errors import InvalidManifestError

PLACES: Final = (".catalyst/manifest.json", ".lowcode/manifest.json")
"""Where a project may keep its manifest; the first existing file is read."""


def manifest_path(given: str | PathLike[str]) -> Path:
    """
    Find the manifest's file.

    Args:
        given: The file itself, or a project's directory with one of `PLACES`.

    Returns:
        The file's path; in a project without a manifest, the first of the places.
    """
    given = Path(given)
    if not given.is_dir():
        return given
    found = [given / place for place in PLACES]
    return next((file for file in found if file.is_file()), found[0])


def load_manifest(path: str | PathLike[str]) -> Manifest:
    """
    Read a manifest from its file.

    Args:
        path: The file, or the project's directory.

    Returns:
        The manifest.

    Raises:
        InvalidManifestError: The file can't be read, or is no manifest; the error lists each place.
    """
    file = manifest_path(path)
    try:
        text = file.read_bytes()
    except OSError as error:
        reason = f"The manifest {file} can't be read: {error.strerror or error}."
        raise InvalidManifestError(
            [f"{reason} Name a manifest or a project's directory."]
        ) from error
    return decode_manifest(text)


def decode_manifest(text: bytes | str) -> Manifest:
    """
    Read a manifest from its JSON.

    Args:
        text: The JSON.

    Returns:
        The manifest.

    Raises:
        InvalidManifestError: The text is no manifest; the error lists each place with a remedy.
    """
    return manifest_from(_parse_plain(text))


def manifest_from(value: Any) -> Manifest:
    """
    Make a manifest from plain values: dicts, lists, texts, numbers, booleans and None.

    Args:
        value: The plain values.

    Returns:
        The manifest.

    Raises:
        InvalidManifestError: The value is no manifest; the error lists each place with a remedy,
            also in the workflows of a manifest that can be read in part.
    """
    problems = Problems()
    manifest = read_manifest(value, problems)
    if problems and manifest is not None:
        collect_problems(manifest, problems)
    problems.raise_any()
    assert manifest is not None
    return manifest


def _parse_plain(text: bytes | str) -> Any:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        if len(made) < len(found):
            names = [name for name, _ in found]
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"the name {twice!r} stands twice in one object")
        return made

    def refuse(word: str) -> NoReturn:
        raise ValueError(f"{word} is no JSON")

    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        return json.loads(text, object_pairs_hook=pairs, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise InvalidManifestError([f"The manifest is no JSON: {reason}."]) from error
