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
from flightlog.fork_lock import fork_lock
from flightlog.secret_key import SecretKey


def make_destination(url: str, installation: SecretKey) -> Destination:
    """
    Make the destination of a URL, without connecting.

    Args:
        url: `http://…`, `https://…`, `unix:/PATH`, or, with the server extra, `sqlite:FILE`.
        installation: The key of the installation whose receivers are trusted, unless the
            environment has a token.

    Returns:
        The destination.

    Raises:
        InvalidSettingError: There is no such destination, or `FLIGHTLOG_TOKEN` is no token.
    """
    scheme = url.partition(":")[0].lower()
    if scheme in HTTP_SCHEMES or scheme == "unix":
        # The thread that delivers imports here, while others may fork.
        with fork_lock:
            from flightlog.delivery.credentials import read_token  # noqa: PLC0415 - as below
            from flightlog.delivery.http import HttpDestination  # noqa: PLC0415 - an HTTP client

        return HttpDestination(url, installation, token=read_token())
    with fork_lock:
        from importlib.metadata import entry_points  # noqa: PLC0415 - rarely needed

    found = entry_points(group=DESTINATIONS, name=scheme)
    if not found:
        raise InvalidSettingError(
            "url",
            f"is {url!r}, to where nothing can be delivered",
            hint="Use http://HOST:PORT, or sqlite:FILE with `pip install 'flightlog[server]'`.",
        )
    try:
        with fork_lock:
            make = next(iter(found)).load()
    except ImportError as error:
        raise InvalidSettingError(
            "url",
            f"is {url!r}, which needs more than is installed ({error})",
            hint="Run `pip install 'flightlog[server]'`.",
        ) from error
    return cast(Destination, make(url))
