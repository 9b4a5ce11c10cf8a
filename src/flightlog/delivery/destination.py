"""
Defines the protocol of a destination, and finds the destination of a URL.

`http` owns the protocol with a receiver. A destination that needs a database is an entry point in
the group `flightlog.destinations` with the URL's scheme as its name, because this layer must not
import the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, Protocol, cast

from msgspec import Struct

from flightlog.errors import InvalidSettingError
from flightlog.secret_key import SecretKey

_GROUP: Final = "flightlog.destinations"


class DeliveryResult(Struct, frozen=True, kw_only=True):
    """The result of sending records."""

    outcome: Literal["delivered", "later", "too_large", "rejected"]
    """
    `delivered`: the records are confirmed. `later`: nothing is confirmed, try again. `too_large`:
    send fewer records at once. `rejected`: the destination refuses at least one record permanently.
    """
    reason: str = ""
    """Why the records were not delivered, for people."""
    retry_after_s: float | None = None
    """How long to wait at least, in seconds, where the destination demands a pause."""


class Destination(Protocol):
    """Receives records; used by one thread at a time. No method raises on a network fault."""

    def send(self, lines: Sequence[bytes]) -> DeliveryResult:
        """
        Deliver records, all of them or none.

        Args:
            lines: Each record's JSON.

        Returns:
            The result.
        """
        ...

    def tell(self, process_id: str, *, last_number: int, ended: bool) -> bool:
        """
        Report a process's state: renew its lease, or report its end.

        Args:
            process_id: The process's id.
            last_number: The number of the process's newest message.
            ended: Whether the process sends no more messages; its running executions are then shown
                as crashed.

        Returns:
            Whether the destination confirmed the report.
        """
        ...

    def close(self) -> None:
        """Release connections; a later call opens them again."""
        ...


def destination_for(url: str, installation: SecretKey) -> Destination:
    """
    Make the destination of a URL, without connecting.

    Args:
        url: `http://…`, `https://…`, or `sqlite:FILE` with the server extra installed.
        installation: The key of the installation whose receivers are trusted.

    Returns:
        The destination.

    Raises:
        InvalidSettingError: There is no such destination.
    """
    scheme = url.partition(":")[0].lower()
    if scheme in {"http", "https"}:
        from flightlog.delivery.http import HttpDestination  # noqa: PLC0415 - an HTTP client

        return HttpDestination(url, installation)
    from importlib.metadata import entry_points  # noqa: PLC0415 - rarely needed

    found = entry_points(group=_GROUP, name=scheme)
    if not found:
        raise InvalidSettingError(
            "url",
            f"is {url!r}, to where nothing can be delivered",
            hint="Use http://HOST:PORT, or sqlite:FILE with `pip install 'flightlog[server]'`.",
        )
    try:
        make = next(iter(found)).load()
    except ImportError as error:
        raise InvalidSettingError(
            "url",
            f"is {url!r}, which needs more than is installed ({error})",
            hint="Run `pip install 'flightlog[server]'`.",
        ) from error
    return cast(Destination, make(url))
