"""
Users that a proxy names in a header, after it has checked who they are (single sign-on).

The header counts only from the addresses of the proxies. From anywhere else a request with the
header is refused, because nobody but an attacker sends it.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import Final

from flightlog.receiver.asgi import Scope
from flightlog.receiver.problems import BAD_CREDENTIALS, Refusal
from flightlog.receiver.rights import Client, Right

_MAX_NAME: Final = 200
_FORWARDED: Final = b"x-forwarded-for"
_UNTRUSTED: Final = Refusal(
    code="bad_credentials",
    detail="The request names a user in a header, and doesn't come from a trusted proxy.",
    hint="Send the request through the proxy, or name its address with --trusted-proxy.",
)


class TrustedUsers:
    """
    Identifies the users that trusted proxies name.

    Args:
        header: The name of the header.
        proxies: The addresses and networks of the proxies.
        rights: The rights of each user.
        admins: The users that have all rights.
    """

    def __init__(
        self,
        header: str,
        proxies: Iterable[str],
        rights: Iterable[Right],
        admins: Iterable[str],
    ) -> None:
        self._header = header.lower().encode()
        self._proxies = tuple(map(ip_network, proxies))
        self._rights = frozenset(rights)
        self._admins = frozenset(admins)

    def identify(self, scope: Scope) -> Client | Refusal | None:
        """
        Identify the user of a request.

        Args:
            scope: The request's ASGI scope.

        Returns:
            The user; a refusal if the header can't be trusted; None without the header.
        """
        values = [value for name, value in scope["headers"] if name == self._header]
        if not values:
            return None
        if not self._is_proxy(scope):
            return _UNTRUSTED
        name = _decode(values)
        if name is None:
            return BAD_CREDENTIALS
        rights = frozenset(Right) if name in self._admins else self._rights
        if Right.ADMIN in rights:
            rights = frozenset(Right)
        return Client(rights=rights, who=f"user {name}", forwarded_for=_read_forwarded(scope))

    def _is_proxy(self, scope: Scope) -> bool:
        client = scope.get("client")
        try:
            address = ip_address(str(client[0]).removeprefix("::ffff:")) if client else None
        except ValueError:
            return False
        return address is not None and any(address in network for network in self._proxies)


def _decode(values: list[bytes]) -> str | None:
    # Two names are ambiguous, like two signatures.
    if len(values) != 1:
        return None
    try:
        name = values[0].decode().strip()
    except UnicodeDecodeError:
        return None
    return name if 0 < len(name) <= _MAX_NAME and name.isprintable() else None


def _read_forwarded(scope: Scope) -> str | None:
    # The proxy appends the address from which the request came; a client can send the others.
    values = [value for name, value in scope["headers"] if name == _FORWARDED]
    if not values:
        return None
    last = values[-1].decode("latin-1").rpartition(",")[2].strip()
    try:
        return str(ip_address(last))
    except ValueError:
        return None
