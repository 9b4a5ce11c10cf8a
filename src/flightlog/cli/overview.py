"""
The list of commands, and the text of `flightlog --help`.

This module imports no library, so that the help is fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from flightlog.extras import Extra

SENTENCE: Final = "The flight recorder for Python workflows."


class Command(NamedTuple):
    """One command."""

    name: str
    """The command's name on the command line."""
    target: str
    """The module in `flightlog.cli`, and its function."""
    help: str
    """The help text, one line."""
    extra: Extra = "server"
    """The extra that installs its libraries."""


COMMANDS: Final = (
    Command("demo", "demo:demo", "Record runs of a real workflow and show them.", "demo"),
    Command("generate", "generate:generate", "Make Python of a workflow manifest.", "codegen"),
    Command(
        "run", "run:run", "Run a workflow of a manifest once, and follow its nodes.", "codegen"
    ),
    Command("serve", "serve:serve", "Take records from workflows; serve the history over HTTP."),
    Command("ipc", "ipc:ipc", "Serve an editor over stdio, with the receiver beside it."),
    Command("list", "listing:list_executions", "List executions, newest first."),
    Command("show", "show:show", "Show one execution: nodes, inputs, outputs and errors."),
    Command("stats", "stats:stats", "Count executions and say how long they take."),
    Command("import", "import_:import_records", "Add records from files or a test run's output."),
    Command("export", "export:export", "Write executions as NDJSON, with all their payloads."),
    Command("delete", "delete:delete", "Erase one execution."),
    Command("clear", "clear:clear", "Erase all executions of a workflow."),
    Command("migrate", "migrate:migrate", "Bring an older history to today's schema."),
    Command("deliver", "deliver:deliver", "Deliver what dead processes have left in their spools."),
    Command("doctor", "doctor:doctor", "See whether anything is missing, waiting or out of order."),
)


def extra_for(arguments: Sequence[str]) -> Extra:
    """
    Choose the extra to install when a library is missing.

    Args:
        arguments: The command line without the program's name.

    Returns:
        The extra of the command.
    """
    extras: dict[str, Extra] = {command.name: command.extra for command in COMMANDS}
    return extras.get(arguments[0], "server") if arguments else "server"


def overview() -> str:
    """
    Write the help text of the program as a whole.

    Returns:
        The text.
    """
    rows = [f"  {command.name:<9}  {command.help}" for command in COMMANDS]
    return "\n".join(
        (
            "Usage: flightlog COMMAND [OPTIONS]",
            "",
            SENTENCE,
            "",
            "Commands:",
            *rows,
            "",
            "Options:",
            "  --help     This text; `flightlog COMMAND --help` says more of a command.",
            "  --version  The version.",
            "",
            "First time here? `flightlog demo --once` takes a few seconds and shows it all.",
        )
    )
