"""`flightlog generate`: a manifest's workflows as Python files. Making them is `codegen`'s."""

from __future__ import annotations

import shlex
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.exit_codes import ExitCode, print_error
from flightlog.cli.terminal import output_console
from flightlog.cli.text import clean

if TYPE_CHECKING:
    from flightlog.codegen import Manifest, Written

DEFAULT_OUT = Path("workflows")

MANIFEST = Parameter(metavar="MANIFEST")


def generate(
    manifest: Annotated[Path, MANIFEST],
    /,
    *,
    workflow: Annotated[str | None, Parameter(metavar="ID")] = None,
    out: Annotated[Path, Parameter(metavar="DIR")] = DEFAULT_OUT,
) -> int:
    """
    Make Python of a manifest: a module for each workflow, `app.py` and `requirements.txt`.

    A file is replaced only if Flightlog made it and nobody changed it since; else nothing is
    written.

    Args:
        manifest: The manifest, or the directory of a project, which keeps it in
            `.lowcode/manifest.json`.
        workflow: Only this workflow; `app.py` mounts it beside those that are in DIR already.
        out: Where the files go; `workflows` if not said.
    """
    from flightlog.codegen import generate, load_manifest, write_files  # noqa: PLC0415 - lazy

    project = load_manifest(manifest)
    generated = generate(project, workflow, beside=_there(project, out))
    written = write_files(generated.files, out, known=generated.modules.values())
    tell(generated.notes)
    _say(written, out)
    return ExitCode.OK


def tell(notes: Collection[str]) -> None:
    """Say on standard error what was ignored."""
    for note in notes:
        print_error(note)


def _there(project: Manifest, out: Path) -> list[str]:
    from flightlog.codegen import module_files  # noqa: PLC0415 - lazy

    return [workflow for workflow, name in module_files(project).items() if (out / name).exists()]


def _say(written: Written, out: Path) -> None:
    console = output_console()
    for word, paths in (
        ("wrote", written.written),
        ("unchanged", written.unchanged),
        ("stale", written.stale),
    ):
        for path in paths:
            console.print(Text(f"{word:<9}  {clean(str(path))}"), soft_wrap=True)
    if written.stale:
        print_error("The manifest has no workflow for the stale ones.", "Delete them if you like.")
    requirements, app = (shlex.quote(str(out / name)) for name in ("requirements.txt", "app.py"))
    command = clean(f"pip install -r {requirements} && python {app}")
    console.print(Text(f"Run them with: {command}"), soft_wrap=True)
