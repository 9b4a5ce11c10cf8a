"""
Refuse requests from other sites' web pages, and add common headers to every answer.

A browser lets any page send requests to a local server, and DNS rebinding lets the page read the
answers. A request must therefore name one of the receiver's hosts, and its `Origin` must be the
receiver's or an allowed origin. A page can also load an address as an image, a script or a frame,
without an `Origin`. Browsers mark such requests with `Sec-Fetch-Site`, and the guard refuses them
before reading anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from flightlog.errors import RequestRefusedError
from flightlog.receiver.address import USUAL_PORTS, Address
from flightlog.receiver.asgi import Application, Message, Receive, Scope, Send, send_answer
from flightlog.receiver.problems import Answer, Headers, describe_failure, make_problem_answer
from flightlog.receiver.signing import CHALLENGE, TOKEN, Signer

SECURITY_HEADERS: Final[Headers] = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"vary", b"Origin, Sec-Fetch-Site"),
]
"""The headers of every answer that has no header of the same name."""

_HOST_HINT: Final = (
    "Use the address that the receiver printed, or name this host with --allowed-hosts."
)
_ORIGIN_HINT: Final = "A page may use the receiver only if started with --allowed-origins."
_SITE_HINT: Final = (
    "Another site's page may only link to the viewer; enter this address in the browser yourself."
)
_OWN_SITES: Final = frozenset({"same-origin", "none"})
_DOCUMENT: Final = ("navigate", "document")


class Guard:
    """
    The outermost ASGI application: refuses a request, or passes it on and adds the common headers.

    Args:
        application: The application that receives allowed requests.
        address: The names that `Host` may have.
        is_page: Checks whether a request is for a page of the viewer, to which any site may link.
        notary: Proves to a client that this receiver belongs to the client's installation.
        allowed_origins: Web origins whose pages may use the receiver.
        is_behind_proxy: Whether browsers reach the receiver by a proxy that serves TLS.
    """

    def __init__(
        self,
        application: Application,
        address: Address,
        notary: Signer,
        *,
        is_page: Callable[[Scope], bool],
        allowed_origins: Iterable[str] = (),
        is_behind_proxy: bool = False,
    ) -> None:
        self._application = application
        self._names = address.names
        self._scheme, self._port = address.scheme, address.port
        self._is_on_all_interfaces = address.is_on_all_interfaces
        self._notary = notary
        self._is_page = is_page
        self._own_origins = frozenset(
            origin
            for name in self._names
            for origin in _list_own_origins(self._scheme, name, address.port)
        )
        if is_behind_proxy:
            self._own_origins |= {f"https://{_bracket(name)}" for name in self._names}
        self._allowed_origins = frozenset(origin.lower() for origin in allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Refuse one request, or pass it on.

        Args:
            scope: The request's ASGI scope.
            receive: The request's ASGI channel.
            send: Sends the answer.
        """
        asked = _Asked(scope)
        started = False
        common = SECURITY_HEADERS
        if asked.challenges:
            common = [*common, *self._notary.answer_challenge(asked.challenges, asked.tokens)]

        async def send_wrapped(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                names = {name for name, _ in message["headers"]}
                more = [header for header in common if header[0] not in names]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        try:
            origin = self._check(scope, asked)
            if origin is not None:
                common = [*common, *_make_cors_headers(origin)]
                if scope["method"] == "OPTIONS":
                    await send_answer(send_wrapped, _make_preflight_answer())
                    return
            await self._application(scope, receive, send_wrapped)
        except Exception as error:
            if started:
                raise
            failed = describe_failure(scope["method"], scope["path"])
            await send_answer(send_wrapped, make_problem_answer(error, failed=failed))

    def _check(self, scope: Scope, asked: _Asked) -> str | None:
        hosts = asked.hosts
        if len(hosts) != 1:
            raise RequestRefusedError("Host", ", ".join(hosts) or None, hint=_HOST_HINT)
        local = self._local_address(scope)
        name = _parse_host_name(hosts[0])
        if name not in self._names and (name is None or name != local):
            raise RequestRefusedError("Host", hosts[0], hint=_HOST_HINT)
        allowed = self._check_origin(asked.origins, local)
        if allowed is None:
            self._check_site(scope, asked)
        return allowed

    def _local_address(self, scope: Scope) -> str | None:
        # If the receiver listens on all interfaces, the machine's own addresses are also names of
        # the receiver. DNS rebinding can't use these names, because a page whose origin is such an
        # address came from this receiver.
        server = scope.get("server")
        if not self._is_on_all_interfaces or not server:
            return None
        return str(server[0]).lower().removeprefix("::ffff:")

    def _check_origin(self, origins: list[str], local: str | None) -> str | None:
        if not origins:
            return None
        origin = origins[0]
        if len(origins) == 1 and origin.lower() in self._own_origins:
            return None
        if (
            len(origins) == 1
            and local
            and origin.lower() in _list_own_origins(self._scheme, local, self._port)
        ):
            return None
        if len(origins) == 1 and origin.lower() in self._allowed_origins:
            return origin
        raise RequestRefusedError("Origin", ", ".join(origins), hint=_ORIGIN_HINT)

    def _check_site(self, scope: Scope, asked: _Asked) -> None:
        # Programs that are not browsers send no such header.
        if not asked.sites or (len(asked.sites) == 1 and asked.sites[0] in _OWN_SITES):
            return
        if asked.fetch == _DOCUMENT and self._is_page(scope):
            return
        raise RequestRefusedError("Sec-Fetch-Site", ", ".join(asked.sites), hint=_SITE_HINT)


class _Asked:
    """The headers of a request that show where the request comes from."""

    __slots__ = ("challenges", "fetch", "hosts", "origins", "sites", "tokens")

    def __init__(self, scope: Scope) -> None:
        self.hosts: list[str] = []
        self.origins: list[str] = []
        self.sites: list[str] = []
        self.challenges: list[bytes] = []
        self.tokens: list[bytes] = []
        mode = destination = ""
        for name, value in scope["headers"]:
            if name == b"host":
                self.hosts.append(value.decode("latin-1"))
            elif name == b"origin":
                self.origins.append(value.decode("latin-1"))
            elif name == CHALLENGE:
                self.challenges.append(value)
            elif name == TOKEN:
                self.tokens.append(value)
            elif name == b"sec-fetch-site":
                self.sites.append(value.decode("latin-1"))
            elif name == b"sec-fetch-mode":
                mode = value.decode("latin-1")
            elif name == b"sec-fetch-dest":
                destination = value.decode("latin-1")
        self.fetch = (mode, destination)


def _parse_host_name(host: str) -> str | None:
    host = host.lower()
    if host.startswith("["):
        name, bracket, port = host[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            return None
        port = port[1:]
    else:
        name, _, port = host.partition(":")
    return name if not port or (port.isascii() and port.isdigit()) else None


def _list_own_origins(scheme: str, name: str, port: int) -> Iterable[str]:
    yield f"{scheme}://{_bracket(name)}:{port}"
    # Browsers omit the usual port.
    if port == USUAL_PORTS[scheme]:
        yield f"{scheme}://{_bracket(name)}"


def _bracket(name: str) -> str:
    return f"[{name}]" if ":" in name else name


def _make_cors_headers(origin: str) -> Headers:
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", b"content-disposition, content-range, etag"),
    ]


def _make_preflight_answer() -> Answer:
    headers = [
        (b"access-control-allow-methods", b"GET, POST, PUT, DELETE"),
        (b"access-control-allow-headers", b"authorization, content-type, range"),
        (b"access-control-max-age", b"600"),
    ]
    return Answer(204, headers, b"")
