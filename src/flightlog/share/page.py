"""
The page of a shared run: its facts, its error, its timeline, and the data of its nodes.

The page has no script, so that it also opens where programs show files without running them, and no
text of a record can become one. Its policy allows the page's own style sheet alone.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec import UNSET, Raw, Struct
from msgspec.structs import replace

from flightlog.clock import utc_now
from flightlog.errors import NotFoundError
from flightlog.models import read_node_call
from flightlog.record.model import ExecutionError, NodeExecution, Payload, WorkflowExecution
from flightlog.redaction import Redactor
from flightlog.share.conversation import show_conversation
from flightlog.share.markup import Html, element, join, write_document
from flightlog.share.timeline import Bar, draw_lane, place_bars
from flightlog.share.values import Space, show_payload, show_text
from flightlog.store.reader import ExecutionReader
from flightlog.text import find_first_line, format_count, format_duration, format_size, format_time
from flightlog.version import __version__

MAX_NODES: Final = 1_000
"""The largest number of node executions on a page."""
PAYLOAD_BYTES: Final = 1 << 20
"""The largest payload on a page; of a larger payload only the size is shown."""
RUN_BYTES: Final = 8 << 20
"""The largest size of all payloads of a page; the payloads of failed nodes come first."""

_MAX_LEVELS: Final = 12
_LEFT_OUT: Final = "leftOut"
_NOTE: Final = re.compile(rb'\{"\$flightlog":"leftOut","size":(?P<size>\d{1,15})\}')
_SHAPES: Final = {
    "success": "●",
    "error": "✕",
    "crashed": "⊗",
    "running": "◐",
    "pending": "○",
    "skipped": "○",
}
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_MAX_NAME: Final = 80


class LogRecord(Struct, frozen=True):
    """One log record of a node execution."""

    time: str
    """When the record was written."""
    level: str
    """The level, e.g. `INFO`."""
    logger: str
    """The logger."""
    message: str
    """The message."""


def name_file(execution_id: str) -> str:
    """
    Name the file of a shared run.

    Args:
        execution_id: The run.

    Returns:
        A name that every file system takes.
    """
    return f"flightlog-{_UNSAFE.sub('_', execution_id)[:_MAX_NAME]}.html"


def share_run(reader: ExecutionReader, execution_id: str, redactor: Redactor) -> bytes:
    """
    Read a run, and write it as one HTML file.

    Args:
        reader: The history.
        execution_id: The run.
        redactor: Removes secrets by today's rules.

    Returns:
        The page, UTF-8.

    Raises:
        NotFoundError: The run does not exist.
        StoreError: The history can't be read.
    """
    record = reader.read_page(execution_id, MAX_NODES, None)
    if record is None:
        raise NotFoundError(execution_id)
    more = record.next_nodes_cursor is not None
    return write_page(record, redactor, utc_now(), more_nodes=more)


def write_page(
    record: WorkflowExecution, redactor: Redactor, now: datetime, *, more_nodes: bool = False
) -> bytes:
    """
    Write a run as one HTML file.

    Everything is redacted once more, so that rules that were made after the run also apply.

    Args:
        record: The run with its payloads and at most `MAX_NODES` node executions.
        redactor: Removes secrets by today's rules.
        now: The current time.
        more_nodes: Whether the run has further node executions.

    Returns:
        The page, UTF-8.
    """
    record = redactor.record(_limit(record))
    space = Space()
    style, policy = _read_style()
    title = f"{record.name or record.workflow_name} · {_find_mark(record.status, record.error)}"
    page = write_document(
        style,
        policy,
        title,
        element("header", _write_head(record)),
        element(
            "main",
            _write_reason(record.error, space) if record.error is not None else None,
            _write_trigger(record, space),
            _write_nodes(record, redactor, space, more_nodes=more_nodes),
        ),
        element("footer", _write_foot(record, now)),
    )
    return page.encode("utf-8", "replace")


@cache
def _read_style() -> tuple[str, str]:
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return style, policy


def _limit(record: WorkflowExecution) -> WorkflowExecution:
    """Replace payloads that are too large by a note of their size, before they are redacted."""
    left = RUN_BYTES

    def keep(payload: Payload) -> Payload:
        nonlocal left
        if payload is UNSET:
            return payload
        size = len(memoryview(payload))
        if size > PAYLOAD_BYTES or size > left:
            return Raw(msgspec.json.encode({"$flightlog": _LEFT_OUT, "size": size}))
        left -= size
        return payload

    nodes = list(record.node_executions)
    order = sorted(range(len(nodes)), key=lambda place: nodes[place].status != "error")
    trigger = record.trigger
    if trigger is not None:
        trigger = replace(trigger, data=keep(trigger.data))
    for place in order:
        node = nodes[place]
        kept = {name: keep(getattr(node, name)) for name in ("input", "output", "logs")}
        nodes[place] = replace(node, **kept)
    return replace(record, trigger=trigger, node_executions=tuple(nodes))


def _find_mark(status: str, error: ExecutionError | None) -> str:
    return "crashed" if error is not None and error.kind == "crashed" else status


def _write_status(status: str, error: ExecutionError | None) -> Html:
    mark = _find_mark(status, error)
    return element("span", f"{_SHAPES.get(mark, '○')} {mark}", class_=f"status {mark}")


def _write_head(record: WorkflowExecution) -> Html:
    trigger = record.trigger
    facts = [
        ("workflow", record.workflow_name if record.name else None),
        ("execution", record.id),
        ("started", format_time(record.started_at, datetime.now(UTC))),
        ("duration", None if record.duration_ms is None else format_duration(record.duration_ms)),
        ("trigger", None if trigger is None else trigger.type),
        ("mode", record.execution_mode),
        ("project", record.project_id),
        ("part of", record.parent_execution_id),
        ("retry of", record.retry_of),
        ("tags", ", ".join(f"{key}={value}" for key, value in (record.tags or {}).items())),
    ]
    return join(
        element("h1", record.name or record.workflow_name),
        element("p", _write_status(record.status, record.error)),
        element(
            "dl",
            (
                element("div", element("dt", name), element("dd", value))
                for name, value in facts
                if value
            ),
        ),
    )


def _write_reason(error: ExecutionError, space: Space) -> Html:
    kind = None if error.kind in {"exception", "crashed"} else error.kind
    what = ": ".join(part for part in (kind, error.type, find_first_line(error.message)) if part)
    message = element("pre", show_text(error.message, space)) if "\n" in error.message else None
    where = None if error.node_id is None else element("p", "in ", error.node_id, class_="muted")
    stack = None
    if error.stack:
        summary = element("summary", "Stack")
        stack = element("details", summary, element("pre", show_text(error.stack, space)))
    return element(
        "section", element("p", show_text(what, space), class_="what"), where, message, stack,
        class_="reason",
    )  # fmt: skip


def _write_trigger(record: WorkflowExecution, space: Space) -> Html | None:
    if record.trigger is None or record.trigger.data is UNSET:
        return None
    trigger = _write_payload("Trigger", record.trigger.data, space, heading="h2")
    return element("section", trigger, class_="data")


def _write_nodes(
    record: WorkflowExecution, redactor: Redactor, space: Space, *, more_nodes: bool
) -> Html:
    bars, whole_ms = place_bars(record)
    levels = _find_levels(record.node_executions)
    counted = format_count(len(bars), "node execution")
    scale = element(
        "p",
        element("span", f"{counted}{', the first of more' if more_nodes else ''}"),
        element("span", f"0 – {format_duration(whole_ms)}" if whole_ms else ""),
        class_="scale",
    )
    # Failed nodes come first, so that they are shown whole even if the page is full then.
    nodes = record.node_executions
    order = sorted(range(len(bars)), key=lambda at: nodes[at].status != "error")
    failed = max((at for at in order if nodes[at].status == "error"), default=None)
    written: dict[int, Html] = {}
    for place in order:
        summary = _write_node(nodes[place], bars[place], whole_ms, levels[place])
        parts = list(_write_parts(nodes[place], redactor, space))
        if not parts:
            parts = [element("p", "No data", class_="muted")]
        written[place] = element("details", summary, parts, class_="node", open=place == failed)
    rows = [written[place] for place in range(len(bars))]
    return element("section", element("h2", "Timeline"), scale, rows, class_="nodes")


def _find_levels(nodes: tuple[NodeExecution, ...]) -> list[int]:
    known: dict[int | None, int] = {}
    levels = []
    for node in nodes:
        level = known[node.parent_sequence] + 1 if node.parent_sequence in known else 0
        known[node.sequence] = min(level, _MAX_LEVELS)
        levels.append(known[node.sequence])
    return levels


def _write_node(node: NodeExecution, bar: Bar, whole_ms: float, level: int) -> Html:
    facts = [node.node_type]
    if node.attempt is not None and node.attempt > 1:
        facts.append(f"attempt {node.attempt}")
    if bar.duration_ms or node.duration_ms is not None:
        facts.append(format_duration(bar.duration_ms))
    mark = _find_mark(node.status, node.error)
    shape = element("span", _SHAPES.get(mark, "○"), class_=f"status {mark}", title=mark)
    has_time = bar.duration_ms or node.started_at is not None
    return element(
        "summary",
        element("span", shape, " ", element("b", node.node_name), class_=f"name level{level}"),
        element("span", " · ".join(facts), class_="muted"),
        draw_lane(bar, whole_ms, node.status) if has_time else None,
    )


def _write_parts(node: NodeExecution, redactor: Redactor, space: Space) -> Iterator[Html]:
    if node.error is not None:
        # The node's own row says where it failed.
        yield _write_reason(replace(node.error, node_id=None), space)
    call = read_node_call(node)
    if call is not None and call.turns:
        yield show_conversation(call, redactor, space)
    if node.input is not UNSET:
        yield _write_payload("Input", node.input, space)
    if node.output is not UNSET:
        yield _write_payload("Output", node.output, space)
    if node.logs is not UNSET:
        yield _write_logs(node.logs, space)


def _write_payload(name: str, payload: Raw, space: Space, heading: str = "h3") -> Html:
    data = bytes(payload)
    size = _read_left_out(data)
    if size is not None:
        what = element("p", f"{format_size(size)}, too large for this file", class_="cut")
    elif space.left <= 0:
        what = element("p", f"{format_size(len(data))}, no space left in this file", class_="cut")
    else:
        what = element("div", show_payload(data, space), class_="json")
    return element("div", element(heading, name), what, class_="payload")


def _read_left_out(payload: bytes) -> int | None:
    # A record can hold such a note itself, with any value, and then it is shown as it is.
    found = _NOTE.fullmatch(payload)
    return None if found is None else int(found["size"])


def _write_logs(logs: Raw, space: Space) -> Html:
    try:
        records = msgspec.json.decode(logs, type=list[LogRecord])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _write_payload("Logs", logs, space)
    lines = []
    for record in records:
        if space.left <= 0:
            lines.append(element("div", "… more, not in this file", class_="cut"))
            break
        lines.append(
            element(
                "div",
                element("span", f"{record.time[11:23]} ", class_="muted"),
                element("b", f"{record.level} ", class_=f"log {_find_tone(record.level)}"),
                element("span", f"{record.logger}: ", class_="muted"),
                show_text(record.message, space),
            )
        )
    return element("div", element("h3", "Logs"), element("pre", lines), class_="payload")


def _find_tone(level: str) -> str:
    return {"WARNING": "warning", "ERROR": "error", "CRITICAL": "error"}.get(level, "plain")


def _write_foot(record: WorkflowExecution, now: datetime) -> Html:
    written = format_time(now.astimezone(UTC).isoformat(), now.astimezone(UTC))
    return join(
        element("p", f"Flightlog {__version__} · {written} · workflow {record.workflow_id}"),
        element("p", "Secrets are removed. This file has no script and loads nothing."),
    )
