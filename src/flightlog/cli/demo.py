"""
`flightlog demo`: run a receiver and two real workflows as child processes, and show the records.

`flightlog.receiver` and `flightlog.demo` contain the parts. The functions of `flightlog list` and
`flightlog show` print the list and the detail.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.listing import print_page
from flightlog.cli.show import print_execution
from flightlog.cli.signals import ended_by_sigterm
from flightlog.cli.terminal import output_console
from flightlog.clock import utc_now
from flightlog.store.base import ExecutionQuery

if TYPE_CHECKING:
    from flightlog.logger import ExecutionLogger


def demo(*, once: bool = False) -> int:
    """
    Record runs of a real workflow in a temporary history, and show them.

    Args:
        once: End after the output; otherwise the receiver stays up until Ctrl-C.

    Returns:
        The exit code.

    Raises:
        DemoFailedError: The demonstration could not continue.
    """
    import fastapi  # noqa: F401, PLC0415 - the workflow needs it
    import httpx  # noqa: F401, PLC0415 - so do the workflow and the orders
    import jinja2  # noqa: F401, PLC0415 - what is generated is made of templates

    directory = Path(tempfile.mkdtemp(prefix="flightlog-demo-"))
    with ended_by_sigterm():
        return _demo(output_console(), directory, once=once)


def _demo(console: Console, directory: Path, *, once: bool) -> int:
    from flightlog.demo.child import running_workflow  # noqa: PLC0415 - needs the demo extra
    from flightlog.demo.orders import orders, tickets, wait_until_recorded  # noqa: PLC0415 - as above
    from flightlog.logger import ExecutionLogger  # noqa: PLC0415 - a database
    from flightlog.receiver import Receiver, ReceiverSettings  # noqa: PLC0415 - a web server

    database, spool_dir = directory / "executions.db", directory / "spool"
    spool = {"FLIGHTLOG_SPOOL_DIR": str(spool_dir)}
    with (
        ExecutionLogger(database) as logger,
        Receiver(logger, ReceiverSettings(port=0, spool_dir=spool_dir)).running() as receiver,
    ):
        _step(console, "receiver", receiver.url)
        with running_workflow(receiver.url) as workflow_url:
            _step(console, "workflow", f"{workflow_url}, as the editor generates it")
            _send(console, "order", workflow_url, orders())
            app = _generated(console, directory / "workflows")
            with running_workflow(receiver.url, [str(app)], spool) as generated_url:
                _step(console, "workflow", f"{generated_url}, as Flightlog generates it")
                _send(console, "ticket", generated_url, tickets())
                wait_until_recorded(receiver.url, len(orders()) + len(tickets()))
            _show(console, logger, database)
            if not once:
                _stay(console, workflow_url)
    return ExitCode.OK


def _generated(console: Console, directory: Path) -> Path:
    from flightlog.codegen import generate, load_manifest, write_files  # noqa: PLC0415 - lazy
    from flightlog.demo import MANIFEST  # noqa: PLC0415 - as above

    generated = generate(load_manifest(MANIFEST))
    write_files(generated.files, directory)
    _step(console, "generated", str(directory / next(iter(generated.modules.values()))))
    return directory / "app.py"


def _send(
    console: Console, name: str, workflow_url: str, requests: list[tuple[str, dict[str, Any]]]
) -> None:
    from flightlog.demo.orders import send  # noqa: PLC0415 - needs the demo extra

    for number, (what, became) in enumerate(send(workflow_url, requests), 1):
        _step(console, f"{name} {number}", f"{what}: {became}")


def _show(console: Console, logger: ExecutionLogger, database: Path) -> None:
    now = utc_now().astimezone()
    program = "flightlog" if shutil.which("flightlog") else sys.argv[0]
    _command(console, f"{program} list --db {database}", before="\n")
    print_page(console, logger.query(ExecutionQuery()), now)
    for failed in logger.query(ExecutionQuery(status="error")).executions:
        record = logger.get_execution(failed.id)
        assert record is not None
        _command(console, f"{program} show {record.id} --db {database}", before="\n")
        usual = logger.get_stats(record.workflow_id)
        print_execution(console, record, now, usual=usual)
    _say(console, f"\nThe history is in {database}; the commands above show it again.")


def _step(console: Console, name: str, what: str) -> None:
    console.print(Text.assemble((f"{name:<10}", "bright_black"), what), soft_wrap=True)


def _say(console: Console, sentence: str) -> None:
    console.print(Text(sentence), soft_wrap=True)


def _command(console: Console, command: str, *, before: str = "") -> None:
    console.print(Text.assemble(before, ("$ ", "bright_black"), (command, "bold")), soft_wrap=True)


def _stay(console: Console, workflow_url: str) -> None:
    try:
        _say(console, "\nThe receiver and the workflow stay up: send it another order with")
        _command(
            console,
            f"curl {workflow_url}/api/workflow -H 'Content-Type: application/json' "
            """-d '{"item": "chair", "quantity": 2, "customer": "You"}'""",
        )
        _say(console, "Ctrl-C ends both; the history stays.")
        console.file.flush()
        threading.Event().wait()
    except KeyboardInterrupt:
        return
