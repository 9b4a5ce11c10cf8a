"""
Check that the client of each request has the right that the request needs.

A client shows its rights in the `Authorization` header: `Flightlog …` proves that it has the
installation's key, and `Bearer …` is the session of a page or an access token. A client of this
machine can send records without either, unless the settings forbid it. `rights` has the table of
rights, `guard` refuses the pages of other sites before this module, and `signed_request` checks the
signatures of this installation's own records.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from flightlog.receiver.address import is_loopback
from flightlog.receiver.asgi import Application, Receive, Scope, Send, send_answer
from flightlog.receiver.audit import AuditLog
from flightlog.receiver.problems import (
    BAD_CREDENTIALS,
    Refusal,
    describe_failure,
    make_problem_answer,
)
from flightlog.receiver.rights import CLIENT_KEY, Client, Right, find_right, is_for_projects
from flightlog.receiver.sessions import Sessions
from flightlog.receiver.signing import SIGNATURE
from flightlog.receiver.single_sign_on import TrustedUsers
from flightlog.receiver.static import ViewerApplication
from flightlog.receiver.tokens import TokenDirectory
from flightlog.secret_key import ACCESS_SCHEME, SecretKey

PROOF_S: Final = 60
"""How far the time of a proof may be from the receiver's, seconds."""

_ALL: Final = frozenset(Right)
_NONE: Final[frozenset[Right]] = frozenset()
_HINTS: Final = {
    Right.INGEST: "Send `Authorization: Bearer TOKEN`, with a token that `flightlog token create "
    "ingest` makes on the receiver's machine.",
    Right.READ: "Run `flightlog open` to get the page, or send `Authorization: Bearer TOKEN`, with "
    "a token that `flightlog token create read` makes on the receiver's machine.",
    Right.ADMIN: "Run `flightlog open` to get the page, or send `Authorization: Bearer TOKEN`, "
    "with a token that `flightlog token create admin` makes on the receiver's machine.",
}


