"""
Owns `Recorder`, with which a workflow's code records executions and decorates functions.

`flightlog.capture.pipeline` stores and delivers the messages of the executions.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final, ParamSpec, TypeVar, cast, overload

from flightlog.capture import scope
from flightlog.capture import threads as thread_scope
from flightlog.capture.background import BackgroundNode
from flightlog.capture.context import CaptureContext, FaultBarrier
from flightlog.capture.copies import (
    CopiedAsItself,
    RecorderSettings,
    new_key,
    recorder_for,
    register,
    without_credentials,
)
from flightlog.capture.decorators import function_name, recorded
from flightlog.capture.encoded_cache import EncodedCache
from flightlog.capture.execution import Execution, ExecutionDetails
from flightlog.capture.ids import RedactedNames, as_text
from flightlog.capture.messages import Append
from flightlog.capture.node import ABSENT
from flightlog.capture.pipeline import CaptureStatus, Pipeline, pipeline_for
from flightlog.capture.root_node import NodeCall, RootNode, WorkflowCall
from flightlog.capture.settings import (
    CaptureSettings,
    Durability,
    PipelineSettings,
    ThreadScope,
    chosen_limits,
    chosen_spool_dir,
    chosen_threads,
    chosen_url,
    url_trouble,
)
from flightlog.errors import InvalidSettingError
from flightlog.record.model import ExecutionMode, Trigger
from flightlog.redaction import RedactionRules, Redactor, environment_secrets
from flightlog.secret_key import SecretKey, load_secret_key
from flightlog.signal_handlers import EXHAUSTED

P = ParamSpec("P")
R = TypeVar("R")

DEFAULT_MAX_PAYLOAD_BYTES = 1024 * 1024
DEFAULT_MAX_SPOOL_BYTES = 2 * 1024**3
_MOST_WAITING: Final = 1024


class Recorder(CopiedAsItself):
    """
    Records the executions of one workflow.

        recorder = Recorder("order-intake", "Order intake")

        with recorder.execution(trigger={"type": "http", "data": order}) as execution:
            with execution.node("charge", "Charge card", "httpRequest", input=order) as node:
                node.output = charge(order)

    The recorder opens nothing before the first record. Recording never raises, never waits for a
    network, and never loses a record that was taken, even if the process dies. A recorder can be
    used from several threads and tasks, and after a fork. A copy is the recorder itself. In another
    process, unpickling makes a new recorder from the settings, without secrets and the observer.

    Args:
        workflow_id: The workflow's id.
        workflow_name: The workflow's name for people; the id when None.
        url: Where records are delivered: a receiver, or `sqlite:FILE` with the server extra. When
            None, `FLIGHTLOG_URL`, else `CATALYST_EDITOR_URL`, else `http://localhost:3000`.
        spool_dir: Where records wait. When None, `FLIGHTLOG_SPOOL_DIR`, else the user's data
            directory.
        project_id: The project that the workflow belongs to.
        mode: `test` or `production`.
        redaction: Rules for secrets, beyond those that Flightlog recognizes by itself.
        max_payload_bytes: The size in bytes from which a value is truncated.
        max_spool_bytes: How many bytes may wait; near this limit, payloads are left out before
            records.
        durability: `process`: a record survives its process at once, and a power cut after a
            second. `power`: from its execution's end on, a record also survives a power cut.
        drain_timeout_s: How long the process may wait for delivery at its end, in seconds.
        threads: The threads that get the scope of the running code. `pools`: the tasks of a
            `ThreadPoolExecutor`. `all`: also every `threading.Thread`. `none`: neither. When None,
            `FLIGHTLOG_THREADS`, else `pools`.
        observer: Gets each message right after the message was appended: JSON of a partial record,
            without secrets. The observer is called in the recording thread; its faults are counted
            like faults of recording.

    Raises:
        InvalidSettingError: An argument is invalid. The environment's settings never raise.
    """

    def __init__(
        self,
        workflow_id: str,
        workflow_name: str | None = None,
        *,
        url: str | None = None,
        spool_dir: str | os.PathLike[str] | None = None,
        project_id: str | None = None,
        mode: ExecutionMode | None = None,
        redaction: RedactionRules | None = None,
        max_payload_bytes: int = DEFAULT_MAX_PAYLOAD_BYTES,
        max_spool_bytes: int = DEFAULT_MAX_SPOOL_BYTES,
        durability: Durability = "process",
        drain_timeout_s: float = 2.0,
        threads: ThreadScope | None = None,
        observer: Callable[[bytes], None] | None = None,
    ) -> None:
        self.set_up(
            RecorderSettings(
                key=new_key(),
                workflow_id=as_text(workflow_id),
                workflow_name=None if workflow_name is None else as_text(workflow_name),
                url=None if url is None else without_credentials(chosen_url(url)),
                spool_dir=None if spool_dir is None else str(chosen_spool_dir(spool_dir)),
                project_id=None if project_id is None else as_text(project_id),
                mode=mode,
                redaction=redaction,
                max_payload_bytes=max_payload_bytes,
                max_spool_bytes=max_spool_bytes,
                durability=durability,
                drain_timeout_s=drain_timeout_s,
                threads=threads,
            ),
            url,
            observer,
        )

    def set_up(
        self,
        settings: RecorderSettings,
        url: str | None,
        observer: Callable[[bytes], None] | None = None,
    ) -> None:
        """
        Set the recorder up from its settings; the constructor and unpickling call this.

        Args:
            settings: The recorder's settings.
            url: Where records are delivered, with credentials.
            observer: Gets each message.

        Raises:
            InvalidSettingError: A setting is invalid.
        """
        chosen, threads_fault = chosen_threads(settings.threads)
        installation, fault = _installation()
        destination = chosen_url(url)
        pipeline = pipeline_for(
            PipelineSettings(
                url=destination,
                spool_dir=chosen_spool_dir(settings.spool_dir),
                limits=chosen_limits(settings.max_spool_bytes),
                drain_timeout_s=settings.drain_timeout_s,
            ),
            installation,
        )
        pipeline.tell("the installation's key", fault)
        pipeline.tell("the threads setting", threads_fault)
        # Check the URL at once, because a program that records nothing for hours must warn at its
        # start.
        pipeline.tell("the URL", url_trouble(destination))
        rules = settings.redaction or RedactionRules()
        redactor = Redactor(
            installation.redaction_key,
            rules,
            secrets=environment_secrets(os.environ),
        )
        # Load the redactor's data now, so that the program's start takes the time and not its first
        # node.
        redactor.text("")
        self._mode = settings.mode
        self._drain_timeout_s = settings.drain_timeout_s
        barrier = FaultBarrier(pipeline)
        workflow_id, workflow_name = settings.workflow_id, settings.workflow_name
        self._context = CaptureContext(
            workflow_id=workflow_id,
            workflow_name=workflow_id if workflow_name is None else workflow_name,
            project_id=settings.project_id,
            pipeline=pipeline,
            append=pipeline.append if observer is None else _observed(pipeline, observer, barrier),
            redactor=redactor,
            settings=CaptureSettings(
                max_payload_bytes=settings.max_payload_bytes,
                durability=settings.durability,
                threads=chosen,
            ),
            barrier=barrier,
            encoded_cache=EncodedCache(enabled=not rules.except_paths),
            names=RedactedNames(redactor),
            recorder=settings,
        )
        if chosen != "none":
            with barrier:
                thread_scope.install(pipeline.swallow)
        register(self, settings.key)

    def __reduce__(self) -> str | tuple[Any, ...]:
        return recorder_for, (type(self), self._context.recorder)

    @property
    def context(self) -> CaptureContext:
        """The objects that the recorder's executions share."""
        return self._context

    def execution(
        self,
        *,
        trigger: Mapping[str, Any] | Trigger | str | None = None,
        execution_id: str | None = None,
        mode: ExecutionMode | None = None,
        parent_execution_id: str | None = None,
        retry_of: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Execution:
        """
        Record a run: `with recorder.execution(trigger={"type": "http", "data": …}) as execution:`.

        Args:
            trigger: The run's trigger: `{"type": …, "data": …}`, or a type alone.
            execution_id: 1 to 128 printable characters; None makes a new id. Each start under an id
                is a run of its own, and the id shows the newest run.
            mode: `test` or `production`; the recorder's mode when None.
            parent_execution_id: The execution whose sub-workflow this is; None: the execution in
                which this one begins, if any.
            retry_of: The execution that this one replays.
            tags: Free key and value text.

        Returns:
            The execution, a context manager.
        """
        return Execution(
            self._context,
            ExecutionDetails(
                trigger=trigger,
                execution_id=execution_id,
                mode=mode or self._mode,
                parent_execution_id=parent_execution_id,
                retry_of=retry_of,
                tags=tags,
            ),
        )

    @property
    def current(self) -> Execution | None:
        """The execution of the running code, of any recorder; None if there is none."""
        innermost = scope.innermost()
        return None if innermost is None else innermost.execution

    @overload
    def workflow(self, function: Callable[P, R]) -> Callable[P, R]: ...

    @overload
    def workflow(self, *, trigger: str = ...) -> Callable[[Callable[P, R]], Callable[P, R]]: ...

    def workflow(
        self, function: Callable[..., Any] | None = None, *, trigger: str = "manual"
    ) -> Any:
        """
        Record each call of a function as a run: `@recorder.workflow`.

        The call's arguments are the trigger's data. The function itself is the first node, with its
        arguments and its result. Functions, coroutines and (asynchronous) generators can be
        decorated.

        Args:
            function: The function.
            trigger: The trigger's type.

        Returns:
            The decorated function, or a decorator where no function is given.
        """

        def decorate(function: Callable[P, R]) -> Callable[P, R]:
            return recorded(function, WorkflowCall(self, trigger))

        return decorate if function is None else decorate(function)

    @overload
    def node(self, function: Callable[P, R], /) -> Callable[P, R]: ...

    @overload
    def node(
        self,
        node_id: str | None = ...,
        name: str | None = ...,
        type: str = ...,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]: ...

    def node(
        self,
        node_id: Callable[..., Any] | str | None = None,
        name: str | None = None,
        type: str = "function",  # noqa: A002 - the record's own word
    ) -> Any:
        """
        Record each call of a function as a node: `@recorder.node`, `@recorder.node("charge")`.

        The call's arguments are the node's input, and the result is the output. A call outside of
        any execution is a run of its own, of one node.

        Args:
            node_id: The node's id; the function's name when None.
            name: The node's name for people; the id when None.
            type: The node's type, e.g. `httpRequest`.

        Returns:
            The decorated function, or a decorator where no function is given.
        """

        def decorate(function: Callable[P, R]) -> Callable[P, R]:
            chosen = node_id if isinstance(node_id, str) else function_name(function)
            return recorded(function, NodeCall(self, chosen, name, type))

        # A classmethod can be decorated, although it is not callable before it belongs to a class.
        is_function = callable(node_id) or isinstance(node_id, classmethod)
        return decorate(cast(Callable[..., Any], node_id)) if is_function else decorate

    def root(
        self,
        *,
        trigger: Mapping[str, Any] | str | None = None,
        input: object = ABSENT,  # noqa: A002 - the record's own word
    ) -> RootNode:
        """
        Record a run as one node that holds all others, as decorated workflows and requests do.

        Args:
            trigger: The run's trigger.
            input: The input of the workflow as a whole.

        Returns:
            The node; the node begins and ends the execution.
        """
        context = self._context
        return self.run_of_one(
            context.workflow_id,
            context.workflow_name,
            "workflow",
            trigger=trigger,
            input=input,
        )

    def run_of_one(
        self,
        node_id: str,
        name: str | None,
        type: str,  # noqa: A002 - the record's own word
        *,
        trigger: Mapping[str, Any] | str | None,
        input: object,  # noqa: A002 - the record's own word
    ) -> RootNode:
        """
        Record a run that consists of one node, as decorated nodes outside of a run do.

        Args:
            node_id: The node's id.
            name: The node's name for people; the id when None.
            type: The node's type.
            trigger: The run's trigger.
            input: The node's input.

        Returns:
            The node; the node begins and ends the execution.
        """
        return RootNode(
            self.execution(trigger=trigger),
            self._context,
            node_id=node_id,
            name=name,
            type=type,
            input=input,
        )

    def background(self, root: RootNode) -> BackgroundNode:
        """
        Record the work that follows the end of a run, e.g. the background tasks of a request.

        Args:
            root: The run's node, which `root` returned.

        Returns:
            The node of the work.
        """
        return BackgroundNode(root, self._context)

    def register_secret(self, value: str) -> None:
        """
        Remove a value from all later records, in every encoding.

        Args:
            value: The secret.
        """
        with self._context.barrier:
            self._context.redactor.register_secret(value)
            self._context.encoded_cache.forget()
            self._context.names.forget()

    def flush(self, timeout_s: float = 10.0) -> bool:
        """
        Wait until everything recorded so far is delivered; for tests and short scripts.

        Args:
            timeout_s: How long to wait at most, in seconds; the wait is shorter while the receiver
                can't be reached.

        Returns:
            Whether everything is delivered. Permanently False once a record of this process was
            lost or refused, which `status()` reports; other undelivered records stay in the spool.
        """
        return self._context.pipeline.flush(timeout_s)

    def close(self, timeout_s: float = 2.0) -> None:
        """
        Deliver the waiting records and end the threads; a process does so at its end by itself.

        As long as an execution of the process runs, this method only delivers.

        Args:
            timeout_s: How long to deliver at most, in seconds; the rest stays in the spool.
        """
        self._context.pipeline.close(timeout_s)

    @property
    def barrier(self) -> FaultBarrier:
        """Keeps faults of recording from the workflow; a reusable context manager."""
        return self._context.barrier

    def status(self) -> CaptureStatus:
        """
        Return the state of recording in this process.

        Returns:
            The counts and the current problem.
        """
        return self._context.pipeline.status()

    @contextlib.asynccontextmanager
    async def lifespan(self, app: object = None) -> AsyncIterator[None]:  # noqa: ARG002 - per protocol
        """
        Deliver waiting records at an application's end: `FastAPI(lifespan=recorder.lifespan)`.

        Args:
            app: The application, which is not used.

        Yields:
            None, once, while the application runs.
        """
        import asyncio  # noqa: PLC0415 - only web applications need it

        try:
            yield
        finally:
            await asyncio.to_thread(self._context.pipeline.close, self._drain_timeout_s)


def _observed(
    pipeline: Pipeline, observer: Callable[[bytes], None], barrier: FaultBarrier
) -> Append:
    # A message that found no stack or memory for the observer goes to the observer before the next
    # message. Otherwise a node that ended with that message would appear to run forever.
    waiting: deque[bytes] = deque(maxlen=_MOST_WAITING)

    def append(head: bytes, payload: bytes = b"", tail: bytes = b"") -> None:
        pipeline.append(head, payload, tail)
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

    return append


def _installation() -> tuple[SecretKey, str | None]:
    try:
        return load_secret_key(), None
    except InvalidSettingError as error:
        # Recording continues, because the process that delivers the spool later has the right key.
        return SecretKey(os.urandom(32)), str(error)
