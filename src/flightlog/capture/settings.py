"""Where a recorder's records go and how they are kept, and where those settings come from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, get_args

from msgspec import Struct

from flightlog.delivery.addresses import checked, completed
from flightlog.errors import InvalidSettingError
from flightlog.spool import default_spool_dir, expanded, fallback_spool_dir
from flightlog.spool.limits import SpoolLimits

DEFAULT_URL: Final = "http://localhost:3000"
LEAST_SPOOL_BYTES: Final = 64 * 1024
URL_VARIABLES: Final = ("FLIGHTLOG_URL", "CATALYST_EDITOR_URL")

THREADS_VARIABLE: Final = "FLIGHTLOG_THREADS"

Durability = Literal["process", "power"]
ThreadScope = Literal["pools", "all", "none"]


class PipelineSettings(Struct, frozen=True, kw_only=True):
    """What recorders of one process share when it is the same for them."""

    url: str
    """Where records are delivered: `http://…`, `https://…` or `sqlite:FILE`."""
    spool_dir: Path
    """Where spools are."""
    limits: SpoolLimits
    """How much the spool may take."""
    drain_timeout_s: float
    """How long the process may wait for delivery at its end, seconds."""


class CaptureSettings(Struct, frozen=True, kw_only=True):
    """How values are recorded."""

    max_payload_bytes: int
    """From this size on a value is truncated."""
    durability: Durability
    """`process`: a message survives its process. `power`: an execution's end also a power cut."""
    threads: ThreadScope = "pools"
    """Into which threads the scope of the running code goes: those of pools, all, or none."""


def chosen_url(url: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """
    Where to deliver: as given, else `FLIGHTLOG_URL`, `CATALYST_EDITOR_URL`, the default.

    Raises:
        InvalidSettingError: The URL that was given can't be used. A URL of the environment is not
            checked here but by `url_trouble`.
    """
    if url is not None:
        checked(completed(url.strip()))
    named = [url, *(environ.get(variable) for variable in URL_VARIABLES)]
    chosen = next((text.strip() for text in named if text and text.strip()), DEFAULT_URL)
    chosen = completed(chosen)
    kind, _, file = chosen.partition(":")
    if kind.lower() != "sqlite":
        return chosen.rstrip("/")
    if not file.strip("/"):
        return chosen
    if file.startswith("///"):
        file = file.removeprefix("//")
    try:
        # Another process may deliver it, from another directory.
        return f"sqlite:{expanded(file, 'url').absolute()}"
    except InvalidSettingError:
        if url is not None:
            raise
        return chosen


def url_trouble(url: str) -> str | None:
    """
    Say why nothing can be delivered to a URL, as far as its text says; None when something can.

    Args:
        url: The URL that was chosen.
    """
    try:
        checked(url)
        if url.startswith("sqlite:"):
            expanded(url.removeprefix("sqlite:"), "url")
    except InvalidSettingError as error:
        names = " or ".join(URL_VARIABLES)
        return (
            f"{error.message.rstrip('.')}, so nothing can be delivered; correct {names}, and "
            "deliver what waits with `flightlog deliver --url URL`"
        )
    return None


def chosen_limits(max_spool_bytes: int) -> SpoolLimits:
    """
    How much the spool may take.

    Raises:
        InvalidSettingError: So little that no run would fit.
    """
    if max_spool_bytes < LEAST_SPOOL_BYTES:
        raise InvalidSettingError(
            "max_spool_bytes",
            f"is {max_spool_bytes}, less than {LEAST_SPOOL_BYTES}",
            hint="Leave it out for 2 GiB.",
        )
    return SpoolLimits(max_bytes=max_spool_bytes)


def chosen_threads(
    threads: str | None, environ: Mapping[str, str] = os.environ
) -> tuple[ThreadScope, str | None]:
    """
    Into which threads scopes go: as given, else `FLIGHTLOG_THREADS`, else those of pools.

    Returns:
        The setting, and what is wrong with the environment's, for people.

    Raises:
        InvalidSettingError: What was given is no such setting.
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


def chosen_spool_dir(spool_dir: str | os.PathLike[str] | None) -> Path:
    """
    Where spools are: as given, else `FLIGHTLOG_SPOOL_DIR`, else in the user's data directory.

    Raises:
        InvalidSettingError: What was given lies in no user's home. Where the environment knows of
            no home, the private temporary directory serves.
    """
    if spool_dir is not None:
        return expanded(spool_dir, "spool_dir").absolute()
    try:
        return default_spool_dir().absolute()
    except InvalidSettingError:
        return fallback_spool_dir()
