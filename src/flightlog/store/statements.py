"""Load the named statements (`-- name:`) of a store's `.sql` files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files


def read_text(package: str, name: str) -> str:
    """
    Read a file of a package.

    Args:
        package: The package's dotted name.
        name: The file's name, e.g. `schema.sql`.

    Returns:
        The file's text.
    """
    return files(package).joinpath(name).read_text(encoding="utf-8")


def split_statements(text: str) -> Mapping[str, str]:
    """
    Split the text of a `.sql` file into its statements.

    Args:
        text: The file's text.

    Returns:
        The statements by their names.
    """
    _, *parts = re.split(r"^-- name: (\w+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))
