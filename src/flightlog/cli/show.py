"""`flightlog show`: print one execution as a tree of its nodes, or as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from cyclopts import Parameter
from msgspec import UNSET
from msgspec.structs import replace
from rich.console import Console, Group
from rich.text import Text
from rich.tree import Tree

from flightlog.cli.conversation import format_conversation
from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.history import HistoryChoice
from flightlog.cli.identify import LATEST, find
from flightlog.cli.log_lines import log_text
from flightlog.cli.nodes import nest_nodes, split_root
from flightlog.cli.payloads import format_payload
from flightlog.cli.terminal import choose_status_word, draw_status, make_output_console, write_json
from flightlog.clock import utc_now
from flightlog.errors import InvalidQueryError
from flightlog.models import read_node_call
from flightlog.record.decoding import encode_execution
from flightlog.record.model import ExecutionError, NodeExecution, Payload, WorkflowExecution
from flightlog.store.results import ExecutionStats
from flightlog.text import (
    clean,
    clean_lines,
    find_first_line,
    format_age,
    format_count,
    format_duration,
    format_time,
)

NODES_SHOWN: Final = 100
NODES_NAMED: Final = 10
STACK_LINES: Final = 6

_UNUSUAL: Final = 2
_ENOUGH_TO_COMPARE: Final = 5


def show(
    execution: Annotated[str, Parameter(name="ID")] = LATEST,
    /,
    *,
    errors: bool = False,
    node: Annotated[str | None, Parameter(metavar="NODE")] = None,
    no_payloads: bool = False,
    full: bool = False,
    json: bool = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    Show one execution with its nodes, inputs, outputs and errors.

    Args:
        execution: The execution's id, or its first characters if no other id begins so. Without an
            id, or for `latest`, the execution that started last.
        errors: Print only the nodes that failed.
        node: Print only this node, by its id or its name, with whole payloads.
        no_payloads: Print no inputs, outputs and trigger data.
        full: Print whole payloads, stacks and lists of nodes, however long.
        json: Print the record as JSON; its payloads keep their received bytes.
        history: The history to read.

    Returns:
        The exit code.

    Raises:
        NotFoundError: The execution does not exist.
        InvalidQueryError: Several ids begin with these characters, or there is no such node.
        StoreError: The history can't be opened or read.
    """
    with (history or HistoryChoice()).open() as logger:
        record = find(logger, execution)
        usual = logger.get_stats(record.workflow_id, record.project_id)
    count = len(split_root(record)[1])
    record = _select_node(record, errors=errors, node=node, no_payloads=no_payloads)
    if json:
        write_json(encode_execution(record))
    else:
        whole = full or node is not None
        print_execution(
            make_output_console(),
            record,
            utc_now().astimezone(),
            usual=usual,
            full=whole,
            title=_describe_failed(record, count) if errors else None,
        )
    return ExitCode.OK


def _select_node(
    record: WorkflowExecution, *, errors: bool, node: str | None, no_payloads: bool
) -> WorkflowExecution:
    root, nodes = split_root(record)
    roots: tuple[NodeExecution, ...] = () if root is None else (root,)
    if node is not None:
        nodes = tuple(found for found in nodes if node in {found.node_id, found.node_name})
        if not nodes:
            raise InvalidQueryError(
                "--node",
                f"is {node!r}, and the execution has no such node",
                hint=_format_nodes(record),
            )
    if errors:
        nodes = tuple(found for found in nodes if found.status == "error")
    trigger = record.trigger
    if no_payloads:
        nodes = tuple(_drop_payloads(found) for found in nodes)
        trigger = None if trigger is None else replace(trigger, data=UNSET)
        roots = tuple(_drop_payloads(found) for found in roots)
    if node is None and not errors:
        nodes = (*roots, *nodes)
    return replace(record, node_executions=nodes, trigger=trigger)


def _describe_failed(record: WorkflowExecution, count: int) -> str:
    failed = len(record.node_executions)
    return f"{failed:,} of {format_count(count, 'node execution')} failed"


def _drop_payloads(node: NodeExecution) -> NodeExecution:
    return replace(node, input=UNSET, output=UNSET, logs=UNSET)


def _format_nodes(record: WorkflowExecution) -> str:
    names = list(dict.fromkeys(found.node_name for found in split_root(record)[1]))
    more = f", and {len(names) - NODES_NAMED:,} more" if len(names) > NODES_NAMED else ""
    shown = ", ".join(names[:NODES_NAMED])
    return f"Its nodes are: {shown}{more}." if names else "The execution has no nodes."


def print_execution(
    console: Console,
    record: WorkflowExecution,
    now: datetime,
    *,
    usual: ExecutionStats | None = None,
    full: bool = False,
    title: str | None = None,
) -> None:
    """
    Print an execution: its outcome, the reason, its trigger, and its nodes as a tree.

    Args:
        console: The console for the output.
        record: The execution with its payloads.
        now: The current time, in the reader's time zone.
        usual: The workflow's statistics, for comparing the duration.
        full: Shorten nothing.
        title: The line above the nodes; their number by default.
    """
    console.print(_write_headline(record, usual))
    console.print(_write_facts(record, now), soft_wrap=True)
    if record.error is not None:
        console.print()
        console.print(_write_reason(record.error, full=full))
    console.print()
    if record.trigger is not None and record.trigger.data is not UNSET:
        name = f"trigger {clean(record.trigger.type)}"
        console.print(
            format_payload(name, record.trigger.data, width=console.width - 4, full=full),
            crop=False,
        )
    root, nodes = split_root(record)
    if root is not None and root.output is not UNSET:
        result = format_payload("result", root.output, width=console.width - 4, full=full)
        console.print(result, crop=False)
    if root is not None and root.logs is not UNSET:
        console.print(log_text(root.logs, full=full), crop=False)
    title = title or format_count(len(nodes), "node execution")
    tree = Tree(Text(title, style="bright_black"))
    tree.guide_style = "bright_black"
    _grow(tree, nodes, width=console.width, full=full, skip=record.error)
    console.print(tree, crop=False)


