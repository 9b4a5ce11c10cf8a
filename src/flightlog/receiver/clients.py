"""`Client`: the sender of a request, its rights, and how it proved them."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from flightlog.receiver.asgi import Scope
from flightlog.receiver.rights import Right
from flightlog.secret_key import SecretKey

CLIENT_KEY: Final = "flightlog.client"
"""The key of the ASGI scope at which the client of a request is found."""


class Client(Struct, frozen=True, kw_only=True):
    """The sender of a request."""

    rights: frozenset[Right]
    """The rights of the client."""
    who: str
    """The kind and the public part of the credentials, e.g. `token 6b1f09c2 (dashboard)`."""
    is_known: bool = True
    """Whether the client has proved who it is."""
    receipt_key: SecretKey | None = None
    """The key of the receipts for a client that showed a token."""
    forwarded_for: str | None = None
    """The address of the user, if a trusted proxy named it."""
    project_id: str | None = None
    """The only project that the client may see, if its token is restricted to one."""
    session_id: str | None = None
    """The session, if the client showed one."""


def find_project(scope: Scope) -> str | None:
    """
    Find the project to which the token of a request is restricted.

    Args:
        scope: The request's ASGI scope.

    Returns:
        The project; None for a client that may see the whole history.
    """
    client: Client = scope[CLIENT_KEY]
    return client.project_id
