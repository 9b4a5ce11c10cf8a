"""
Completes and checks the URLs of destinations, and recognizes local URLs.

This module opens no connection; `http` checks whether a receiver responds.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from flightlog.errors import InvalidSettingError

SOCKET_SCHEME: Final = "unix:"
"""The beginning of the URL of a receiver on a Unix socket; the path follows."""
HTTP_SCHEMES: Final = frozenset({"http", "https"})
DESTINATIONS: Final = "flightlog.destinations"
"""The group of entry points that name other destinations."""

_EXAMPLE: Final = "Use e.g. http://localhost:3000, or sqlite:/data/runs.db."
# These are compiled at their first use, because importing capture must be quick.
_HOST_AND_PORT: Final = r"(?:\[[0-9A-Fa-f:.%]+\]|[^\s:/?#@\[\]]+):[0-9]{1,5}(?:[/?#].*)?"
_UNPRINTABLE: Final = r"[\s\x00-\x1f\x7f]"


def complete_url(text: str) -> str:
    """
    Complete the short form of a receiver's URL: `localhost:3000` is `http://localhost:3000`.

    Args:
        text: The URL as a person wrote it.

    Returns:
        The whole URL; any other form unchanged.
    """
    return f"http://{text}" if re.fullmatch(_HOST_AND_PORT, text) else text


def check_url(url: str) -> str:
    """
    Check that records can be delivered to a URL, judging by its text.

    Args:
        url: A whole URL.

    Returns:
        The same URL.

    Raises:
        InvalidSettingError: The URL is invalid; the error says why and what to do.
    """
    scheme, colon, rest = url.partition(":")
    scheme = scheme.lower()
    if not colon or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        raise InvalidSettingError("url", f"is {url!r}, no URL", hint=_EXAMPLE)
    if scheme in HTTP_SCHEMES:
        split_receiver_url(url)
    elif scheme == "unix":
        if read_socket_path(url) is None:
            raise InvalidSettingError(
                "url", f"is {url!r}, no absolute path of a socket", hint="Use unix:/PATH."
            )
    elif scheme == "sqlite":
        if not rest.strip("/") or "\0" in rest:
            raise InvalidSettingError("url", f"is {url!r}, which names no file", hint=_EXAMPLE)
    elif not _has_destination(scheme):
        raise InvalidSettingError(
            "url", f"is {url!r}, to where nothing can be delivered", hint=_EXAMPLE
        )
    return url


def read_socket_path(url: str) -> Path | None:
    """
    Read the path of a Unix socket from a URL.

    Args:
        url: Any URL.

    Returns:
        The path; None for another URL, and for a path that is not absolute.
    """
    if not url.startswith(SOCKET_SCHEME) or "\0" in url:
        return None
    # `unix:/run/x.sock` and `unix:///run/x.sock` are the same.
    text = url.removeprefix(SOCKET_SCHEME)
    path = Path(text.removeprefix("//") if text.startswith("///") else text)
    return path if path.is_absolute() else None


def split_receiver_url(url: str) -> SplitResult:
    """
    Split the URL of a receiver into its parts.

    Args:
        url: `http://…` or `https://…`.

    Returns:
        The parts.

    Raises:
        InvalidSettingError: The host or port is invalid, or the URL has a user name.
    """
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
        usable = usable and parts.scheme in HTTP_SCHEMES and not re.search(_UNPRINTABLE, url)
        (parts.hostname or "").encode("idna")
    except ValueError:
        usable = False
    if not usable or parts.username is not None:
        raise InvalidSettingError(
            "url",
            f"is {url.rpartition('@')[2]!r}, no address of a receiver",
            hint="Use e.g. http://localhost:3000, without a user name or password.",
        )
    return parts


def is_loopback(host: str) -> bool:
    """
    Return whether a host always refers to this machine.

    Args:
        host: A host name or address, as a URL writes it.

    Returns:
        True for a loopback address, the unspecified address, and `localhost`.
    """
    import ipaddress  # noqa: PLC0415 - recording doesn't need it

    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.lower().removesuffix(".")
        return name == "localhost" or name.endswith(".localhost")
    address = getattr(address, "ipv4_mapped", None) or address
    # A connection to 0.0.0.0 also reaches this machine.
    return address.is_loopback or address.is_unspecified


def is_loopback_url(url: str) -> bool:
    """
    Return whether a URL is the URL of a receiver on this machine.

    Args:
        url: Any URL.

    Returns:
        False also for an invalid URL.
    """
    if read_socket_path(url) is not None:
        return True
    try:
        return is_loopback(split_receiver_url(url).hostname or "")
    except InvalidSettingError:
        return False


def _has_destination(scheme: str) -> bool:
    from importlib.metadata import entry_points  # noqa: PLC0415 - rarely needed

    return bool(entry_points(group=DESTINATIONS, name=scheme))
