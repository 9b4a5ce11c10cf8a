"""Generates a project from a manifest: a module for each workflow, `app.py`, `requirements.txt`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from msgspec import Struct

from flightlog.codegen.files import marked
from flightlog.codegen.formatting import formatted
from flightlog.codegen.literals import Code, comment, literal
from flightlog.codegen.manifest_model import Manifest
from flightlog.codegen.module import Module, write_module
from flightlog.codegen.names import MODULES_TAKEN, Names
from flightlog.codegen.node_types import SDKS
from flightlog.codegen.problems import Problems, format_place
from flightlog.codegen.templates import render
from flightlog.errors import InvalidManifestError, InvalidWorkflowError
from flightlog.runtime.triggers import PARAMETER, checked_path, path_of_id

APP: Final = "app.py"
REQUIREMENTS: Final = "requirements.txt"


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
    manifest: Manifest, workflow: str | None = None, *, beside: Collection[str] = ()
) -> Generated:
    """
    Generate the files of a project.

    Args:
        manifest: The project's manifest.
        workflow: The id of the only workflow to generate; None generates all.
        beside: Ids of workflows whose modules already exist, and which `app.py` mounts too.

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
    _refuse_shared_paths(manifest, [*chosen, *beside], problems)
    problems.raise_any()
    mounted = [one for one in files if one in modules or one in beside]
    sdks = {sdk for module in modules.values() for sdk in module.sdks}
    for one in mounted:
        if one not in modules and (
            there := write_module(manifest, manifest.workflows[one], Problems(), [])
        ):
            sdks |= there.sdks if there.is_complete else set()
    texts[APP] = _app(manifest, [files[one].removesuffix(".py") for one in mounted])
    texts[REQUIREMENTS] = marked(
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
    _refuse_shared_paths(manifest, list(manifest.workflows), problems)


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
        text = _text(workflow, made, files[workflow], problems)
        if made.is_complete:
            modules[workflow], texts[files[workflow]] = made, text
    return modules, texts


def _text(workflow: str, module: Module, name: str, problems: Problems) -> str:
    made = formatted(module.source, name, bodies=module.bodies)
    for fault in made.faults:
        node = module.author[fault.function]
        problems.add(
            format_place("workflows", workflow, "nodes", node, "config", "code"),
            f"says `{fault.line}`: {fault.message[:1].lower()}{fault.message[1:]}",
            fault.advice,
        )
    return marked(Code(f"the workflow {module.title} of a manifest"), made.text)


def _app(manifest: Manifest, modules: list[str]) -> str:
    config, metadata = manifest.config, manifest.metadata
    name = metadata.project_name or "Workflows"
    workflows = ", ".join(f"{module}.workflow" for module in sorted(modules))
    arguments = [f"[{workflows}]"]
    if config.cors is not None:
        cors: dict[str, Any] = {"origins": config.cors.origins}
        if config.cors.methods:
            cors["methods"] = config.cors.methods
        arguments.append(f"cors={literal(cors)}")
    source = render(
        "app.py.j2",
        description=f"{name}: all workflows in one application.",
        modules=[Code(module) for module in sorted(modules)],
        arguments=Code(", ".join(arguments)),
        port=literal(config.port),
    )
    body = formatted(source, APP, modules=modules).text
    return marked(Code(f"the manifest of {comment(literal(name))}"), body)


def _refuse_shared_paths(manifest: Manifest, workflows: list[str], problems: Problems) -> None:
    taken: dict[tuple[str, str], str] = {}
    for one in dict.fromkeys(workflows):
        if not manifest.workflows[one].is_complete:
            continue
        trigger = manifest.workflows[one].trigger
        is_http, is_webhook = trigger.type == "httpEndpoint", trigger.type == "webhookReceiver"
        path, method = trigger.config.get("path"), trigger.config.get("method")
        is_named = path is not None and trigger.type != "manual"
        if trigger.type == "manual" or (is_webhook and path is None):
            path = path_of_id(one, webhook=is_webhook)
        elif not (is_http or is_webhook) or not isinstance(path, str):
            continue
        try:
            shape = PARAMETER.sub("{}", checked_path(path))
        except InvalidWorkflowError:
            # `triggers` reports an invalid path.
            continue
        way = (str(method).upper() if is_http else "POST", shape)
        if way in taken:
            problems.add(
                format_place(
                    "workflows", one, "trigger", *(("config", "path") if is_named else ())
                ),
                f"is served at {way[0]} {path!r}, as the workflow {taken[way]!r} already is",
                "choose another path, method or id",
            )
        taken.setdefault(way, one)
