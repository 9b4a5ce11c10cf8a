"""
Captures what the code of a node logs: records of `logging` and structlog, and optionally prints.

The records of a node are bounded: the first and the last ones are kept. They are written while the
node runs, each time their number has doubled, and at the node's end. So a crash loses at most the
newer half. `install` wraps `logging.Logger.callHandlers`, because a handler of our own would change
the program's logging: a logger without handlers prints warnings, and `basicConfig` does nothing
where a handler exists.
"""

from __future__ import annotations

import builtins
import functools
import logging
import sys
from collections import deque
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeAlias, cast

from flightlog.capture import scope
from flightlog.capture.ids import to_text
from flightlog.capture.settings import RecorderSettings

Entry: TypeAlias = dict[str, str]
"""A log record: time, level, logger and message."""
Swallow: TypeAlias = Callable[[BaseException], None]

KEPT_FIRST: Final = 100
KEPT_LAST: Final = 200
MESSAGE_CHARACTERS: Final = 4_000

WORKFLOW_LOGGER: Final = "flightlog.workflow."
"""The prefix of the loggers of generated workflows."""

_OURS: Final = "flightlog"
_PLAIN: Final = (str, int, float, bool, type(None))
_FIELDS: Final = frozenset({"event", "level", "logger", "timestamp", "exc_info", "_record"})


class LogScope(Protocol):
    """A node that takes log records."""

    @property
    def settings(self) -> RecorderSettings:
        """The settings of the node's recorder."""
        ...

    def redact_part(self, text: str, start: int, end: int) -> str:
        """
        Remove what is secret from a part of a text.

        Args:
            text: The text.
            start: Where the part starts.
            end: Where it ends.

        Returns:
            The part.
        """
        ...

    def note_log(self, entry: Entry) -> None:
        """
        Keep a log record.

        Args:
            entry: The record.
        """
        ...


class NodeLogs:
    """The log records of one node execution, within bounds."""

    def __init__(self) -> None:
        self._first: list[Entry] = []
        self._last: deque[Entry] = deque(maxlen=KEPT_LAST)
        self._count = 0
        self._written = 0

    def add(self, entry: Entry) -> bool:
        """
        Keep a record.

        Args:
            entry: The record.

        Returns:
            Whether the records should be written now: their number has doubled.
        """
        (self._first if len(self._first) < KEPT_FIRST else self._last).append(entry)
        self._count += 1
        return self._count >= 2 * self._written

    @property
    def is_unwritten(self) -> bool:
        """Whether records were added since `take`."""
        return self._count > self._written

    def take(self) -> list[Entry]:
        """
        Return the kept records, which the caller writes.

        Returns:
            The records in order; one record stands for those that were left out.
        """
        last = list(self._last)
        left_out = self._count - len(self._first) - len(last)
        self._written = self._count
        if left_out <= 0:
            return [*self._first, *last]
        message = f"{left_out:,} log records are left out here"
        gap = {"time": last[0]["time"], "level": "NOTSET", "logger": _OURS, "message": message}
        return [*self._first, gap, *last]


def install(swallow: Swallow, *, prints: bool) -> None:
    """
    Capture log records from now on; repeated calls are allowed.

    Args:
        swallow: Receives each fault of capturing; the program's own logging goes on.
        prints: Whether to capture `print`, too.
    """
    _faults.swallow = swallow
    if not hasattr(logging.Logger.callHandlers, "captures"):
        wrapped = _wrap_call_handlers(logging.Logger.callHandlers)
        logging.Logger.callHandlers = wrapped  # type: ignore[assignment, method-assign]
    if prints and not hasattr(builtins.print, "captures"):
        builtins.print = _wrap_print(builtins.print)


class _Faults:
    """Holds the function that receives faults."""

    swallow: Swallow | None = None


_faults: Final = _Faults()


