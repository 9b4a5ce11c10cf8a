"""
The redactor: payloads, texts and records with what is secret in them removed.

It owns the order of things: a first pass that most text doesn't survive as suspect, then the close
look, and what is put where the look itself failed. A text in which nothing is secret comes back as
the same object.
"""

from __future__ import annotations

import operator
import os
import threading
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar
from weakref import WeakSet

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from flightlog.fork_lock import fork_lock
from flightlog.record import placeholders
from flightlog.record.model import (
    ExecutionError,
    NodeExecution,
    Payload,
    Trigger,
    WorkflowExecution,
)
from flightlog.redaction.cuts import find_cut, redact_part
from flightlog.redaction.rules import SHORTEST_SECRET, RedactionRules
from flightlog.signal_handlers import exclusive, reraise_from_signal_handler

if TYPE_CHECKING:
    from flightlog.redaction.engine import Engine, Finding

_LARGE_BYTES: Final = 256 * 1024
_redactors: Final[WeakSet[Redactor]] = WeakSet()
_KEPT: Final = frozenset(
    {
        # Records are joined by ids, and addressed by them.
        "id",
        "workflow_id",
        "node_id",
        "project_id",
        "parent_execution_id",
        "parent_run_id",
        "retry_of",
        "process_id",
        "run_id",
        "started_at",
        "completed_at",
    }
)
"""The texts of records that stay as they are."""
FAILED: Final = "redaction_failed"
FAILED_TEXT: Final = "[REDACTION FAILED]"

Changed = TypeVar("Changed", bound=msgspec.Struct)


