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
    synonyms: tuple[str, ...] = ()
    """Words for which an error message suggests the command."""
    extra: Extra = "server"
    """The extra that installs its libraries."""


COMMANDS: Final = (
    Command("demo", "demo:demo", "Record runs of real workflows and show them.", ("try",)),
    Command(
        "serve",
        "serve:serve",
        "Take records from workflows; serve the viewer and the history.",
        ("server", "start", "up", "receiver"),
    ),
    Command(
        "open",
        "open_:open_viewer",
        "Show the viewer, or one execution, in the browser.",
        ("view", "viewer", "ui", "web", "browse"),
    ),
    Command(
        "list",
        "listing:list_executions",
        "List executions, newest first.",
        ("ls", "runs", "executions", "history", "ps", "query"),
    ),
    Command(
        "show",
        "show:show",
        "Show one execution, by default the latest: nodes, payloads, errors.",
        ("get", "inspect", "describe", "cat", "last", "latest", "execution"),
    ),
    Command(
        "tail",
        "tail:tail",
        "Print executions as they start and end.",
        ("follow", "watch", "log", "logs", "live"),
    ),
    Command(
        "stats",
        "stats:stats",
        "Count executions and say how long they take.",
        ("count", "stat", "summary"),
    ),
    Command(
        "import",
        "import_:import_records",
        "Add records from files or a test run's output.",
        ("load", "add"),
    ),
    Command(
        "export",
        "export:export",
        "Write executions as NDJSON, with all their payloads.",
        ("dump", "backup", "save"),
    ),
    Command("delete", "delete:delete", "Erase one execution.", ("rm", "remove", "erase", "del")),
    Command("clear", "clear:clear", "Erase all executions of a workflow.", ("purge", "prune")),
    Command("generate", "generate:generate", "Make Python of a workflow manifest.", (), "codegen"),
    Command(
        "run",
        "run:run",
        "Run a workflow of a manifest once, and follow its nodes.",
        ("exec", "execute"),
        "codegen",
    ),
    Command("ipc", "ipc:ipc", "Serve an editor over stdio, with the receiver beside it."),
    Command(
        "migrate", "migrate:migrate", "Bring an older history to today's schema.", ("upgrade",)
    ),
    Command("deliver", "deliver:deliver", "Deliver what dead processes have left in their spools."),
    Command(
        "redact",
        "redact:redact",
        "Print a text without its secrets, or where they are and why.",
        ("scrub", "mask", "secrets"),
    ),
    Command(
        "doctor",
        "doctor:doctor",
        "See whether anything is missing, waiting or out of order.",
        ("check", "status", "health", "diagnose"),
    ),
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
            "  --help, -h     This text; `flightlog COMMAND --help` says more of a command.",
            "  --version, -V  The version.",
            "",
            "First time here? `flightlog demo` takes a few seconds and shows it all.",
            "`flightlog` alone says what to do next.",
        )
    )
