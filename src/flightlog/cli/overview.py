"""
The list of commands, and the text of `flightlog --help`.

This module imports no library, so that the help is fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
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
        ("ls", "runs", "executions", "history", "ps"),
    ),
    Command(
        "search",
        "search:search",
        "Find executions by any value in their payloads, names or errors.",
        ("find", "grep", "query", "where"),
    ),
    Command(
        "queries",
        "saved_queries:queries",
        "List the saved queries, or delete one.",
        ("saved", "views", "searches", "bookmarks"),
    ),
    Command(
        "show",
        "show:show",
        "Show one execution, by default the latest: nodes, payloads, errors.",
        ("get", "inspect", "describe", "cat", "last", "latest", "execution"),
    ),
    Command(
        "sql",
        "sql:sql",
        "Query the history with SQL, payloads included; read-only.",
        ("select", "datasette", "db"),
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
        ("dump", "save"),
    ),
    Command(
        "share",
        "share:share",
        "Write one execution as an HTML file to send to others.",
        ("html", "report", "publish"),
    ),
    Command(
        "backup",
        "backup:backup",
        "Copy the history into a file, also while it is written.",
        ("snapshot",),
    ),
    Command(
        "copy",
        "copy:copy",
        "Merge a history into another one, in a file or on a server.",
        ("sync", "synchronise", "mirror", "transfer", "merge"),
    ),
    Command("restore", "restore:restore", "Put a backup in the place of the history.", ("revert",)),
    Command(
        "delete",
        "delete:delete",
        "Erase one execution, or all that a query chooses.",
        ("rm", "remove", "erase", "del"),
    ),
    Command("clear", "clear:clear", "Erase all executions of a workflow.", ("empty",)),
    Command(
        "purge",
        "purge:purge",
        "Remove a value or runs from all files, and prove it.",
        ("expunge", "forget", "wipe", "shred"),
    ),
    Command(
        "prune",
        "prune:prune",
        "Erase old executions, by age, number or size.",
        ("retention", "vacuum", "trim", "gc", "clean", "cleanup"),
    ),
    Command("reindex", "reindex:reindex", "Build the search index anew.", ("index",)),
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
        "token",
        "token:token",
        "Make, list and revoke tokens for other programs and machines.",
        ("tokens", "auth", "login", "access"),
    ),
    Command(
        "audit",
        "audit:audit",
        "Show who read payloads, exported, deleted or let others in.",
        ("who", "accesses"),
    ),
    Command(
        "doctor",
        "doctor:doctor",
        "See whether anything is missing, waiting or out of order.",
        ("check", "status", "health", "diagnose"),
    ),
)


def choose_extra(arguments: Sequence[str]) -> Extra:
    """
    Choose the extra to install when a library is missing.

    Args:
        arguments: The command line without the program's name.

    Returns:
        The extra of the command.
    """
    extras: dict[str, Extra] = {command.name: command.extra for command in COMMANDS}
    return extras.get(arguments[0], "server") if arguments else "server"


def write_overview() -> str:
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
