"""The receiver's settings, each with its unit and default; the CLI reads their values."""

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from msgspec import Struct

from flightlog.errors import InvalidSettingError
from flightlog.models import read_price_file
from flightlog.spool import find_default_spool_dir, list_fallback_spool_dirs
from flightlog.store.results import IndexContent, check_index_content
from flightlog.store.retention import RetentionPolicy

MAX_PORT: Final = 65_535

_HOST_NAME: Final = re.compile(r"[A-Za-z0-9_.:-]+")
_HEADER: Final = re.compile(
    r"(?!(?:authorization|cookie|host|origin|content-\w+|flightlog-\w+)$)[a-z0-9-]{1,64}",
    re.IGNORECASE,
)
_RIGHTS: Final = frozenset({"ingest", "read", "admin"})
_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://[A-Za-z0-9_.\[\]:-]+")


class ReceiverSettings(Struct, frozen=True, kw_only=True):
    """
    The receiver's address, its permissions and its limits.

    Raises:
        InvalidSettingError: A value is invalid; the error names the setting.
    """

    host: str = "127.0.0.1"
    """The address or name to listen on; only this machine can reach the default."""
    port: int = 3000
    """The TCP port, 0 to 65,535; 0 chooses a free port."""
    socket: Path | None = None
    """The Unix socket to listen on instead of the port; only its owner can use it."""
    max_body_bytes: int = 100 * 1024 * 1024
    """The largest body of one request, bytes; all bodies together may take twice this memory."""
    allowed_hosts: tuple[str, ...] = ()
    """Host names, without port, that requests may use beside this machine's names and `host`."""
    allowed_origins: tuple[str, ...] = ()
    """Web origins, e.g. `https://editor.example`, whose pages may read and write the history."""
    stall_timeout_s: float = 30.0
    """A body that stops arriving for this time is refused, seconds."""
    spool_dir: Path | None = None
    """The spool directory of workflows on this machine; None is the user's own directory."""
    lease_s: float = 60.0
    """A process of another machine that is silent for this time is presumed dead, seconds."""
    redact_keys: tuple[str, ...] = ()
    """Further keys whose values are removed from records that their senders have not redacted."""
    redact_patterns: tuple[str, ...] = ()
    """Further RE2 patterns of text to remove from records that their senders have not redacted."""
    redact_except: tuple[str, ...] = ()
    """Paths in payloads at which nothing is removed."""
    redact_rules: tuple[str, ...] = ()
    """Files of further token rules, in the format of gitleaks; `off:ID` leaves a rule out."""
    ingest_needs_right: bool = False
    """Whether programs of this machine, too, send records only with credentials."""
    tls_certificate: Path | None = None
    """The file of the certificate and its chain, PEM; with it, the receiver serves TLS."""
    tls_key: Path | None = None
    """The file of the certificate's key, PEM; None if the certificate's file has the key, too."""
    behind_proxy: bool = False
    """Whether a proxy that serves TLS passes the requests on; every request needs credentials."""
    trust_user_header: str | None = None
    """The header in which a proxy names the user who has signed in; None trusts no header."""
    trusted_proxy: tuple[str, ...] = ()
    """The addresses or networks of the proxies whose header is trusted."""
    user_rights: tuple[str, ...] = ("read",)
    """The rights of the users that a proxy names: `ingest`, `read`, `admin`."""
    admin_users: tuple[str, ...] = ()
    """The users that a proxy names and that have all rights."""
    retention: RetentionPolicy = RetentionPolicy()
    """The limits of the history; older executions are removed while the receiver serves."""
    search_index: IndexContent | None = None
    """The content of the search index, `full`, `words` or `off`; None leaves it as it is."""
    model_prices: Path | None = None
    """A file of own prices of language models, in TOML; its prices come before the known ones."""

    def __post_init__(self) -> None:
        if not _HOST_NAME.fullmatch(self.host):
            raise InvalidSettingError(
                "host", f"is {self.host!r}, no address or name", hint="Use e.g. 127.0.0.1."
            )
        if not 0 <= self.port <= MAX_PORT:
            raise InvalidSettingError(
                "port", f"is {self.port}, not 0 to {MAX_PORT}", hint="Use 0 for any free port."
            )
        if self.max_body_bytes < 1:
            raise InvalidSettingError(
                "max_body_bytes",
                f"is {self.max_body_bytes}, less than 1",
                hint="The default is 104857600 (100 MiB).",
            )
        if not self.stall_timeout_s > 0:
            raise InvalidSettingError(
                "stall_timeout_s",
                f"is {self.stall_timeout_s}, not more than 0",
                hint="The default is 30 seconds.",
            )
        if not self.lease_s > 0:
            raise InvalidSettingError(
                "lease_s", f"is {self.lease_s}, not more than 0", hint="The default is 60 seconds."
            )
        if self.model_prices is not None:
            read_price_file(self.model_prices)
        check_index_content(self.search_index or "full")
        if self.tls_key is not None and self.tls_certificate is None:
            raise InvalidSettingError(
                "tls_key",
                "is set, and tls_certificate is not",
                hint="Set both, or only tls_certificate if its file has the key, too.",
            )
        if self.socket is not None and (self.tls_certificate is not None or self.behind_proxy):
            raise InvalidSettingError(
                "socket",
                "is set beside tls_certificate or behind_proxy",
                hint="Only its owner can use the socket; use a port for TLS and proxies.",
            )
        self._check_names()
        self._check_users()

    def _check_users(self) -> None:
        header = self.trust_user_header
        if (header is None) != (not self.trusted_proxy):
            raise InvalidSettingError(
                "trust_user_header" if header is not None else "trusted_proxy",
                "is set alone",
                hint="Set both: the header with the user's name, and the address of the proxy.",
            )
        if header is not None and (self.socket or not _HEADER.fullmatch(header)):
            raise InvalidSettingError(
                "trust_user_header",
                f"is {header!r}, "
                + ("beside a socket" if self.socket else "no name of a header of its own"),
                hint="Use e.g. X-Forwarded-User, on a port.",
            )
        for proxy in self.trusted_proxy:
            try:
                ip_network(proxy)
            except ValueError as error:
                raise InvalidSettingError(
                    "trusted_proxy", f"has {proxy!r}, no address", hint="E.g. 10.0.0.7."
                ) from error
        if not self.user_rights or not set(self.user_rights) <= _RIGHTS:
            raise InvalidSettingError(
                "user_rights", f"is {' '.join(self.user_rights)!r}", hint="E.g. `ingest read`."
            )

    def _check_names(self) -> None:
        for name in self.allowed_hosts:
            if not _HOST_NAME.fullmatch(name):
                raise InvalidSettingError(
                    "allowed_hosts",
                    f"has {name!r}, no host name",
                    hint="Name hosts alone, e.g. flightlog.internal, without http:// and port.",
                )
        for origin in self.allowed_origins:
            if not _ORIGIN.fullmatch(origin):
                raise InvalidSettingError(
                    "allowed_origins",
                    f"has {origin!r}, no origin",
                    hint="Write scheme, host and port alone, e.g. https://editor.example:8443.",
                )

    @property
    def spool_dirs(self) -> tuple[Path, ...]:
        """The possible spool directories of this machine: the chosen one, and its fallback."""
        return (self.spool_dir or find_default_spool_dir(), *list_fallback_spool_dirs())
