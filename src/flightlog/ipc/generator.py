"""
Checks and generates workflows of a manifest in memory: `python -m flightlog.ipc.generator`.

The program reads one request from standard input and writes one answer to standard output, both
JSON. It is a process of its own because code generation needs libraries (Jinja2, FastAPI) that the
editor's child process must not keep in memory.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Final

from flightlog.errors import FlightlogError, InvalidManifestError, MissingExtraError

_REQUIREMENTS: Final = "requirements.txt"


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """
    Answer one request.

    Args:
        request: `workflow`, or `manifest` and `workflowId`; the optional `directory` receives the
            files, and `backUp` says whether existing files of others are kept as backups.

    Returns:
        `errors`, a list that is empty if the workflow can be generated; then also `module`, `code`,
        `nodeCount`, `dependencies`, `warnings`, `keys` (environment variables that hold the keys
        of the nodes), and `filepath` where files were written.
    """
    try:
        return _generate(request)
    except InvalidManifestError as error:
        return {"errors": list(error.problems)}
    except (FlightlogError, MissingExtraError) as error:
        hint = getattr(error, "hint", "")
        return {"errors": [f"{error} {hint}".strip()]}


def _generate(request: Mapping[str, Any]) -> dict[str, Any]:
    from flightlog.codegen import generate, manifest_from, write_files  # noqa: PLC0415 - an extra

    manifest, name = _read_manifest(request)
    try:
        generated = generate(manifest_from(manifest), name)
    except InvalidManifestError:
        # Another workflow of the manifest may be the faulty one.
        alone = {**manifest, "workflows": {name: manifest["workflows"][name]}}
        generated = generate(manifest_from(alone), name)
    module = generated.modules[name]
    warnings = list(generated.notes)
    result: dict[str, Any] = {"errors": [], "module": module, "code": generated.files[module]}
    result["keys"] = generated.keys.get(name, {})
    if (given := request.get("directory")) is not None:
        directory = Path(given)
        if request.get("backUp"):
            warnings += _back_up(generated.files, directory)
        write_files(generated.files, directory, known=generated.modules.values())
        result["filepath"] = str(directory / module)
    nodes = manifest["workflows"][name].get("nodes")
    return {
        **result,
        "nodeCount": len(nodes) if isinstance(nodes, dict | list) else 0,
        "dependencies": _list_dependencies(generated.files[_REQUIREMENTS]),
        "warnings": warnings,
    }


def _read_manifest(request: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    if "workflow" in request:
        workflow = request["workflow"]
        if not isinstance(workflow, dict):
            raise InvalidManifestError(["The workflow is no object."])
        name = workflow.get("id")
        name = name if isinstance(name, str) and name else "workflow"
        return {"workflows": {name: workflow}}, name
    manifest, name = request["manifest"], request["workflowId"]
    workflows = manifest.get("workflows") if isinstance(manifest, dict) else None
    if not isinstance(workflows, dict) or not isinstance(workflows.get(name), dict):
        raise InvalidManifestError([f"Workflow not found: {name}"])
    return manifest, name


def _back_up(names: Mapping[str, str], directory: Path) -> list[str]:
    from flightlog.codegen.files import is_ours  # noqa: PLC0415 - an extra

    notes = []
    for name in names:
        path = directory / name
        if path.is_file() and not is_ours(path.read_text("utf-8", "replace")):
            backup = _free_name(path)
            path.rename(backup)
            notes.append(f"{name} was not as Flightlog made it, so it is kept as {backup.name}.")
    return notes


def _free_name(path: Path) -> Path:
    backup, number = path.with_name(f"{path.name}.bak"), 1
    while backup.exists():
        number += 1
        backup = path.with_name(f"{path.name}.bak{number}")
    return backup


def _list_dependencies(requirements: str) -> list[str]:
    lines = (line.strip() for line in requirements.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def main() -> None:
    """Answer the request on standard input."""
    request = json.loads(sys.stdin.buffer.read())
    with redirect_stdout(sys.stderr):
        found = answer(request)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
