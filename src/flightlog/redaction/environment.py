"""
Secrets of the environment: which variables' values are secret wherever they turn up.

Names are judged as everywhere, by `keys`; this adds which values are too plain to be removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SHORTEST_SECRET: Final = 8
"""In characters."""
_LONG: Final = 16
_FEWEST_CHARACTERS: Final = 4
_PATHS: Final = ("/", "./", "../", "~", "\\\\")


def environment_secrets(environ: Mapping[str, str]) -> list[str]:
    """
    Choose the values of an environment that are secret wherever they turn up.

    Args:
        environ: Names and values, e.g. `os.environ`.

    Returns:
        The values of variables whose names say so (`STRIPE_API_KEY`, `DB_PASSWORD`, …) and the
        passwords in URLs. Values that are short, a path, or a plain word are left out: they would
        be removed from texts that have nothing to do with them.
    """
    # Importing Flightlog must not cost what only reading the environment needs.
    from flightlog.redaction.names import Names, Secrecy  # noqa: PLC0415

    names = Names()
    found = []
    for name, value in environ.items():
        if names.secrecy(name.encode("utf-8", "surrogatepass")) == Secrecy.WHOLE:
            found.append(value)
        _, _, rest = value.partition("://")
        authority, at, _ = rest.partition("/")[0].rpartition("@")
        if at:
            found.append(authority.partition(":")[2])
    return [value for value in dict.fromkeys(found) if _is_distinctive(value)]


def _is_distinctive(value: str) -> bool:
    if len(value) < SHORTEST_SECRET or "://" in value:
        return False
    if value.startswith(_PATHS) or value[1:3] in {":\\", ":/"}:
        return False
    if len(set(value)) < _FEWEST_CHARACTERS:
        return False
    plain = value.isdigit() or (value.isalpha() and (value.islower() or value.isupper()))
    return not plain or len(value) >= _LONG
