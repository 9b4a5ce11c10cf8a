"""Generates a project from a manifest: a module for each workflow, `app.py`, `requirements.txt`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

from msgspec import Struct

from flightlog.codegen.files import mark_generated
from flightlog.codegen.formatting import format_module
from flightlog.codegen.literals import Code, render, write_comment, write_literal
from flightlog.codegen.manifest_model import Manifest
from flightlog.codegen.module import Module, write_module
from flightlog.codegen.names import MODULES_TAKEN, Names
from flightlog.codegen.node_types import SDKS
from flightlog.codegen.problems import Problems, format_place
from flightlog.errors import InvalidManifestError, InvalidWorkflowError
from flightlog.runtime.triggers import (
    EDITOR_PREFIX,
    PARAMETER,
    make_default_path,
    make_editor_path,
    make_editor_paths,
    normalize_path,
)

APP: Final = "app.py"
REQUIREMENTS: Final = "requirements.txt"
_VERSION: Final = re.compile(r"[<>=~^ ]*(\d{1,9})(?:\.(\d{1,9}))?")
_OLDEST_PYTHON: Final = (3, 11)


class Generated(Struct, frozen=True, kw_only=True):
    """A generated project, not yet written to disk."""

    files: dict[str, str]
    """The files' texts by file name."""
    modules: dict[str, str]
    """The file names of all workflows by workflow id, including workflows that aren't generated."""
    notes: tuple[str, ...]
    """Notes on ignored fields, one sentence each."""
    keys: dict[str, dict[str, str]]
    """Keys in the nodes' configs by environment variable, for each generated workflow's id."""


def module_files(manifest: Manifest) -> dict[str, str]:
    """
    Name the file of each workflow; the names don't depend on which workflows are generated.

    Args:
        manifest: The project's manifest.

    Returns:
        The file names by workflow id.
    """
    names = Names(MODULES_TAKEN, ascii_only=True)
    return {
        workflow: f"{names.give(workflow, otherwise='workflow')}.py"
        for workflow in manifest.workflows
    }


def generate(
    manifest: Manifest, workflow: str | None = None, *, existing: Collection[str] = ()
) -> Generated:
    """
    Generate the files of a project.

    Args:
        manifest: The project's manifest.
        workflow: The id of the only workflow to generate; None generates all.
        existing: Ids of workflows whose modules already exist, and which `app.py` mounts too.

    Returns:
        The files, checked and formatted.

    Raises:
        InvalidManifestError: A workflow can't be generated; the error lists each place.
        GenerationFailedError: The code doesn't pass a check, or ruff is not installed.
    """
    files = module_files(manifest)
    if workflow is not None and workflow not in files:
        known = ", ".join(map(repr, files)) or "none"
        raise InvalidManifestError([f"There is no workflow {workflow!r}. There are: {known}."])
    chosen = [workflow] if workflow is not None else list(files)
    problems, notes = Problems(), list(manifest.notes)
    modules, texts = _write_all(manifest, chosen, problems, notes)
    problems.raise_any()
    served = [
        workflow_id for workflow_id in files if workflow_id in chosen or workflow_id in existing
    ]
    notes += _note_shared_paths(manifest, served)
    notes += _note_shared_names(manifest, served)
    mounted = [
        workflow_id for workflow_id in files if workflow_id in modules or workflow_id in existing
    ]
    sdks = {sdk for module in modules.values() for sdk in module.sdks}
    for workflow_id in mounted:
        if workflow_id not in modules and (
            there := write_module(manifest, manifest.workflows[workflow_id], Problems(), [])
        ):
            sdks |= there.sdks if there.is_complete else set()
    texts[APP] = _write_app(
        manifest, [files[workflow_id].removesuffix(".py") for workflow_id in mounted]
    )
    notes += _note_version(manifest)
    texts[REQUIREMENTS] = mark_generated(
        Code("a manifest"),
        render(
            "requirements.txt.j2",
            lines=[Code("flightlog[workflow]"), *(Code(SDKS[sdk]) for sdk in sorted(sdks))],
        ),
    )
    return Generated(
        files=texts,
        modules=files,
        notes=tuple(dict.fromkeys(notes)),
        keys={workflow: module.keys for workflow, module in modules.items()},
    )


def collect_problems(manifest: Manifest, problems: Problems) -> None:
    """
    Collect the faults of all workflows of a manifest, without generating anything.

    Args:
        manifest: The manifest, as far as it can be read.
        problems: Collects the faults.
    """
    _write_all(manifest, list(manifest.workflows), problems, [])


