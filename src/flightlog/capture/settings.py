"""
Owns a recorder's settings and resolves them from arguments, the environment and defaults.

`flightlog.delivery.addresses` checks URLs, and `flightlog.spool` knows the spool directories.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, get_args
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from flightlog.delivery.addresses import check_url, complete_url
from flightlog.errors import InvalidSettingError
from flightlog.record.model import ExecutionMode
from flightlog.redaction import RedactionRules
from flightlog.spool import (
    SpoolLimits,
    expand_path,
    find_default_spool_dir,
    name_fallback_spool_dir,
)

DEFAULT_URL: Final = "http://localhost:3000"
LEAST_SPOOL_BYTES: Final = 64 * 1024
URL_VARIABLES: Final = ("FLIGHTLOG_URL", "CATALYST_EDITOR_URL")

THREADS_VARIABLE: Final = "FLIGHTLOG_THREADS"

Durability = Literal["process", "power"]
ThreadScope = Literal["pools", "all", "none"]


class PipelineSettings(Struct, frozen=True, kw_only=True):
    """The settings of a pipeline; recorders of one process with equal settings share a pipeline."""

    url: str
    """Where records are delivered: `http://…`, `https://…` or `sqlite:FILE`."""
    spool_dir: Path
    """The directory that holds the spools."""
    limits: SpoolLimits
    """How much the spool may hold."""
    drain_timeout_s: float
    """How long the process may wait for delivery at its end, in seconds."""


class RecorderSettings(Struct, frozen=True, kw_only=True):
    """The settings from which another process makes the recorder again."""

    key: str
    """A random key by which the recorder's own process finds the recorder."""
    workflow_id: str
    workflow_name: str | None
    url: str | None
    """As given, without credentials; None: the environment decides."""
    spool_dir: str | None
    """As given, absolute; None: the environment decides."""
    project_id: str | None
    mode: ExecutionMode | None
    redaction: RedactionRules | None
    max_payload_bytes: int
    """The size in bytes from which a value is truncated."""
    max_spool_bytes: int
    durability: Durability
    """
    `process`: a message survives its process. `power`: an execution's end survives a power cut,
    too.
    """
    drain_timeout_s: float
    threads: ThreadScope | None
    """As given; None: the environment decides."""
    logs: bool = True
    """Whether log records of nodes are captured."""
    prints: bool = False
    """Whether what nodes print is captured as log records."""

    def full_url(self) -> str | None:
        """
        Return the URL with the credentials from this process's environment.

        Returns:
            None where the environment decides, which it also does for the same URL with
            credentials; otherwise the URL without credentials.
        """
        same = self.url is not None and self.url == strip_credentials(choose_url(None))
        return None if same else self.url


_TYPES: Final[Mapping[str, tuple[tuple[type, ...], str]]] = {
    "url": ((str,), "Use a text, e.g. http://localhost:3000."),
    "spool_dir": ((str, os.PathLike), "Use a path."),
    "redaction": ((RedactionRules,), "Use `RedactionRules(keys=…, patterns=…, except_paths=…)`."),
    "max_payload_bytes": ((int,), "Use a number of bytes, e.g. 1_000_000."),
    "max_spool_bytes": ((int,), "Use a number of bytes, e.g. 1_000_000."),
    "drain_timeout_s": ((int, float), "Use a number of seconds, e.g. 2.0."),
}
"""The types of a recorder's arguments, and the remedy."""
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "mode": get_args(ExecutionMode),
    "durability": get_args(Durability),
}
"""The texts of which an argument is one."""


def check_arguments(**arguments: object) -> None:
    """
    Check the types of a recorder's arguments, because a wrong one would fail only later.

    Args:
        arguments: The arguments by name; None is an argument that wasn't given.

    Raises:
        InvalidSettingError: An argument has another type, or isn't one of the possible texts.
    """
    for name, value in arguments.items():
        types, hint = _TYPES.get(name, ((object,), ""))
        if value is not None and not isinstance(value, types):
            raise InvalidSettingError(name, f"has the type {type(value).__name__}", hint=hint)
        choices = _CHOICES.get(name)
        if value is not None and choices is not None and value not in choices:
            raise InvalidSettingError(
                name, f"is {value!r}", hint="Use " + " or ".join(map(repr, choices)) + "."
            )


