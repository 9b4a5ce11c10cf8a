"""Listen on a TCP port, or on a Unix socket that only its owner can use."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
import sys
from pathlib import Path
from typing import Final

from flightlog.errors import FlightlogError, InvalidSettingError, PortInUseError
from flightlog.receiver.address import BACKLOG

_OWNER_ONLY: Final = 0o600
_HINT: Final = "Choose another path with --socket PATH."


def listen(host: str, port: int) -> socket.socket:
    """
    Listen on a TCP port.

    Args:
        host: The address or name.
        port: The port; 0 for a free port.

    Returns:
        The listening socket.

    Raises:
        PortInUseError: Another program listens on the port.
        InvalidSettingError: The host or port can't be listened on.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # If a name has both address families, prefer IPv4, because clients of a local server try
        # IPv4 first, or try both.
        family, kind, protocol, _, address = min(
            found, key=lambda candidate: candidate[0] != socket.AF_INET
        )
        listener = socket.socket(family, kind, protocol)
        try:
            if sys.platform == "win32":
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                # A restart must not wait for closed connections of the previous receiver.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise _make_listen_error(error, host, port) from error
    return listener


def _make_listen_error(error: OSError, host: str, port: int) -> FlightlogError:
    if error.errno == errno.EADDRINUSE:
        return PortInUseError(host, port)
    if isinstance(error, PermissionError):
        return InvalidSettingError(
            "port",
            f"is {port}, which this user may not listen on",
            hint="Choose one above 1023 with --port N, or --port 0 for any free one.",
        )
    return InvalidSettingError(
        "host",
        f"is {host!r}, which this machine can't listen on ({error.strerror})",
        hint="Use 127.0.0.1 for this machine alone, or one of its own addresses.",
    )


def listen_on_socket(path: Path) -> socket.socket:
    """
    Listen on a Unix socket with the permissions 0600.

    A socket that a killed receiver left is replaced.

    Args:
        path: The socket's path.

    Returns:
        The listening socket.

    Raises:
        InvalidSettingError: The path can't be listened on, or another program listens there.
    """
    if not hasattr(socket, "AF_UNIX"):
        raise InvalidSettingError(
            "socket", "can't be used: this system has no Unix sockets", hint="Use --port."
        )
    _check_directory(path)
    _remove_left(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Bind under another name, so that at no moment another user can connect.
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        listener.bind(os.fspath(draft))
        try:
            draft.chmod(_OWNER_ONLY)
            listener.listen(BACKLOG)
            # A link fails where another receiver was faster.
            os.link(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        listener.close()
        raise InvalidSettingError(
            "socket", f"is {path}, which can't be made ({error.strerror or error})", hint=_HINT
        ) from error
    return listener


def _check_directory(path: Path) -> None:
    try:
        found = path.parent.stat()
    except OSError as error:
        raise InvalidSettingError(
            "socket",
            f"is {path}, whose directory can't be used ({error.strerror})",
            hint="Make the directory, private to its owner.",
        ) from error
    if found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
        raise InvalidSettingError(
            "socket",
            f"is {path}, whose directory everyone can write",
            hint="Choose a directory of your own, e.g. $XDG_RUNTIME_DIR.",
        )


def _remove_left(path: Path) -> None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise InvalidSettingError("socket", f"is {path}, which is there already", hint=_HINT)
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as probe:
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            # The process that listened there is dead.
            path.unlink(missing_ok=True)
        except OSError as error:
            raise InvalidSettingError(
                "socket", f"is {path}, which can't be used ({error.strerror})", hint=_HINT
            ) from error
        else:
            raise InvalidSettingError(
                "socket",
                f"is {path}, on which another program listens",
                hint="Another receiver may run there; choose another path with --socket PATH.",
            )
