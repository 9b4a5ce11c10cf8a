"""
`Session`: one editor's connection, from its first byte to its last, with the receiver beside it.

A session ends at the end of standard input, at `exit`, at SIGTERM or SIGINT, and at the death of
the process that started it. The end is always the same: running calls are answered, records that
the receiver has accepted are stored, and the histories are closed.
"""

from __future__ import annotations

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
from flightlog.errors import PortInUseError
from flightlog.ipc.changes import ChangeNotifier
from flightlog.ipc.channels import CHANNELS, Channel
from flightlog.ipc.errors import unreadable
from flightlog.ipc.parent_watch import POLL_S, ParentWatch
from flightlog.ipc.projects import OpenProject, OpenProjects
from flightlog.ipc.protocol import Protocol
from flightlog.ipc.requests import Nothing, Project, Start, bind
from flightlog.ipc.responses import (
    PROTOCOL_VERSION,
    Capabilities,
    ExecutionsChanged,
    OpenedProject,
    ReceiverAddress,
    Started,
)
from flightlog.ipc.routing import RoutedStore
from flightlog.ipc.streams import FrameReader, FrameWriter
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.version import __version__

CHANGED: Final = "executions/changed"
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
        self._settings = settings
        self._ending = threading.Event()
        self._parents = ParentWatch()
        self._protocol = Protocol()
        with ExitStack() as opened:
            notifier = ChangeNotifier(self._tell_change)
            opened.callback(notifier.close)
            self._histories = OpenProjects(path, project)
            self._histories.subscribe(notifier.note)
            opened.callback(self._histories.close)
            self._receiver = _listen(
                ExecutionLogger(path, store=RoutedStore(self._histories)), settings
            )
            self._opened = opened.pop_all()
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
        with self._opened, self._receiver.running(), _ended_by_signals(self._ending.set):
            reader.start()
            while not self._ending.wait(POLL_S) and not self._parents.gone():
                pass
            answered = self._finish_calls()
        if not answered:
            # Exit at once, because another process holds the pipe open without reading, so the
            # remaining answers can never be written.
            os._exit(0)

    def _read(self, source: FileIO) -> None:
        def damaged(reason: str) -> None:
            self._protocol.report(unreadable(reason))

        try:
            self._protocol.handle_bodies(FrameReader(source, damaged).bodies(), self._ending)
        finally:
            self._ending.set()

    def _finish_calls(self) -> bool:
        pool = self._protocol.pool
        waiting = threading.Thread(target=pool.shutdown, daemon=True)
        waiting.start()
        while waiting.is_alive() and not self._parents.gone():
            waiting.join(POLL_S)
        pool.shutdown(wait=False, cancel_futures=True)
        waiting.join(_GRACE_S)
        return not waiting.is_alive()

    def _tell_change(self, project: str | None, execution_ids: tuple[str, ...]) -> None:
        self._protocol.notify(
            CHANGED, ExecutionsChanged(execution_ids=execution_ids, project_path=project)
        )

    def _add_methods(self) -> None:
        for channel in CHANNELS:
            self._add_channel(channel)
        add = self._protocol.add
        add("initialize", lambda given: self._start(bind(Start, given)))
        add("project/open", lambda given: self._open(bind(Project, given)))
        add("shutdown", lambda given: self._shut_down(bind(Nothing, given)))
        add("exit", lambda _: self._ending.set())
        self._protocol.carried_out = frozenset(
            channel.name for channel in CHANNELS if channel.changes
        )

    def _add_channel(self, channel: Channel) -> None:
        def call(given: Any) -> Any:
            arguments = bind(channel.arguments, given, as_object=channel.as_object)
            return channel.call(arguments, self._histories, self._clock)

        self._protocol.add(channel.name, call, threaded=True)

    def _start(self, given: Start) -> Started:
        if given.process_id is not None:
            self._parents.watch(given.process_id)
        current = self._histories.current
        return Started(
            name="flightlog",
            version=__version__,
            protocol_version=PROTOCOL_VERSION,
            process_id=os.getpid(),
            capabilities=Capabilities(
                channels=tuple(channel.name for channel in CHANNELS), notifications=(CHANGED,)
            ),
            receiver=ReceiverAddress(
                url=self._receiver.url,
                port=self._receiver.port,
                requested_port=self._settings.port,
            ),
            database_path=str(current.path),
            project_path=current.project,
        )

    def _open(self, given: Project) -> OpenedProject:
        return _opened(self._histories.switch(given.project_path))

    def _shut_down(self, _: Nothing) -> None:
        self._protocol.refusing = True


def _opened(history: OpenProject) -> OpenedProject:
    return OpenedProject(database_path=str(history.path), project_path=history.project)


def _listen(logger: ExecutionLogger, settings: ReceiverSettings) -> Receiver:
    try:
        return Receiver(logger, settings)
    except PortInUseError:
        return Receiver(logger, replace(settings, port=0))


@contextmanager
def _ended_by_signals(end: Callable[[], None]) -> Iterator[None]:
    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32":
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: end()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