class AccessControl:
    """
    The ASGI application that refuses requests without the right, and passes the others on.

    Args:
        application: The application that receives allowed requests.
        installation: The secret that this installation's clients share.
        port: The receiver's port.
        sessions: Checks the sessions of pages.
        tokens: The tokens of the history.
        users: Identifies the users that trusted proxies name; None trusts no header.
        audit: Notes who read payloads, deleted, exported, or let others in.
        is_on_socket: Whether the receiver listens on a Unix socket, which only its owner can use.
        open_to_local: The rights of a client on this machine that shows nothing.
        refresh: Reads credentials that other receivers made; None if there are no others.
    """

    def __init__(
        self,
        application: Application,
        installation: SecretKey,
        port: int,
        *,
        sessions: Sessions,
        tokens: TokenDirectory,
        users: TrustedUsers | None,
        audit: AuditLog,
        is_on_socket: bool,
        open_to_local: frozenset[Right],
        refresh: Callable[[], None] | None = None,
    ) -> None:
        self._application = application
        self._proofs = _Proofs(installation, port)
        self._sessions = sessions
        self._tokens = tokens
        self._users = users
        self._audit = audit
        self._is_on_socket = is_on_socket
        self._open_to_local = open_to_local
        self._refresh = refresh

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Refuse one request, or pass it on.

        Args:
            scope: The request's ASGI scope.
            receive: The request's ASGI channel.
            send: Sends the answer.
        """
        refusal = self._check(scope)
        if refusal is BAD_CREDENTIALS and self._refresh is not None:
            # Another receiver may just have made the credentials.
            await asyncio.to_thread(self._refresh)
            refusal = self._check(scope)
        if refusal is None:
            client: Client | None = scope.get(CLIENT_KEY)
            if client is not None:
                send = self._audit.follow(scope, client, send)
            await self._application(scope, receive, send)
            return
        failed = describe_failure(scope["method"], scope["path"])
        await send_answer(send, make_problem_answer(refusal, failed=failed))

    def _check(self, scope: Scope) -> Refusal | None:
        if ViewerApplication.serves(scope):
            return None
        shown = [value for name, value in scope["headers"] if name == b"authorization"]
        client = None if self._users is None else self._users.identify(scope)
        if client is None or (shown and not isinstance(client, Refusal)):
            client = self._identify(scope, shown) or BAD_CREDENTIALS
        if isinstance(client, Refusal):
            return client
        scope[CLIENT_KEY] = client
        return self._check_right(scope, client)

    def _check_right(self, scope: Scope, client: Client) -> Refusal | None:
        needed = find_right(scope)
        if client.project_id is not None and not is_for_projects(scope):
            return _make_project_refusal(client.project_id)
        if needed is None or needed in client.rights:
            return None
        # `signed_request` refuses a request with a wrong signature.
        if needed is Right.INGEST and any(name == SIGNATURE for name, _ in scope["headers"]):
            return None
        if client.is_known:
            return Refusal(
                code="right_missing",
                detail=f"These credentials don't include the right to {needed}.",
                hint=_HINTS[needed],
            )
        return Refusal(
            code="right_needed",
            detail=f"The request needs the right to {needed}, and shows no credentials.",
            hint=_HINTS[needed],
        )

    def _identify(self, scope: Scope, shown: list[bytes]) -> Client | None:
        if not shown and self._is_on_socket:
            return Client(rights=_ALL, who="the socket's owner")
        if not shown:
            address = scope.get("client")
            is_local = address is not None and is_loopback(str(address[0]).removeprefix("::ffff:"))
            rights = self._open_to_local if is_local else _NONE
            return Client(rights=rights, who="no credentials", is_known=False)
        scheme, _, value = shown[0].decode("latin-1").partition(" ")
        if len(shown) == 1 and scheme.lower() == ACCESS_SCHEME.lower():
            is_valid = self._proofs.is_valid(scope, value.strip())
            return Client(rights=_ALL, who="installation key") if is_valid else None
        if len(shown) == 1 and scheme.lower() == "bearer":
            return self._identify_bearer(value.strip())
        return None

    def _identify_bearer(self, value: str) -> Client | None:
        session_id = self._sessions.find(value)
        if session_id is not None:
            return Client(rights=_ALL, who=f"session {session_id}", session_id=session_id)
        token = self._tokens.find(value)
        if token is None:
            return None
        rights = _ALL if Right.ADMIN in token.rights else token.rights
        if token.project_id is not None:
            # Records are merged by id, so a sender could change another project's execution.
            rights -= {Right.INGEST}
        name = f" ({token.name})" if token.name else ""
        key = SecretKey(value.encode())
        return Client(
            rights=rights,
            who=f"token {token.id}{name}",
            receipt_key=key,
            project_id=token.project_id,
        )


def _make_project_refusal(project_id: str) -> Refusal:
    return Refusal(
        code="right_missing",
        detail=f"The token is restricted to the project {project_id!r}, and this route serves the "
        "whole history.",
        hint="Use a token that `flightlog token create` makes without `--project-id`.",
    )


class _Proofs:
    """Checks the proofs of this installation's clients; each is valid once."""

    def __init__(self, installation: SecretKey, port: int) -> None:
        self._installation = installation
        self._port = port
        self._used: set[str] = set()
        self._order: deque[tuple[float, str]] = deque()

    def is_valid(self, scope: Scope, value: str) -> bool:
        moment, _, rest = value.partition(".")
        nonce, _, digest = rest.partition(".")
        target = scope["raw_path"] + (
            b"?" + scope["query_string"] if scope["query_string"] else b""
        )
        right = self._installation.make_access(
            self._port, scope["method"], target.decode("latin-1"), moment, nonce
        )
        if not hmac.compare_digest(right.encode(), digest.encode()):
            return False
        return abs(time.time() - int(moment)) <= PROOF_S and self._use(nonce)

    def _use(self, nonce: str) -> bool:
        now = time.monotonic()
        while self._order and self._order[0][0] < now - 2 * PROOF_S:
            self._used.discard(self._order.popleft()[1])
        if nonce in self._used:
            return False
        self._used.add(nonce)
        self._order.append((now, nonce))
        return True
