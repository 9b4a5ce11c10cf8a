"""`flightlog tail`: print executions as they start and end. The store finds them."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec.structs import replace
from rich.text import Text

from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.filters import CRASHED, LIMIT, Filters
from flightlog.cli.history import HistoryChoice
from flightlog.cli.listing import describe_reason, draw_name
from flightlog.cli.queries import QUERY
from flightlog.cli.terminal import MARKS, make_output_console, write_json
from flightlog.clock import utc_now
from flightlog.store.query import HistoryFilter
from flightlog.store.summaries import Summary
from flightlog.text import clean, find_first_line, format_duration

if TYPE_CHECKING:
    from rich.console import Console

    from flightlog.logger import ExecutionLogger

_PAUSE_S: Final = 0.25
_PAGE: Final = 200
_REMEMBERED: Final = 2_000
_FOLLOWED: Final = 500
_NAME: Final = 32
_TOOK: Final = 8
_NODES: Final = 1_000


def tail(
    *query: Annotated[str, QUERY],
    filters: Filters | None = None,
    limit: Annotated[int, LIMIT] = 10,
    json: bool = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    Print the newest executions, then each execution as it starts and ends, until Ctrl-C.

    The command reads the database, so it needs no receiver of its own.

    Args:
        query: A workflow's id or name, or a query as described in docs/inspect/query.md.
        filters: Choose the executions.
        limit: The largest number of executions to begin with, 0 to 200.
        json: Print one line of JSON for each start and each end: a summary without payloads.
        history: The history to read.

    Returns:
        The exit code.

    Raises:
        InvalidQueryError: A filter or the limit can't be used.
        StoreError: The history can't be opened or read.
    """
    console = make_output_console()
    history = history or HistoryChoice()
    with history.open() as logger:
        filters = (filters or Filters()).with_prices(history).with_words(logger, query)
        followed = _Followed(logger, filters)
        try:
            for found in chain(followed.begin(limit), followed.changes()):
                if json:
                    write_json(msgspec.json.encode(found))
                else:
                    _print(console, found, followed.describe_failure(found))
        except KeyboardInterrupt:
            return ExitCode.OK
    return ExitCode.OK


class _Followed:
    def __init__(self, logger: ExecutionLogger, filters: Filters) -> None:
        self._logger = logger
        self._filter = filters.choose(logger, utc_now())
        self._only_crashed = filters.status == CRASHED
        self._seen: OrderedDict[str, str] = OrderedDict()

    def begin(self, limit: int) -> Iterator[Summary]:
        self._version = self._logger.reader.foreign_changes()
        # Know more executions than are printed, so that the end of an old one is printed later.
        if not self._filter.statuses:
            running = replace(self._filter, statuses=("running",))
            query = running.make_page_query(limit=_FOLLOWED)
            for found in self._logger.reader.list_summaries(query).summaries:
                self._seen[found.id] = found.status
        newest = sorted(self._read_newest(_PAGE), key=lambda found: found.started_at)
        matching = [found for found in newest if self._matches(found)]
        self._seen |= {found.id: found.status for found in matching}
        yield from matching[len(matching) - min(limit, len(matching)) :]

    def changes(self) -> Iterator[Summary]:
        while True:
            time.sleep(_PAUSE_S)
            version = self._logger.reader.foreign_changes()
            if version == self._version:
                continue
            self._version = version
            running = [key for key, status in self._seen.items() if status == "running"]
            chosen = replace(self._filter, ids=tuple(running[-_FOLLOWED:]))
            ended = self._logger.reader.list_summaries(chosen.make_page_query()).summaries
            yield from self._list_news([*self._read_newest(_PAGE), *ended])

    def describe_failure(self, found: Summary) -> str:
        if found.error is None:
            return ""
        # A summary has the failed node's id, and only the record has its name.
        query = HistoryFilter(ids=(found.id,)).make_page_query(limit=1, max_nodes=_NODES)
        records = self._logger.query(query).executions
        return describe_reason(records[0]) if records else find_first_line(found.error.message)

    def _read_newest(self, limit: int) -> tuple[Summary, ...]:
        return self._logger.reader.list_summaries(
            self._filter.make_page_query(limit=limit)
        ).summaries

    def _matches(self, found: Summary) -> bool:
        crashed = found.error is not None and found.error.kind == CRASHED
        return crashed or not self._only_crashed

    def _list_news(self, found: Iterable[Summary]) -> Iterator[Summary]:
        for summary in sorted(found, key=lambda summary: summary.started_at):
            if self._seen.get(summary.id) == summary.status or not self._matches(summary):
                continue
            self._seen[summary.id] = summary.status
            self._seen.move_to_end(summary.id)
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
            yield summary


def _print(console: Console, found: Summary, reason: str) -> None:
    crashed = found.error is not None and found.error.kind == CRASHED
    shape, colour = MARKS[CRASHED if crashed else found.status]
    name = draw_name(found)
    name.truncate(_NAME, overflow="ellipsis", pad=True)
    took = "" if found.duration_ms is None else format_duration(found.duration_ms)
    line = Text.assemble(
        (_format_time(found), "bright_black"),
        "  ",
        (shape, colour),
        " ",
        name,
        f"{took:>{_TOOK}}  ",
        (clean(found.id), "cyan"),
    )
    if reason:
        line.append(f"  {reason}", style="red")
    console.print(line, soft_wrap=True)
    console.file.flush()


def _format_time(found: Summary) -> str:
    moment = datetime.fromisoformat(found.completed_at or found.started_at)
    return f"{moment.astimezone():%H:%M:%S}"