def _write_headline(record: WorkflowExecution, usual: ExecutionStats | None) -> Text:
    shape = draw_status(record.status, record.error)
    facts = [choose_status_word(record.status, record.error)]
    if record.duration_ms is not None:
        facts.append(
            format_duration(record.duration_ms) + _describe_unusual(record.duration_ms, usual)
        )
    if record.trigger is not None:
        simulated = ", simulated" if record.trigger.is_simulated else ""
        facts.append(clean(record.trigger.type) + simulated)
    if record.execution_mode is not None:
        facts.append(record.execution_mode)
    return Text.assemble(
        shape,
        " ",
        (clean(record.workflow_name), "bold"),
        "  ",
        (facts[0], shape.style),
        "".join(f" · {fact}" for fact in facts[1:]),
    )


def _describe_unusual(duration_ms: float, usual: ExecutionStats | None) -> str:
    if usual is None or not usual.p50_duration_ms or usual.total < _ENOUGH_TO_COMPARE:
        return ""
    times = duration_ms / usual.p50_duration_ms
    return f" ({times:,.0f}× usual)" if times >= _UNUSUAL else ""


def _write_facts(record: WorkflowExecution, now: datetime) -> Text:
    started, relative = format_time(record.started_at, now), format_age(record.started_at, now)
    if not started.startswith(relative):
        started += f" ({relative})"
    facts = [
        ("execution", record.id),
        ("name", record.name),
        ("workflow", record.workflow_id),
        ("started", started),
        ("project", record.project_id),
        ("part of", record.parent_execution_id),
        ("retry of", record.retry_of),
        ("tags", ", ".join(f"{key}={value}" for key, value in (record.tags or {}).items())),
    ]
    return Text("\n").join(
        Text.assemble((f"  {name:<10}", "bright_black"), clean(value))
        for name, value in facts
        if value
    )


def _write_reason(error: ExecutionError, *, full: bool) -> Text:
    kind = None if error.kind in {"exception", "crashed"} else error.kind
    lines = clean_lines(error.message) if full else [find_first_line(error.message)]
    what = ": ".join([clean(word) for word in (kind, error.type) if word] + lines[:1])
    text = Text.assemble((what, "bold red"))
    for line in lines[1:]:
        text.append(f"\n{line}", style="red")
    if error.stack:
        stack = clean_lines(error.stack)
        if not full and len(stack) > STACK_LINES:
            hidden = format_count(len(stack) - STACK_LINES, "line")
            text.append(f"\n… {hidden} above: --full shows them", style="bright_black")
            stack = stack[-STACK_LINES:]
        text.append("\n" + "\n".join(stack), style="red")
    return text


def _grow(
    tree: Tree,
    nodes: tuple[NodeExecution, ...],
    *,
    width: int,
    full: bool,
    skip: ExecutionError | None,
) -> None:
    branches: dict[int, Tree] = {}
    hidden = 0
    for position, (node, parent, depth) in enumerate(nest_nodes(nodes)):
        if not full and position >= NODES_SHOWN and node.status != "error":
            hidden += 1
            continue
        branch = branches.get(parent, tree) if parent is not None else tree
        room = max(20, width - 4 * (depth + 2))
        label = _write_node(node)
        parts = [label]
        call = read_node_call(node)
        if call is not None and call.turns:
            parts.append(format_conversation(call, full=full))
        for name, value in (("input ", node.input), ("output", node.output)):
            if _says_something(name, value) and (call is None or full):
                assert value is not UNSET
                parts.append(format_payload(name, value, width=room, full=full))
        if node.logs is not UNSET:
            parts.append(log_text(node.logs, full=full))
        if node.error is not None:
            parts.append(_write_node_error(node.error, skip, full=full))
        branches[node.sequence or 0] = branch.add(Group(*parts))
    if hidden:
        tree.add(
            Text(f"{format_count(hidden, 'more node execution')}: --full shows all", "bright_black")
        )


def _says_something(name: str, value: Payload) -> bool:
    # Hide an input of `{}`, because editors send `{}` as the input of every node.
    return value is not UNSET and not (name.strip() == "input" and bytes(value) == b"{}")


def _write_node(node: NodeExecution) -> Text:
    text = Text.assemble(draw_status(node.status, node.error), " ", (clean(node.node_name), "bold"))
    facts = [clean(node.node_type)]
    if node.attempt is not None and node.attempt > 1:
        facts.append(f"attempt {node.attempt}")
    if node.duration_ms is not None:
        facts.append(format_duration(node.duration_ms))
    if node.status not in {"success", "error"}:
        facts.append(node.status)
    text.append("".join(f" · {fact}" for fact in facts), style="bright_black")
    return text


def _write_node_error(error: ExecutionError, shown: ExecutionError | None, *, full: bool) -> Text:
    # The execution's error is already printed above, so don't repeat its stack.
    if shown is not None and error.message == shown.message and not full:
        return Text(find_first_line(error.message), style="red")
    return _write_reason(error, full=full)
