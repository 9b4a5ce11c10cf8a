"""The receiver's settings, each with its unit and default; the CLI reads their values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from msgspec import Struct

from flightlog.errors import InvalidSettingError
from flightlog.spool import default_spool_dir, fallback_spool_dirs

MAX_PORT: Final = 65_535

_HOST_NAME: Final = re.compile(r"[A-Za-z0-9_.:-]+")
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
        return (self.spool_dir or default_spool_dir(), *fallback_spool_dirs())
