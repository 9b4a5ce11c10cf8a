"""File arguments, where `-` stands for standard input or output."""

from __future__ import annotations

from typing import Any, Final

from cyclopts import Parameter

from flightlog.errors import InvalidSettingError


def _refuse_option(_kind: Any, value: str | tuple[str, ...]) -> None:
    for name in (value,) if isinstance(value, str) else value:
        if name.startswith("-") and name != "-":
            raise InvalidSettingError(
                name,
                "is no option of this command",
                hint=f"For a file of that name, write ./{name}.",
            )


FILE: Final = Parameter(name="FILE", allow_leading_hyphen=True, validator=_refuse_option)
