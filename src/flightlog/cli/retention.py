"""Reads the settings of retention; for `flightlog serve`, `open` and `prune`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from flightlog.cli.settings import SETTINGS, Source, choose
from flightlog.errors import InvalidSettingError
from flightlog.store.retention import RetentionPolicy

NAMES: Final = ("max_size", "keep_days", "keep_failed_days", "keep_executions", "keep_status")
"""The settings that make a policy."""
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)
_POWERS: Final = " kmgt"
_NO_LIMIT: Final = "none"


def parse_size(text: str) -> int | None:
    """
    Parse a size that a person typed.

    Args:
        text: A number with a unit of 1,024 bytes each, e.g. `500MB` or `2 GiB`, or `none`.

    Returns:
        The size in bytes; None for `none`.

    Raises:
        InvalidSettingError: The text is no size.
    """
    wanted = text.strip().lower()
    if wanted == _NO_LIMIT:
        return None
    found = _SIZE.fullmatch(wanted)
    if found is None or (found[3] and not found[2]):
        raise InvalidSettingError(
            "max_size",
            f"is {text[:40]!r}, no size",
            hint="Write e.g. 2GB, 500MB, 1.5TB, or `none` for no limit.",
        )
    return int(float(found[1]) * 1024 ** _POWERS.index(found[2] or " "))


def choose_policy(found: list[Source], project: Path | None = None) -> RetentionPolicy:
    """
    Make the policy that the settings ask for.

    Args:
        found: The sources of settings.
        project: The project whose history it is; its manifest's `logLevel` counts unless a source
            has `keep_status`.

    Returns:
        The policy, with the default size if the settings name none.

    Raises:
        InvalidSettingError: A setting can't be used.
    """
    chosen: dict[str, Any] = choose(found, *NAMES)
    max_bytes = parse_size(chosen.pop("max_size", SETTINGS["max_size"].default))
    if project is not None and "keep_status" not in chosen:
        from flightlog.ipc.recording import read_project_settings  # noqa: PLC0415 - rarely needed

        settings = read_project_settings(str(project))
        if settings is not None:
            chosen["keep_status"] = settings.log_level
    return RetentionPolicy(max_bytes=max_bytes, **chosen)
