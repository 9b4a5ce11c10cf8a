"""
`StorageAddress`: where a history is kept, as `--db`, `FLIGHTLOG_DB` and `flightlog copy` name it.

`opening` makes the store. No text of this module shows a password.
"""

from __future__ import annotations

import hashlib
import re
from os import PathLike, fspath
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode

import platformdirs

from flightlog.errors import InvalidSettingError

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"
CLICKHOUSE: Final = "clickhouse"
CHDB: Final = "clickhouse+chdb"
"""ClickHouse's engine in this process, with its files in a folder."""
SUPPORTED: Final = {
    SQLITE: "sqlite:FILE",
    POSTGRESQL: "postgresql://HOST/DATABASE",
    CLICKHOUSE: "clickhouse://HOST/DATABASE",
    CHDB: "clickhouse+chdb:FOLDER",
}
"""The schemes that a store exists for, each with an example."""

_SYNONYMS: Final = {"postgres": POSTGRESQL}
_KNOWN: Final = (*SUPPORTED, *_SYNONYMS)
_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(.*)", re.DOTALL)
_PARTS: Final = ("user", "password", "hosts", "database")
_HOST: Final = r"(?:\[[0-9A-Fa-f:.%]*\]|[^][:@/?#,\s]*)(?::[0-9]*)?"
_SERVER: Final = re.compile(
    rf"//(?:(?P<user>[^:@/?#\s]*)(?::(?P<password>[^:@/?#]*))?@)?(?P<hosts>{_HOST}(?:,{_HOST})*)"
    r"(?:/(?P<database>[^:@/?#\s]*))?(?:\?(?P<options>[^#\s]*))?"
)
_SHOWN_OPTIONS: Final = (
    "dbname",
    "host",
    "hostaddr",
    "port",
    "service",
    "sslmode",
    "target_session_attrs",
    "user",
)
"""The parameters of a URL that messages repeat; any other may be secret."""
_IDENTIFYING: Final = ("dbname", "host", "hostaddr", "port", "service")
_DIGEST: Final = 12


class StorageAddress:
    """
    The place of a history: a SQLite file, or a database of a server.

    Its text and its representation have no password.

    Args:
        scheme: The kind of store.
        path: The file; for a server's database, the name beside which this machine keeps the files
            of its receivers.
        url: The whole URL of a server's database, for the driver.
        shown: The address for people.
        has_password: Whether the URL itself has a password.
    """

    def __init__(
        self, scheme: str, path: Path, *, url: str = "", shown: str = "", has_password: bool = False
    ) -> None:
        self.scheme: Final = scheme
        self.path: Final = path
        self.url: Final = url
        """The URL may have a password, so never print it."""
        self.has_password: Final = has_password
        self._shown: Final = shown

    @property
    def is_file(self) -> bool:
        """Whether the history is a SQLite file."""
        return self.scheme == SQLITE

    @property
    def keeps_credentials(self) -> bool:
        """Whether the database also keeps tokens, sessions and the audit log, for all receivers."""
        return self.scheme == POSTGRESQL

    def __str__(self) -> str:
        return str(self.path) if self.is_file else self._shown

    def __repr__(self) -> str:
        return f"StorageAddress({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StorageAddress) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[str, Path, str]:
        return self.scheme, self.path, self.url

    def make_directory(self) -> None:
        """
        Make the directory for this machine's own files of a server's history.

        Raises:
            InvalidSettingError: The directory can't be made.
        """
        directory = self.path.parent
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidSettingError(
                "XDG_DATA_HOME",
                f"leads to {directory}, which can't be made ({error.strerror})",
                hint="This machine keeps tokens and sessions there; let this user write it.",
            ) from error

    def resolve_in(self, folder: Path) -> StorageAddress:
        """
        Resolve a relative file.

        Args:
            folder: The folder in which the file is.

        Returns:
            The address with the whole path; any other address as it is.
        """
        return StorageAddress(SQLITE, folder / self.path) if self.is_file else self


def parse_address(text: str | PathLike[str] | StorageAddress, name: str = "db") -> StorageAddress:
    """
    Read the place of a history.

    Args:
        text: A path, `sqlite:FILE`, or the URL of a server's database.
        name: The name of the setting or argument in error messages.

    Returns:
        The address.

    Raises:
        InvalidSettingError: No store has such an address.
    """
    if isinstance(text, StorageAddress):
        return text
    written = fspath(text)
    found = None if isinstance(text, Path) else _URL.fullmatch(written)
    scheme = found[1].lower() if found else ""
    if found is None or (scheme not in _KNOWN and not found[2].startswith("//")):
        # Plain paths may have colons.
        return StorageAddress(SQLITE, Path(written).expanduser())
    scheme = _SYNONYMS.get(scheme, scheme)
    if scheme not in SUPPORTED:
        raise InvalidSettingError(
            name,
            f"begins with {scheme}:, for which there is no store",
            hint=f"Write {' or '.join(SUPPORTED.values())}, or the path of a file.",
        )
    if scheme in {POSTGRESQL, CLICKHOUSE}:
        return _parse_server(scheme, found[2], name)
    path = read_file_part(found[2])
    if path is None:
        raise InvalidSettingError(
            name, f"is a {scheme}: URL that names no file", hint=f"Write e.g. {scheme}:/data/runs."
        )
    if scheme == CHDB:
        folder = f"{scheme}:{path.absolute()}"
        return StorageAddress(scheme, _find_own_files(scheme, folder), url=folder, shown=folder)
    return StorageAddress(SQLITE, path)


def _parse_server(scheme: str, written: str, name: str) -> StorageAddress:
    found = _SERVER.fullmatch(written)
    if found is None:
        # The text may have a password at any place, so the message doesn't repeat it.
        raise InvalidSettingError(
            name,
            f"is no {scheme}: URL",
            hint=f"Write {SUPPORTED[scheme]}, with %40 for @, %3A for : and %2F for / in the name "
            "and the password of a user.",
        )
    user, password, hosts, database = (found[part] or "" for part in _PARTS)
    options = parse_qsl(found["options"] or "", keep_blank_values=True)
    shown = [(option, value) for option, value in options if option in _SHOWN_OPTIONS]
    place = f"{hosts}/{database}"
    identity = sorted(f"{each}={value}" for each, value in shown if each in _IDENTIFYING)
    return StorageAddress(
        scheme,
        _find_own_files(scheme, place, *identity),
        url=f"{scheme}:{written}",
        shown=f"{scheme}://{user}{'@' if user else ''}{place}{'?' if shown else ''}"
        f"{urlencode(shown)}",
        has_password=bool(password) or any("password" in option.lower() for option, _ in options),
    )


def _find_own_files(scheme: str, *identity: str) -> Path:
    """Find the name beside which this machine keeps its own files of a database."""
    digest = hashlib.sha256("\n".join((scheme, *identity)).encode()).hexdigest()
    data = platformdirs.user_data_path("flightlog", appauthor=False)
    return data / "servers" / f"{scheme}-{digest[:_DIGEST]}" / "history"


def read_file_part(written: str) -> Path | None:
    """
    Read the part of a `sqlite:` URL after the scheme.

    Args:
        written: The path, or three slashes and the rest of an absolute path.

    Returns:
        The file, with the user's home for `~`; None if no file is named.
    """
    if written.startswith("///"):
        written = written.removeprefix("//")
    return Path(written).expanduser() if written.strip("/") else None
