"""`Listener`: the receiver of a session, which can move to another port."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from msgspec.structs import replace

from flightlog.errors import PortInUseError
from flightlog.ipc.responses import ReceiverAddress
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.histories import HistoryProvider
from flightlog.redaction import Redactor


class Listener:
    """
    Runs one receiver at a time.

    Args:
        histories: Store what the receiver takes.
        settings: The receiver's settings; when its port is in use, the receiver listens on another
            port.

    Raises:
        InvalidSettingError: A setting of the receiver can't be used.
    """

    def __init__(self, histories: HistoryProvider, settings: ReceiverSettings) -> None:
        self._histories = histories
        self._settings = settings
        self._lock = threading.Lock()
        self._serving: ExitStack | None = None
        try:
            self._receiver = Receiver(histories, settings, starts_late=True)
        except PortInUseError:
            self._receiver = Receiver(histories, replace(settings, port=0), starts_late=True)

    @property
    def address(self) -> ReceiverAddress:
        """The address of the receiver."""
        return ReceiverAddress(
            url=self._receiver.url,
            port=self._receiver.port,
            requested_port=self._settings.port,
        )

    @property
    def redactor(self) -> Redactor:
        """Removes the secrets from records that don't come through the receiver."""
        return self._receiver.redactor

    def environment(self) -> dict[str, str]:
        """
        Return the variables by which workflows find the receiver.

        Returns:
            The variables.
        """
        found = {"FLIGHTLOG_URL": self._receiver.url, "CATALYST_EDITOR_URL": self._receiver.url}
        if self._settings.spool_dir is not None:
            found["FLIGHTLOG_SPOOL_DIR"] = str(self._settings.spool_dir)
        return found

    @contextmanager
    def serving(self) -> Iterator[None]:
        """
        Serve while the `with` block runs.

        Yields:
            None.
        """
        with self._lock:
            self._serving = ExitStack()
            self._serving.enter_context(self._receiver.running())
        try:
            yield
        finally:
            with self._lock:
                self._serving.close()

    def move(self, port: int) -> ReceiverAddress:
        """
        Listen on another port instead; the present one stays when the other is in use.

        Args:
            port: The port; 0 is any free one.

        Returns:
            The receiver's address.

        Raises:
            PortInUseError: Another program listens on the port.
        """
        with self._lock:
            if port != self._receiver.port:
                receiver = Receiver(
                    self._histories, replace(self._settings, port=port), starts_late=True
                )
                before, self._receiver = self._serving, receiver
                self._serving = ExitStack()
                self._serving.enter_context(receiver.running())
                if before is not None:
                    before.close()
            self._settings = replace(self._settings, port=port)
        return self.address
