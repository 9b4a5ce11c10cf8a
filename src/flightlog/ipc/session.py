"""
`Session`: one editor's connection, from its first byte to its last, with the receiver beside it.

A session ends at the end of standard input, at `exit`, at SIGTERM or SIGINT, and at the death of
the process that started it. The end is always the same: running calls are answered, records that
the receiver has accepted are stored, and the histories are closed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import FileIO
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from flightlog.clock import Clock, utc_now
from flightlog.ipc.changes import ChangeNotifier
from flightlog.ipc.channels import CHANNELS, Channel
from flightlog.ipc.errors import make_parse_error
from flightlog.ipc.listener import Listener
from flightlog.ipc.projects import OpenProject, OpenProjects, compute_database_path
from flightlog.ipc.protocol import Protocol
from flightlog.ipc.recording import RecordingRules, read_settings
from flightlog.ipc.requests import (
    Execution,
    Nothing,
    OneExecution,
    Port,
    Project,
    Record,
    Settings,
    Start,
    bind,
)
from flightlog.ipc.responses import (
    PROTOCOL_VERSION,
    Capabilities,
    Done,
    ExecutionsChanged,
    OpenedProject,
    Started,
)
from flightlog.ipc.routing import ProjectRouter
from flightlog.ipc.streams import FrameReader, FrameWriter
from flightlog.ipc.workflow_runs import WorkflowRuns
from flightlog.receiver import ReceiverSettings
from flightlog.record.decoding import decode_execution
from flightlog.record.model import WorkflowExecution
from flightlog.version import __version__

CHANGED: Final = "executions/changed"
PROGRESS: Final = "workflow/progress"
_GRACE_S: Final = 5.0


class Session:
    """
    Serves one editor.

    Args:
        path: The database of the history that is open at first; made if missing.
        project: The directory of the project of `path`; None for a history without a project.
        settings: The receiver's settings; when its port is in use, the receiver listens on another
            port.
        clock: The clock by which `execution:cleanup` computes ages.

    Raises:
        StoreError: The history can't be opened.
        InvalidSettingError: A setting of the receiver can't be used.
    """

    def __init__(
        self,
        path: Path,
        project: str | None,
        settings: ReceiverSettings,
        *,
        clock: Clock = utc_now,
    ) -> None:
        self._clock = clock
        self._rules = RecordingRules(clock)
        self._ending = threading.Event()
        self._parents = ParentWatch()
        self._protocol = Protocol()
        with ExitStack() as stack:
            notifier = ChangeNotifier(self._notify_change)
            stack.callback(notifier.close)
            self._histories = OpenProjects(path, project)
            self._histories.subscribe(notifier.note)
            stack.callback(self._histories.close)
            self._router = ProjectRouter(self._histories, self._rules)
            self._listener = Listener(self._router, settings)
            self._stack = stack.pop_all()
        self._runs = WorkflowRuns(
            self._histories, self._store, self._router.assign, self._listener.environment
        )
        self._add_methods()

    def run(self, source: FileIO, target: FileIO) -> None:
        """
        Serve until the editor is gone, then end in order.

        Args:
            source: The stream of the editor's messages.
            target: The stream for answers; nothing else is written to it.
        """
        self._protocol.writer = FrameWriter(target, self._ending.set)
        reader = threading.Thread(
            target=self._read, args=(source,), name="flightlog-ipc", daemon=True
        )
        with self._stack, self._listener.serving(), _end_at_signals(self._ending.set):
            reader.start()
            while not self._ending.wait(POLL_S) and not self._parents.gone():
                pass
            self._runs.stop_all()
            answered = self._finish_calls()
        if not answered:
            # Exit at once, because another process holds the pipe open without reading, so the
            # remaining answers can never be written.
            os._exit(0)

    def _read(self, source: FileIO) -> None:
        def damaged(reason: str) -> None:
            self._protocol.report(make_parse_error(reason))

        try:
            self._protocol.handle_bodies(FrameReader(source, damaged).bodies(), self._ending)
        finally:
            self._ending.set()

    def _finish_calls(self) -> bool:
        waiting = threading.Thread(target=self._protocol.finish, daemon=True)
        waiting.start()
        while waiting.is_alive() and not self._parents.gone():
            waiting.join(POLL_S)
        self._protocol.drop_waiting()
        waiting.join(_GRACE_S)
        return not waiting.is_alive()

    def _notify_change(self, project: str | None, execution_ids: tuple[str, ...]) -> None:
        self._protocol.notify(
            CHANGED, ExecutionsChanged(execution_ids=execution_ids, project_path=project)
        )
        for execution_id in execution_ids:
            progress = self._runs.read_progress(execution_id)
            if progress is not None:
                self._protocol.notify(PROGRESS, progress)

    def _store(self, record: WorkflowExecution, home: OpenProject) -> None:
        record = self._listener.redactor.record(replace(record, message=None))
        with self._histories.lend_reopened(home) as history:
            self._rules.store(history, home.project, [record])

    def _add_methods(self) -> None:
        for channel in CHANNELS:
            self._add_channel(channel)
        add, runs = self._protocol.add, self._runs
        add("initialize", lambda given: self._start(bind(Start, given)))
        add("project/open", lambda given: self._open(bind(Project, given)))
        add("settings/update", lambda given: self._update(bind(Settings, given)))
        add("receiver/listen", lambda given: self._listener.move(bind(Port, given).port))
        add("executions/log", lambda given: self._log(bind(Record, given)), threaded=True)
        add("workflow:generate-python", lambda given: runs.generate(_take_first(given)), slow=True)
        add("workflow:validate", lambda given: runs.validate(_take_first(given)), slow=True)
        add("workflow:get-code-preview", lambda given: runs.preview(_take_first(given)), slow=True)
        add("workflow:execute", self._execute, first=self._prepare_execution, slow=True)
        add("workflow:stop", lambda given: runs.stop(bind(OneExecution, given).execution_id))
        add("workflow:get-active", lambda _: runs.list_active())
        add("shutdown", lambda given: self._shut_down(bind(Nothing, given)))
        add("exit", lambda _: self._ending.set())
        self._protocol.carried_out = frozenset(
            channel.name for channel in CHANNELS if channel.changes
        )

    def _add_channel(self, channel: Channel) -> None:
        def prepare(given: Any) -> tuple[Any, OpenProject]:
            # Switch in the order of the calls, as in the editor's own main process.
            arguments = bind(channel.arguments, given, as_object=channel.as_object)
            return arguments, self._switch(getattr(arguments, "project_path", None))

        def call(prepared: tuple[Any, OpenProject]) -> Any:
            arguments, home = prepared
            with self._histories.lend_reopened(home) as history:
                return channel.call(arguments, history, self._clock)

        self._protocol.add(channel.name, call, threaded=True, first=prepare)

    def _switch(self, project: str | None) -> OpenProject:
        before = self._histories.current
        if project is None or compute_database_path(project) == before.path:
            return before
        return self._write_opened_project(self._histories.switch(project))

    def _write_opened_project(self, home: OpenProject) -> OpenProject:
        with self._histories.lend_reopened(home) as history:
            self._rules.clean(history, home.project)
        return home

    def _start(self, given: Start) -> Started:
        if given.process_id is not None:
            self._parents.watch(given.process_id)
        if isinstance(given.settings, dict):
            self._rules.settings = read_settings(given.settings)
        current = self._write_opened_project(self._histories.current)
        return Started(
            name="flightlog",
            version=__version__,
            protocol_version=PROTOCOL_VERSION,
            process_id=os.getpid(),
            capabilities=Capabilities(
                channels=tuple(channel.name for channel in CHANNELS),
                notifications=(CHANGED, PROGRESS),
            ),
            receiver=self._listener.address,
            database_path=str(current.path),
            project_path=current.project,
            recording=self._rules.find_settings(current.project),
        )

    def _open(self, given: Project) -> OpenedProject:
        return self._answer_open(
            self._write_opened_project(self._histories.switch(given.project_path))
        )

    def _answer_open(self, home: OpenProject) -> OpenedProject:
        return OpenedProject(
            database_path=str(home.path),
            project_path=home.project,
            recording=self._rules.find_settings(home.project),
        )

    def _update(self, given: Settings) -> OpenedProject:
        self._rules.settings = read_settings(given.settings)
        return self._answer_open(self._write_opened_project(self._histories.current))

    def _log(self, given: Record) -> Done:
        record = decode_execution(json.dumps(given.execution).encode())
        home = self._histories.find(given.project_path)
        self._store(record, home)
        return Done(success=True)

    def _prepare_execution(self, given: Any) -> tuple[Execution, OpenProject]:
        arguments = bind(Execution, given)
        return arguments, self._switch(arguments.project_path)

    def _execute(self, prepared: tuple[Execution, OpenProject]) -> dict[str, Any]:
        given, home = prepared
        return self._runs.execute(given.workflow_id, given.trigger_data, given.manifest, home)

    def _shut_down(self, _: Nothing) -> None:
        self._protocol.refusing = True


def _take_first(given: Any) -> Any:
    if isinstance(given, list):
        return given[0] if given else None
    return given


@contextmanager
def _end_at_signals(end: Callable[[], None]) -> Iterator[None]:
    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32":
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: end()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


POLL_S: Final = 0.5
"""The time between two checks, seconds."""


class ParentWatch:
    """
    Watches the process that started this one, and the process that `initialize` named.

    The end of standard input also reports their death, unless another process holds the pipe open.
    On Windows a process doesn't learn of its parent's death, so only standard input counts there.
    """

    def __init__(self) -> None:
        self._parent = os.getppid()
        self._client: int | None = None

    def watch(self, process_id: int) -> None:
        """
        Watch another process too.

        Args:
            process_id: The process whose death counts.
        """
        self._client = process_id

    def gone(self) -> bool:
        """
        Check whether a watched process has died.

        Returns:
            Whether at least one has died; always False on Windows.
        """
        if sys.platform == "win32":
            return False
        return os.getppid() != self._parent or not (self._client is None or _is_alive(self._client))


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
