"""
`flightlog generate`: write a manifest's workflows as Python files.

`codegen` generates the code.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.exit_codes import ExitCode, print_error
from flightlog.cli.terminal import make_output_console
from flightlog.text import clean

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
    Generate Python from a manifest: a module for each workflow, `app.py` and `requirements.txt`.

    An existing file is replaced only if Flightlog generated the file and nobody has changed it
    since. Otherwise nothing is written.

    Args:
        manifest: The manifest, or the directory of a project with the manifest in
            `.catalyst/manifest.json` or else in `.lowcode/manifest.json`.
        workflow: Generate only this workflow; `app.py` also mounts workflows already in DIR.
        out: The directory for the files; `workflows` by default.

    Returns:
        The exit code.

    Raises:
        InvalidManifestError: No workflow can be generated from the manifest.
        GenerationFailedError: The generated code fails its checks.
        FileNotOursError: A file that would be replaced holds somebody's work.
    """
    from flightlog.codegen import generate, load_manifest, write_files  # noqa: PLC0415 - lazy

    project = load_manifest(manifest)
    generated = generate(project, workflow, existing=_list_existing(project, out))
    written = write_files(generated.files, out, known=generated.modules.values())
    print_notes(generated.notes)
    _print_written(written, out)
    return ExitCode.OK


def print_notes(notes: Collection[str]) -> None:
    """
    Print on standard error what was ignored.

    Args:
        notes: The sentences to print.
    """
    for note in notes:
        print_error(note)


def _list_existing(project: Manifest, out: Path) -> list[str]:
    from flightlog.codegen import module_files  # noqa: PLC0415 - lazy

    return [workflow for workflow, name in module_files(project).items() if (out / name).exists()]


def _print_written(written: Written, out: Path) -> None:
    console = make_output_console()
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
