"""
What every destination of records does, and finding the one for a URL.

How a receiver is asked is `http`'s business. What needs a database is named by an entry point of
the group `flightlog.destinations`, whose name is the URL's scheme, since this layer knows none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, Protocol, cast

from msgspec import Struct

from flightlog.errors import InvalidSettingError
from flightlog.secret_key import SecretKey

_GROUP: Final = "flightlog.destinations"


class DeliveryResult(Struct, frozen=True, kw_only=True):
    """What became of some records."""

    outcome: Literal["delivered", "later", "too_large", "rejected"]
    """
    `delivered`: confirmed, for good. `later`: nothing happened, try again. `too_large`: try fewer
    at once. `rejected`: at least one of them will never be taken.
    """
    reason: str = ""
    """Why not, for people."""
    retry_after_s: float | None = None
    """How long to wait at least, when the destination said so."""


class Destination(Protocol):
    """Takes records; used by one thread at a time. No method raises for what a network does."""

    def send(self, lines: Sequence[bytes]) -> DeliveryResult:
        """
        Deliver records, all of them or none.

        Args:
            lines: Each one's JSON.
        """
        ...

    def tell(self, process_id: str, *, last_number: int, ended: bool) -> bool:
        """
        Tell how a process is: its lease begins anew, or it has ended.

        Args:
            process_id: Which.
            last_number: The number of its newest message.
            ended: Whether nothing more will come; what it left running is shown as crashed.

        Returns:
            Whether that was confirmed.
        """
        ...

    def close(self) -> None:
        """Release connections; a later call opens them again."""
        ...


def destination_for(url: str, installation: SecretKey) -> Destination:
    """
    Make the destination that a URL names; nothing is connected yet.

    Args:
        url: `http://…`, `https://…`, or `sqlite:FILE` with the server extra installed.
        installation: Whose receiver is to be believed.

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
