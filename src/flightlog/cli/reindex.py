"""`flightlog reindex`: build the search index anew, and show the progress."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.history import HistoryChoice
from flightlog.cli.settings import SETTINGS, choose
from flightlog.cli.terminal import make_output_console, make_progress_bar
from flightlog.store.results import check_index_content
from flightlog.text import format_count


def reindex(
    *,
    search_index: Annotated[
        str | None, Parameter(help=SETTINGS["search_index"].summary, metavar="CONTENT")
    ] = None,
    history: HistoryChoice | None = None,
) -> int:
    """
    Build the search index anew, the newest executions first.

    A receiver fills the index by itself. Use this command for a history that no receiver serves, or
    to change the content of the index. After Ctrl-C, a receiver or another call continues.

    Args:
        search_index: See the settings.
        history: The history to index.

    Returns:
        The exit code.

    Raises:
        InvalidSettingError: The content is unknown.
        StoreError: The history can't be opened or changed.
    """
    history = history or HistoryChoice()
    sources = history.collect_sources(search_index=search_index)
    chosen = choose(sources, "search_index").get("search_index")
    with history.open_to_change() as logger:
        health = logger.reader.health()
        content = health.search_index if chosen is None else check_index_content(str(chosen))
        logger.writer.rebuild_index(content)
        with make_progress_bar() as progress:
            task = progress.add_task("index", total=health.executions)
            more = True
            while more:
                done = logger.writer.index_portion()
                progress.advance(task, done.executions)
                more = done.more
    text = f"Indexed {format_count(health.executions, 'execution')}."
    if content == "off":
        text = "The search index is off; queries scan payloads."
    make_output_console().print(Text(text), soft_wrap=True)
    return ExitCode.OK
