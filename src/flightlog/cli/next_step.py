"""`flightlog` without a command: the state of the history, and the next useful command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from rich.text import Text

from flightlog.cli.history import HistoryChoice, count_waiting_bytes
from flightlog.cli.settings import choose
from flightlog.cli.terminal import choose_status_word, draw_status, make_output_console
from flightlog.clock import utc_now
from flightlog.delivery.http import HttpDestination
from flightlog.errors import FlightlogError
from flightlog.secret_key import load_secret_key
from flightlog.spool import find_default_spool_dir
from flightlog.store.query import ExecutionQuery
from flightlog.text import clean, format_age, format_count, format_size

if TYPE_CHECKING:
    from flightlog.record.model import WorkflowExecution

_PROBE_S: Final = 1.0
_COMMANDS: Final = ("flightlog --help", "list all commands")


def show_next_step() -> None:
    """
    Print the state of the user's history, and the commands that are useful next.

    Raises:
        StoreError: The history can't be opened.
        InvalidSettingError: A setting can't be used.
    """
    console = make_output_console()
    choice = HistoryChoice()
    settings = choose(choice.collect_sources(), "host", "port", "socket", "spool_dir")
    url = f"http://{settings.get('host', '127.0.0.1')}:{settings.get('port', 3000)}"
    if "socket" in settings:
        url = f"unix:{settings['socket'].absolute()}"
    running = _is_running(url)
    total, newest, failed = _read_executions(choice)
    if running:
        console.print(Text.assemble("Flightlog runs at ", (url, "cyan")), soft_wrap=True)
    waiting = count_waiting_bytes(settings.get("spool_dir") or find_default_spool_dir())
    if newest is not None:
        console.print(_describe_newest(total, newest), soft_wrap=True)
        steps = _choose_steps(newest, failed, running=running)
    elif waiting and not running:
        console.print(Text(f"{format_size(waiting)} of records wait to be stored."))
        steps = iter((("flightlog serve --open", "store them, and show them in the browser"),))
    elif running:
        console.print(Text("No execution is recorded yet. The page shows how to record one."))
        steps = iter((("flightlog open", "show the page in the browser"),))
    else:
        console.print(Text("No execution is recorded yet."))
        steps = iter(
            (
                ("flightlog demo", "see what Flightlog records, in a few seconds"),
                ("flightlog serve", "take records of your own workflows"),
            )
        )
    table = [*steps, _COMMANDS]
    width = max(len(command) for command, _ in table)
    console.print()
    for command, purpose in table:
        line = Text.assemble("  ", (f"{command:<{width}}", "bold"), f"  {purpose}")
        console.print(line, soft_wrap=True)


def _is_running(url: str) -> bool:
    try:
        return HttpDestination(url, load_secret_key(), timeout_s=_PROBE_S).verify()
    except FlightlogError:
        return False


def _read_executions(
    choice: HistoryChoice,
) -> tuple[int, WorkflowExecution | None, WorkflowExecution | None]:
    address = choice.find_address()
    if address.is_file and not address.path.exists():
        return 0, None, None
    with choice.open() as logger:
        newest = logger.query(ExecutionQuery(limit=1)).executions
        failed = logger.query(ExecutionQuery(statuses=("error",), limit=1)).executions
        total = logger.get_stats().total
    return total, next(iter(newest), None), next(iter(failed), None)


def _describe_newest(total: int, newest: WorkflowExecution) -> Text:
    status = choose_status_word(newest.status, newest.error)
    moment = format_age(newest.started_at, utc_now().astimezone())
    return Text.assemble(
        f"{format_count(total, 'execution')}; the latest: ",
        draw_status(newest.status, newest.error),
        f" {clean(newest.workflow_name)}, {status}, {moment}",
    )


def _choose_steps(
    newest: WorkflowExecution, failed: WorkflowExecution | None, *, running: bool
) -> Iterator[tuple[str, str]]:
    if failed is not None and failed.id != newest.id:
        yield f"flightlog show {clean(failed.id)}", "show the latest failure"
    yield "flightlog show", f"show the latest execution{_describe_failure(newest)}"
    yield "flightlog list", "list executions, newest first"
    if running:
        yield "flightlog open", "show them in the browser"
    else:
        yield "flightlog serve --open", "take records, and show the history in the browser"


def _describe_failure(newest: WorkflowExecution) -> str:
    return ", which failed" if newest.status == "error" else ""