def choose_url(url: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """
    Choose the URL: as given, else `FLIGHTLOG_URL`, `CATALYST_EDITOR_URL`, the default.

    Args:
        url: The URL that was given, if any.
        environ: The environment variables.

    Returns:
        The complete URL.

    Raises:
        InvalidSettingError: The given URL is invalid. `explain_url` checks a URL of the
            environment, so this function does not.
    """
    if url is not None:
        check_url(complete_url(url.strip()))
    named = [url, *(environ.get(variable) for variable in URL_VARIABLES)]
    chosen = next((text.strip() for text in named if text and text.strip()), DEFAULT_URL)
    chosen = complete_url(chosen)
    kind, _, file = chosen.partition(":")
    if kind.lower() != "sqlite":
        return chosen.rstrip("/")
    if not file.strip("/"):
        return chosen
    if file.startswith("///"):
        file = file.removeprefix("//")
    try:
        # Another process may deliver the spool from another working directory.
        return f"sqlite:{expand_path(file, 'url').absolute()}"
    except InvalidSettingError:
        if url is not None:
            raise
        return chosen


def strip_credentials(url: str) -> str:
    """
    Remove the parts of a URL that may be secret: user name, password, query and fragment.

    Args:
        url: The URL of a setting; `sqlite:FILE` has none of these parts.

    Returns:
        The URL without these parts.
    """
    parts = urlsplit(url)
    if not parts.netloc:
        return url
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def explain_url(url: str) -> str | None:
    """
    Explain why nothing can be delivered to a URL, judging by its text.

    Args:
        url: The URL that was chosen.

    Returns:
        The reason, for people; None where delivery is possible.
    """
    try:
        check_url(url)
        if url.startswith("sqlite:"):
            expand_path(url.removeprefix("sqlite:"), "url")
    except InvalidSettingError as error:
        names = " or ".join(URL_VARIABLES)
        return (
            f"{error.message.rstrip('.')}, so nothing can be delivered; correct {names}, and "
            "deliver what waits with `flightlog deliver --url URL`"
        )
    return None


def choose_limits(max_spool_bytes: int) -> SpoolLimits:
    """
    Return how much the spool may hold.

    Args:
        max_spool_bytes: The size of the spool in bytes.

    Returns:
        The limits.

    Raises:
        InvalidSettingError: The size is too small for any run.
    """
    if max_spool_bytes < LEAST_SPOOL_BYTES:
        raise InvalidSettingError(
            "max_spool_bytes",
            f"is {max_spool_bytes}, less than {LEAST_SPOOL_BYTES}",
            hint="Leave it out for 2 GiB.",
        )
    return SpoolLimits(max_bytes=max_spool_bytes)


def choose_threads(
    threads: str | None, environ: Mapping[str, str] = os.environ
) -> tuple[ThreadScope, str | None]:
    """
    Choose the threads that get scopes: as given, else `FLIGHTLOG_THREADS`, else those of pools.

    Args:
        threads: The setting that was given, if any.
        environ: The environment variables.

    Returns:
        The setting, and the fault of the environment's setting, for people; None where it has none.

    Raises:
        InvalidSettingError: The given setting is not one of the three.
    """
    variable = environ.get(THREADS_VARIABLE, "").strip().lower()
    wanted = threads if threads is not None else variable or "pools"
    for known in get_args(ThreadScope):
        if wanted == known:
            return known, None
    if threads is not None:
        raise InvalidSettingError(
            "threads", f"is {threads!r}", hint='Use "pools", "all" or "none".'
        )
    return "pools", f"{THREADS_VARIABLE} is {wanted!r}, not pools, all or none"


def choose_spool_dir(spool_dir: str | os.PathLike[str] | None) -> Path:
    """
    Choose where spools are: as given, else `FLIGHTLOG_SPOOL_DIR`, else the user's data directory.

    Args:
        spool_dir: The directory that was given, if any.

    Returns:
        The directory's absolute path. Where the environment names no home directory, the directory
        is in the private temporary directory.

    Raises:
        InvalidSettingError: The given directory starts with a home directory that does not exist.
    """
    if spool_dir is not None:
        return expand_path(spool_dir, "spool_dir").absolute()
    try:
        return find_default_spool_dir().absolute()
    except InvalidSettingError:
        return name_fallback_spool_dir()
