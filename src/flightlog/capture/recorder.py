"""
Owns `Recorder`, with which a workflow's code records executions and decorates functions.

`flightlog.capture.pipeline` stores and delivers the messages of the executions.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final, Never, ParamSpec, TypeVar, cast, overload
from weakref import WeakValueDictionary

from flightlog.capture import remote, scope  # noqa: F401 - `remote` unpickles executions and nodes
from flightlog.capture.background import BackgroundNode
from flightlog.capture.context import CaptureContext, find_context, make_context, make_part_context
from flightlog.capture.decorators import Decorator, name_function, recorded
from flightlog.capture.details import ABSENT, ExecutionDetails
from flightlog.capture.execution import Execution
from flightlog.capture.faults import FaultBarrier
from flightlog.capture.ids import to_text
from flightlog.capture.pickling import CopiedAsItself, make_key
from flightlog.capture.pipeline import CaptureStatus
from flightlog.capture.root_node import NodeCall, RootNode, WorkflowCall
from flightlog.capture.settings import (
    Durability,
    RecorderSettings,
    ThreadScope,
    check_arguments,
    choose_spool_dir,
    choose_url,
    strip_credentials,
)
from flightlog.record.model import ExecutionMode, Trigger
from flightlog.redaction import RedactionRules

P = ParamSpec("P")
R = TypeVar("R")

DEFAULT_MAX_PAYLOAD_BYTES = 1024 * 1024
DEFAULT_MAX_SPOOL_BYTES = 2 * 1024**3


class Recorder(CopiedAsItself):
    """
    Records the executions of one workflow.

        recorder = Recorder("order-intake", "Order intake")

        with recorder.execution(trigger={"type": "http", "data": order}) as execution:
            with execution.node("charge", "Charge card", "httpRequest", input=order) as node:
                node.output = charge(order)

    The recorder opens nothing before the first record. Recording never raises and never waits for a
    network. A record survives the process's death, unless the spool or its disk is full: then
    payloads are left out first, and `status` counts records that were lost. A recorder can be used
    from several threads and tasks, and after a fork. A copy is the recorder itself. In another
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
        logs: Whether to record what the code of a node logs with `logging`, beside its input and
            output: the records that the program's own levels let through.
        prints: Whether to record what the code of a node prints in the same way.
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
        logs: bool = True,
        prints: bool = False,
        observer: Callable[[bytes], None] | None = None,
    ) -> None:
        check_arguments(
            url=url,
            spool_dir=spool_dir,
            redaction=redaction,
            max_payload_bytes=max_payload_bytes,
            max_spool_bytes=max_spool_bytes,
            drain_timeout_s=drain_timeout_s,
            mode=mode,
            durability=durability,
        )
        self._context = make_context(
            RecorderSettings(
                key=make_key(),
                workflow_id=to_text(workflow_id),
                workflow_name=None if workflow_name is None else to_text(workflow_name),
                url=None if url is None else strip_credentials(choose_url(url)),
                spool_dir=None if spool_dir is None else str(choose_spool_dir(spool_dir)),
                project_id=None if project_id is None else to_text(project_id),
                mode=mode,
                redaction=redaction,
                max_payload_bytes=max_payload_bytes,
                max_spool_bytes=max_spool_bytes,
                durability=durability,
                drain_timeout_s=drain_timeout_s,
                threads=threads,
                logs=logs,
                prints=prints,
            ),
            url,
            observer,
        )
        _recorders[self._context.settings.key] = self

    def __reduce__(self) -> str | tuple[Any, ...]:
        return _unpickle_recorder, (type(self), self._context.settings)

    @property
    def context(self) -> CaptureContext:
        """The objects that the recorder's executions share."""
        return self._context

    def execution(
        self,
        *unnamed: Never,
        trigger: Mapping[str, Any] | Trigger | str | None = None,
        execution_id: str | None = None,
        mode: ExecutionMode | None = None,
        parent_execution_id: str | None = None,
        retry_of: str | None = None,
        tags: Mapping[str, str] | None = None,
        name: str | None = None,
    ) -> Execution:
        """
        Record a run: `with recorder.execution(trigger={"type": "http", "data": …}) as execution:`.

        Args:
            unnamed: Nothing: each argument needs its name.
            trigger: The run's trigger: `{"type": …, "data": …}`, or a type alone.
            execution_id: 1 to 128 printable characters; None makes a new id. Each start under an id
                is a run of its own, and the id shows the newest run.
            mode: `test` or `production`; the recorder's mode when None.
            parent_execution_id: The execution whose sub-workflow this is; None: the execution in
                which this one begins, if any.
            retry_of: The execution that this one replays.
            tags: Free key and value text.
            name: The run's name for people, e.g. `Order 7`.

        Returns:
            The execution, a context manager.

        Raises:
            TypeError: An argument has no name.
        """
        if unnamed:
            raise TypeError(
                "Recorder.execution() takes arguments by name: `with recorder.execution(trigger="
                "'http', name='Order 7') as execution:`. To record the calls of a function, "
                "decorate it with `@recorder.workflow`."
            )
        return Execution(
            self._context,
            ExecutionDetails(
                trigger=trigger,
                execution_id=execution_id,
                mode=mode or self._context.settings.mode,
                parent_execution_id=parent_execution_id,
                retry_of=retry_of,
                tags=tags,
                name=name,
            ),
        )

    @property
    def current(self) -> Execution | None:
        """The execution of the running code, of any recorder; None if there is none."""
        innermost = scope.find_innermost()
        # The `execution` of a scope is always an `Execution`; its protocol can't name the class.
        return None if innermost is None else cast(Execution, innermost.execution)

    @overload
    def workflow(self, function: Callable[P, R]) -> Callable[P, R]: ...

    @overload
    def workflow(
        self,
        *,
        trigger: str = ...,
        name: str | None = ...,
        tags: Mapping[str, str] | None = ...,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]: ...

    def workflow(
        self,
        function: Callable[..., Any] | None = None,
        *,
        trigger: str = "manual",
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Any:
        """
        Record each call of a function as a run: `@recorder.workflow`.

        The call's arguments are the trigger's data. The function itself is a node of type
        `workflow` that holds the other nodes and has the result as its output. Functions,
        coroutines and (asynchronous) generators can be decorated.

        Args:
            function: The function.
            trigger: The trigger's type.
            name: The run's name for people. `{order_id}` stands for the argument `order_id`, and
                `{order.id}` for the key `id` of the dict `order`.
            tags: Tags of each run; their values may contain arguments in the same way.

        Returns:
            The decorated function, or a decorator where no function is given.

        Raises:
            TypeError: The argument is no function, e.g. a text.
        """

        def decorate(function: Callable[P, R]) -> Callable[P, R]:
            return recorded(function, WorkflowCall(self, trigger, name, tags))

        if isinstance(function, str):
            raise TypeError(
                "Recorder.workflow() takes no id, because the recorder has the workflow's id. To "
                f"give the runs a name, write `@recorder.workflow(name={function!r})`."
            )
        block = "`with recorder.execution() as execution:`"
        return Decorator(decorate, "workflow", block) if function is None else decorate(function)

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

        Raises:
            TypeError: The argument is neither a function nor a text.
        """

        def decorate(function: Callable[P, R]) -> Callable[P, R]:
            chosen = node_id if isinstance(node_id, str) else name_function(function)
            return recorded(function, NodeCall(self, chosen, name, type))

        if node_id is None or isinstance(node_id, str):
            block = (
                f"`with execution.node({node_id or '…'!r}) as node:` "
                "within `with recorder.execution() as execution:`"
            )
            return Decorator(decorate, "node", block)
        return decorate(node_id)

    def root(
        self,
        *,
        trigger: Mapping[str, Any] | str | None = None,
        input: object = ABSENT,  # noqa: A002 - the record's own word
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> RootNode:
        """
        Record a run as one node that holds all others, as decorated workflows and requests do.

        Args:
            trigger: The run's trigger.
            input: The input of the workflow as a whole.
            name: The run's name for people.
            tags: Free key and value text.

        Returns:
            The node; the node begins and ends the execution.
        """
        context = self._context
        return RootNode(
            self.execution(trigger=trigger, name=name, tags=tags),
            context,
            node_id=context.workflow_id,
            name=context.workflow_name,
            type="workflow",
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

    def for_part(self, part: str) -> Recorder:
        """
        Make a recorder for a part of the workflow, as the middleware does for each route.

        Args:
            part: The part's name. The workflow's id becomes `<id>:<part>`, its name
                `<name>: <part>`.

        Returns:
            A recorder with the same settings, the same delivery and the same secrets.
        """
        context = make_part_context(self._context, part)
        return _unpickle_recorder(type(self), context.settings)

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
            value: The secret, a text of at least four characters; another value is ignored, which
                the log says once.
        """
        with self._context.barrier:
            self._context.register_secret(value)

    def shorten(self, text: str, end: int) -> str:
        """
        Cut a text so that no part of a secret is left at the cut.

        Args:
            text: The text. It should be longer than what is kept, because what follows a cut shows
                whether the cut divides a secret.
            end: How many characters to keep.

        Returns:
            The beginning of the text, `end` characters or fewer; a whole secret in it remains.
        """
        return text[: self._context.redactor.find_cut(text, end)]

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

        timeout_s = self._context.settings.drain_timeout_s
        try:
            yield
        finally:
            await asyncio.to_thread(self._context.pipeline.close, timeout_s)


_recorders: Final[WeakValueDictionary[str, Recorder]] = WeakValueDictionary()


def _unpickle_recorder(kind: type[Recorder], settings: RecorderSettings) -> Recorder:
    found = _recorders.get(settings.key)
    if found is None:
        made = kind.__new__(kind)
        made._context = find_context(settings)  # noqa: SLF001 - of this module
        # If two threads unpickle at once, both get the first thread's recorder.
        found = _recorders.setdefault(settings.key, made)
    return found