def structlog_processor(
    logger: Any, method: str, event_dict: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """
    Capture a structlog event; put this function before the renderer in structlog's processors.

    Events that structlog hands to `logging` are captured there, and not twice.

    Args:
        logger: The wrapped logger.
        method: The name of the logging method.
        event_dict: The event.

    Returns:
        The event, unchanged.
    """
    node = _find_scope()
    if node is not None and not isinstance(logger, logging.Logger):
        _note_entry(node, lambda: _make_structlog_entry(node, logger, method, event_dict))
    return event_dict


def _find_scope(*, prints: bool = False) -> LogScope | None:
    find_innermost = scope.find_innermost()
    # Executions, and nodes of other processes, take no log records.
    if not hasattr(find_innermost, "note_log"):
        return None
    node = cast(LogScope, find_innermost)
    return node if (node.settings.prints if prints else node.settings.logs) else None


def _note_entry(node: LogScope, make_entry: Callable[[], Entry]) -> None:
    try:
        node.note_log(make_entry())
    except BaseException as fault:
        if _faults.swallow is None:
            raise
        _faults.swallow(fault)


def _wrap_call_handlers(
    call_handlers: Callable[[logging.Logger, logging.LogRecord], None],
) -> Callable[[logging.Logger, logging.LogRecord], None]:
    @functools.wraps(call_handlers)
    def call_handlers_captured(self: logging.Logger, record: logging.LogRecord) -> None:
        node = _find_scope()
        if node is not None and not _is_ours(record.name):
            _note_entry(node, lambda: _make_record_entry(node, record))
        call_handlers(self, record)

    call_handlers_captured.captures = True  # type: ignore[attr-defined]
    return call_handlers_captured


def _is_ours(logger: str) -> bool:
    # The nodes of a generated workflow log below this name, also their warnings.
    return logger.partition(".")[0] == _OURS and not logger.startswith(WORKFLOW_LOGGER)


def _wrap_print(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def print_captured(*values: Any, **options: Any) -> None:
        node = _find_scope(prints=True)
        if node is not None and options.get("file") in {None, sys.stdout, sys.stderr}:
            separator = options.get("sep")
            text = (" " if separator is None else to_text(separator)).join(map(to_text, values))
            _note_entry(node, lambda: _make_entry(node, datetime.now(UTC), "INFO", "print", text))
        original(*values, **options)

    print_captured.captures = True  # type: ignore[attr-defined]
    return print_captured


def _make_entry(node: LogScope, time: datetime, level: str, logger: str, message: str) -> Entry:
    if len(message) > MESSAGE_CHARACTERS:
        left_out = len(message) - MESSAGE_CHARACTERS
        kept = node.redact_part(message, 0, MESSAGE_CHARACTERS)
        message = f"{kept}… ({left_out:,} more characters)"
    moment = time.isoformat(timespec="microseconds").removesuffix("+00:00")
    return {"time": f"{moment}Z", "level": level, "logger": logger, "message": message}


def _make_record_entry(node: LogScope, record: logging.LogRecord) -> Entry:
    message = _format_message(record.msg, record.args)
    raised = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    if raised is not None:
        message += f"\n{type(raised).__qualname__}: {raised}"
    time = datetime.fromtimestamp(record.created, UTC)
    return _make_entry(node, time, to_text(record.levelname), to_text(record.name), message)


def _format_message(template: object, args: object) -> str:
    # Format without the code of the arguments, because recording runs no code of values.
    text = to_text(template)
    try:
        if isinstance(args, tuple) and args:
            return text % tuple(map(_to_plain, args))
        if type(args) is dict and args:
            return text % {name: _to_plain(value) for name, value in args.items()}
    except (TypeError, ValueError, KeyError):
        # A number's format got an object that is no number.
        values = args if isinstance(args, tuple) else (args,)
        return " ".join([text, *map(to_text, values)])
    return text


def _to_plain(value: object) -> object:
    return value if type(value) in _PLAIN else to_text(value)


def _make_structlog_entry(
    node: LogScope, logger: Any, method: str, event: Mapping[str, Any]
) -> Entry:
    more = [f"{name}={to_text(value)}" for name, value in event.items() if name not in _FIELDS]
    message = " ".join([to_text(event.get("event", "")), *more])
    level = to_text(event.get("level", method)).upper()
    name = event.get("logger") or getattr(logger, "name", None) or "structlog"
    return _make_entry(node, datetime.now(UTC), level, to_text(name), message)