class Redactor:
    """
    Removes secrets; may be used by several threads.

    Args:
        key: The installation's secret, with which marks are made.
        rules: What is secret besides, and what is not.
        secrets: Known secrets, as `register_secret` takes them.
    """

    def __init__(
        self,
        key: bytes,
        rules: RedactionRules = RedactionRules(),  # noqa: B008 - frozen
        *,
        secrets: Iterable[str] = (),
    ) -> None:
        self._key = key
        self._rules = rules
        self._secrets = {secret: None for secret in secrets if len(secret) >= SHORTEST_SECRET}
        # A signal handler or a finalizer may record while its own thread makes the engine.
        self._lock = threading.RLock()
        self._engine: Engine | None = None
        _redactors.add(self)

    @exclusive
    def register_secret(self, value: str) -> None:
        """
        Remove a text from now on wherever it turns up, raw or encoded.

        Args:
            value: The secret. One of fewer than 4 characters is not removed: it stands by chance
                in much that has nothing to do with it.
        """
        if len(value) >= SHORTEST_SECRET and value not in self._secrets:
            self._secrets[value] = None
            self._engine = None

    def parts(self) -> tuple[bytes, RedactionRules, tuple[str, ...]]:
        """
        Return what makes an equal redactor in another process.

        Returns:
            The key, the rules, and the known secrets.
        """
        return self._key, self._rules, tuple(self._secrets)

    def explain(self, data: bytes) -> list[Finding]:
        """
        List the secrets in a text, and the rules that find them.

        Args:
            data: Any text, UTF-8.

        Returns:
            The secrets, in order.
        """
        return self._ready().explain(data)

    def mark(self, secret: bytes) -> bytes:
        """
        Make the placeholder of a secret.

        Args:
            secret: The secret as it is written.

        Returns:
            `[REDACTED:…]`; equal secrets have equal placeholders.
        """
        return self._ready().mark(secret)

    def payload(self, json: bytes, root: str) -> bytes:
        """
        Remove what is secret from a payload.

        Args:
            json: JSON text.
            root: Where paths that are excepted begin: `input`, `output` or `trigger`.

        Returns:
            JSON text; the same object when nothing is secret, a mark when redaction failed.
        """
        try:
            return (self._engine or self._ready()).payload(json, root)
        # Whatever went wrong, what was to be redacted must not pass, and the workflow must go on.
        except Exception as error:  # noqa: BLE001
            reraise_from_signal_handler(error)
            return placeholders.write_placeholder(
                FAILED, error=type(error).__name__, size=len(json)
            )

    def text(self, text: str) -> str:
        """
        Remove what is secret from a text: a message, a stack, a name.

        Args:
            text: Any text.

        Returns:
            The text; the same object when nothing is secret, `[REDACTION FAILED]` when redaction
            failed.
        """
        try:
            return (self._engine or self._ready()).text(text)
        except Exception as error:  # noqa: BLE001 - as in `payload`
            reraise_from_signal_handler(error)
            return FAILED_TEXT

    def part(self, text: str, start: int, end: int) -> str:
        """
        Remove what is secret from a part of a text, knowing the text around the part.

        Args:
            text: The text.
            start: Where the part starts.
            end: Where it ends.

        Returns:
            The part; `[REDACTION FAILED]` when redaction failed.
        """
        if start <= 0 and end >= len(text):
            return self.text(text)
        try:
            engine = self._engine or self._ready()
            return redact_part(text, start, end, self._find_spans, engine.mark)
        except Exception as error:  # noqa: BLE001 - as in `payload`
            reraise_from_signal_handler(error)
            return FAILED_TEXT

    def find_cut(self, text: str, end: int) -> int:
        """
        Find the last place at which a text can be cut so that no part of a secret is left.

        Args:
            text: The text; it should go on for `cuts.AFTER_CHARACTERS` after the place.
            end: Where the text should be cut.

        Returns:
            The place, `end` or before; 0 when redaction failed.
        """
        try:
            return find_cut(text, end, self._find_spans)
        except Exception as error:  # noqa: BLE001 - as in `payload`
            reraise_from_signal_handler(error)
            return 0

    def _find_spans(self, data: bytes) -> list[tuple[int, int]]:
        engine = self._engine or self._ready()
        return [(finding.start, finding.end) for finding in engine.explain(data)]

    def tags(self, tags: dict[str, str]) -> dict[str, str]:
        """
        Remove what is secret from tags: by their names, and within names and values.

        Args:
            tags: Names and values.

        Returns:
            The tags; the same object when nothing is secret. A single tag says so when redaction
            failed: a name may hold a secret, too.
        """
        try:
            return self._ready().tags(tags)
        except Exception as error:  # noqa: BLE001 - as in `payload`
            reraise_from_signal_handler(error)
            return {FAILED_TEXT: FAILED_TEXT} if tags else tags

    def record(self, record: WorkflowExecution) -> WorkflowExecution:
        """
        Remove what is secret from everything in a record but its ids.

        Args:
            record: Whole or partial.

        Returns:
            The record; the same object when nothing is secret.
        """
        nodes = tuple(map(self._node, record.node_executions))
        unchanged = all(map(operator.is_, nodes, record.node_executions))
        return self._struct(
            record,
            trigger=self._trigger(record.trigger),
            error=self._error(record.error),
            tags=None if record.tags is None else self.tags(record.tags),
            node_executions=record.node_executions if unchanged else nodes,
        )

    def _node(self, node: NodeExecution) -> NodeExecution:
        return self._struct(
            node,
            input=self._payload(node.input, "input"),
            output=self._payload(node.output, "output"),
            logs=self._payload(node.logs, "logs"),
            error=self._error(node.error),
        )

    def _trigger(self, trigger: Trigger | None) -> Trigger | None:
        if trigger is None:
            return None
        return self._struct(trigger, data=self._payload(trigger.data, "trigger"))

    def _error(self, error: ExecutionError | None) -> ExecutionError | None:
        return None if error is None else self._struct(error)

    def _struct(self, struct: Changed, **fields: object) -> Changed:
        """Remove what is secret from the texts of a part of a record, and set further fields."""
        for name in _list_texts(type(struct)):
            text = getattr(struct, name)
            if text is not None:
                fields[name] = self.text(text)
        changes = {
            name: value for name, value in fields.items() if value is not getattr(struct, name)
        }
        return replace(struct, **changes) if changes else struct

    def _payload(self, payload: Payload, root: str) -> Payload:
        if not isinstance(payload, Raw):
            return payload
        if len(memoryview(payload)) > _LARGE_BYTES and self._is_clean(payload):
            return payload
        json = bytes(payload)
        redacted = self.payload(json, root)
        return payload if redacted is json else Raw(redacted)

    def _is_clean(self, payload: Raw) -> bool:
        try:
            return self._ready().is_clean(memoryview(payload))
        except Exception as error:  # noqa: BLE001 - then the close look tells, as in `payload`
            reraise_from_signal_handler(error)
            return False

    def _ready(self) -> Engine:
        engine = self._engine
        if engine is None:
            # Importing Flightlog must not cost what only redacting needs.
            with fork_lock: kind = _import_engine()  # noqa: E701  # fmt: skip
            engine = self._made(kind)
        return engine

    @exclusive
    def _made(self, kind: type[Engine]) -> Engine:
        if self._engine is None:
            self._engine = kind(self._key, self._rules, tuple(self._secrets))
        return self._engine

    def after_fork(self) -> None:
        """In a forked child: forget a lock that another thread of the parent may hold."""
        self._lock = threading.RLock()


def _import_engine() -> type[Engine]:
    from flightlog.redaction.engine import Engine  # noqa: PLC0415 - see `_ready`

    return Engine


def _after_fork() -> None:
    for redactor in list(_redactors):
        redactor.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@cache
def _list_texts(part: type[msgspec.Struct]) -> tuple[str, ...]:
    """List the fields of a part of a record that hold text, so that none is forgotten."""
    return tuple(
        field.name
        for field in msgspec.structs.fields(part)
        if field.type in (str, str | None) and field.name not in _KEPT
    )
