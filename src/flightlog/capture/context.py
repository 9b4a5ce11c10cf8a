"""
Makes and owns the objects that all executions of one recorder share.

The context is made from the recorder's settings. In another process, unpickled recorders,
executions and nodes with the same settings share one context, too.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from typing import Final
from weakref import WeakValueDictionary

from msgspec import Struct
from msgspec.structs import replace

from flightlog.capture import logs
from flightlog.capture import threads as thread_scope
from flightlog.capture.faults import FaultBarrier
from flightlog.capture.ids import RedactedNames
from flightlog.capture.messages import Append
from flightlog.capture.payloads import PayloadEncoder
from flightlog.capture.pipeline import Pipeline
from flightlog.capture.process import find_pipeline
from flightlog.capture.settings import (
    PipelineSettings,
    RecorderSettings,
    ThreadScope,
    choose_limits,
    choose_spool_dir,
    choose_threads,
    choose_url,
    explain_url,
)
from flightlog.errors import InvalidSettingError
from flightlog.redaction import SHORTEST_SECRET, RedactionRules, Redactor, environment_secrets
from flightlog.secret_key import SecretKey, load_secret_key
from flightlog.signal_handlers import EXHAUSTED

_MOST_WAITING: Final = 1024
_MOST_REMADE: Final = 64


class CaptureContext(Struct, frozen=True, kw_only=True, weakref=True):
    """The objects that all executions of one recorder share."""

    workflow_id: str
    workflow_name: str
    project_id: str | None
    pipeline: Pipeline
    append: Append
    redactor: Redactor
    threads: ThreadScope
    """The threads that get the scope of the running code."""
    barrier: FaultBarrier
    payloads: PayloadEncoder
    names: RedactedNames
    settings: RecorderSettings

    def register_secret(self, value: str) -> None:
        """
        Remove a value from all later records, in every encoding.

        Args:
            value: The secret. All but a text of at least four characters is reported and ignored.
        """
        if not isinstance(value, str) or len(value) < SHORTEST_SECRET:
            self.barrier.report_misuse(
                "a registered secret is ignored: use a text of at least "
                f"{SHORTEST_SECRET} characters"
            )
            return
        self.redactor.register_secret(value)
        self.payloads.forget()
        self.names.forget()


_contexts: Final[WeakValueDictionary[str, CaptureContext]] = WeakValueDictionary()
_remade: Final[dict[str, CaptureContext]] = {}
"""
Contexts of other processes' recorders. They are kept, because each task of a pool unpickles its
recorder again.
"""


def make_context(
    settings: RecorderSettings,
    url: str | None,
    observer: Callable[[bytes], None] | None = None,
) -> CaptureContext:
    """
    Make the context of a recorder.

    Args:
        settings: The recorder's settings.
        url: Where records are delivered, with credentials.
        observer: Gets each message.

    Returns:
        The context.

    Raises:
        InvalidSettingError: A setting is invalid.
    """
    threads, threads_trouble = choose_threads(settings.threads)
    installation, key_trouble = _load_installation()
    destination = choose_url(url)
    pipeline = find_pipeline(
        PipelineSettings(
            url=destination,
            spool_dir=choose_spool_dir(settings.spool_dir),
            limits=choose_limits(settings.max_spool_bytes),
            drain_timeout_s=settings.drain_timeout_s,
        ),
        installation,
    )
    report, barrier = pipeline.troubles.report, pipeline.barrier
    report("the installation's key", key_trouble)
    report("the threads setting", threads_trouble)
    # Check the URL at once, because a program that records nothing for hours must warn at its
    # start.
    report("the URL", explain_url(destination))
    rules = settings.redaction or RedactionRules()
    redactor = Redactor(
        installation.redaction_key,
        rules,
        secrets=environment_secrets(os.environ),
    )
    # Load the redactor's data now, so that the program's start takes the time and not its first
    # node.
    redactor.text("")
    append: Append = pipeline.append
    if observer is not None:
        append = _observe(append, observer, barrier)
    workflow_id, workflow_name = settings.workflow_id, settings.workflow_name
    context = CaptureContext(
        workflow_id=workflow_id,
        workflow_name=workflow_id if workflow_name is None else workflow_name,
        project_id=settings.project_id,
        pipeline=pipeline,
        append=append,
        redactor=redactor,
        threads=threads,
        barrier=barrier,
        payloads=PayloadEncoder(
            redactor, settings.max_payload_bytes, cached=not rules.except_paths
        ),
        names=RedactedNames(redactor),
        settings=settings,
    )
    with barrier:
        if threads != "none":
            thread_scope.install(barrier.swallow)
        if settings.logs or settings.prints:
            logs.install(barrier.swallow, prints=settings.prints)
    _contexts[settings.key] = context
    return context


def make_part_context(context: CaptureContext, part: str) -> CaptureContext:
    """
    Make the context of a part of a recorder's workflow, e.g. of one route.

    Args:
        context: The recorder's context.
        part: The part's name, which is appended to the workflow's id and name.

    Returns:
        A context that shares everything else with the recorder's context.
    """
    workflow_id, workflow_name = f"{context.workflow_id}:{part}", f"{context.workflow_name}: {part}"
    settings = replace(
        context.settings,
        key=f"{context.settings.key}:{part}",
        workflow_id=workflow_id,
        workflow_name=workflow_name,
    )
    made = replace(context, workflow_id=workflow_id, workflow_name=workflow_name, settings=settings)
    return _contexts.setdefault(settings.key, made)


def find_context(settings: RecorderSettings) -> CaptureContext:
    """
    Find the context of a recorder whose settings were unpickled, or make the context again.

    Args:
        settings: The recorder's settings.

    Returns:
        The recorder's own context in its own process; in another process, one that all unpickled
        objects of the recorder share.
    """
    found = _contexts.get(settings.key)
    if found is None:
        made = make_context(settings, settings.full_url())
        if len(_remade) >= _MOST_REMADE:
            _remade.pop(next(iter(_remade)), None)
        # If two threads unpickle at once, both get the first thread's context.
        found = _contexts[settings.key] = _remade.setdefault(settings.key, made)
    return found


def _observe(append: Append, observer: Callable[[bytes], None], barrier: FaultBarrier) -> Append:
    # A message that found no stack or memory for the observer goes to the observer before the next
    # message. Otherwise a node that ended with that message would appear to run forever.
    waiting: deque[bytes] = deque(maxlen=_MOST_WAITING)

    def append_observed(head: bytes, payload: bytes = b"", tail: bytes = b"") -> None:
        append(head, payload, tail)
        waiting.append(head + payload + tail)
        with barrier:
            while waiting:
                # Taken before the call, since other threads append, too.
                message = waiting.popleft()
                try:
                    observer(message)
                except EXHAUSTED:
                    waiting.appendleft(message)
                    raise

    return append_observed


def _load_installation() -> tuple[SecretKey, str | None]:
    try:
        return load_secret_key(), None
    except InvalidSettingError as error:
        # Recording continues, because the process that delivers the spool later has the right key.
        return SecretKey(os.urandom(32)), str(error)
