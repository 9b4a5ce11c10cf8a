"""
Finds the destination of a URL.

`http` owns the protocol with a receiver. A destination that needs a database is an entry point in
the group `DESTINATIONS` with the URL's scheme as its name, because this layer must not import the
store.
"""

from __future__ import annotations

from typing import cast

from flightlog.delivery.addresses import DESTINATIONS, HTTP_SCHEMES
from flightlog.delivery.destination import Destination
from flightlog.errors import InvalidSettingError
from flightlog.secret_key import SecretKey


def make_destination(url: str, installation: SecretKey) -> Destination:
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
    if scheme in HTTP_SCHEMES:
        from flightlog.delivery.http import HttpDestination  # noqa: PLC0415 - an HTTP client

        return HttpDestination(url, installation)
    from importlib.metadata import entry_points  # noqa: PLC0415 - rarely needed

    found = entry_points(group=DESTINATIONS, name=scheme)
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