def _write_all(
    manifest: Manifest, chosen: list[str], problems: Problems, notes: list[str]
) -> tuple[dict[str, Module], dict[str, str]]:
    modules: dict[str, Module] = {}
    texts: dict[str, str] = {}
    files = module_files(manifest)
    for workflow in chosen:
        made = write_module(manifest, manifest.workflows[workflow], problems, notes)
        if made is None:
            continue
        text = _write_text(workflow, made, files[workflow], problems)
        if made.is_complete:
            modules[workflow], texts[files[workflow]] = made, text
    return modules, texts


def _write_text(workflow: str, module: Module, name: str, problems: Problems) -> str:
    made = format_module(module.source, name, bodies=module.bodies)
    for fault in made.faults:
        node = module.author[fault.function]
        problems.add(
            format_place("workflows", workflow, "nodes", node, "config", "code"),
            f"says `{fault.line}`: {fault.message[:1].lower()}{fault.message[1:]}",
            fault.advice,
        )
    return mark_generated(Code(f"the workflow {module.title} of a manifest"), made.text)


def _write_app(manifest: Manifest, modules: list[str]) -> str:
    config, metadata = manifest.config, manifest.metadata
    name = metadata.project_name or "Workflows"
    # The first workflow of a path is served there.
    workflows = ", ".join(f"{module}.workflow" for module in modules)
    arguments = [f"[{workflows}]"]
    if config.cors is not None:
        cors: dict[str, Any] = {"origins": config.cors.origins}
        if config.cors.methods:
            cors["methods"] = config.cors.methods
        arguments.append(f"cors={write_literal(cors)}")
    source = render(
        "app.py.j2",
        description=_describe_project(manifest),
        modules=[Code(module) for module in sorted(modules)],
        arguments=Code(", ".join(arguments)),
        port=write_literal(config.port),
    )
    body = format_module(source, APP, modules=modules).text
    return mark_generated(Code(f"the manifest of {write_comment(write_literal(name))}"), body)


def _describe_project(manifest: Manifest) -> str:
    metadata, version = manifest.metadata, manifest.config.python_version
    text = f"{metadata.project_name or 'Workflows'}: all workflows in one application."
    if metadata.description and any(map(str.isalnum, metadata.description)):
        text += f"\n\n{metadata.description}"
    return f"{text}\n\nThe project's Python is {version}." if version else text


def _note_version(manifest: Manifest) -> Iterator[str]:
    version = manifest.config.python_version
    if version is None:
        return
    found = _VERSION.match(version)
    if found is None or (int(found[1]), int(found[2] or 0)) < _OLDEST_PYTHON:
        oldest = ".".join(map(str, _OLDEST_PYTHON))
        yield (
            f"`config.pythonVersion` is {version!r}; it has no effect, and the code needs "
            f"Python {oldest} or newer."
        )


def _note_shared_names(manifest: Manifest, workflows: list[str]) -> Iterator[str]:
    named = {workflow_id: manifest.workflows[workflow_id].name for workflow_id in workflows}
    for workflow_id, path in zip(named, make_editor_paths(named.values()), strict=True):
        if path != make_editor_path(named[workflow_id]):
            yield (
                f"`{format_place('workflows', workflow_id)}` is served at POST {path}, because a "
                f"workflow before it has the name {make_editor_path(named[workflow_id])}, too."
            )


def _note_shared_paths(manifest: Manifest, workflows: list[str]) -> Iterator[str]:
    taken: dict[tuple[str, str], str] = {}
    for workflow_id in workflows:
        trigger = manifest.workflows[workflow_id].trigger
        is_http, is_webhook = trigger.type == "httpEndpoint", trigger.type == "webhookReceiver"
        path, method = trigger.config.get("path"), trigger.config.get("method") or "POST"
        if trigger.type == "manual" or (is_webhook and path is None):
            path = make_default_path(workflow_id, webhook=is_webhook)
        elif not (is_http or is_webhook) or not isinstance(path, str):
            continue
        try:
            shape = PARAMETER.sub("{}", normalize_path(path))
        except InvalidWorkflowError:
            # A workflow beside the chosen one may have faults of its own.
            continue
        way = (str(method).upper() if is_http else "POST", shape)
        if way in taken:
            place = format_place("workflows", workflow_id, "trigger")
            yield (
                f"`{place}` is served at {way[0]} {path}, as the workflow {taken[way]!r} already "
                f"is; this one is served by its name alone, below {EDITOR_PREFIX}."
            )
        taken.setdefault(way, workflow_id)
