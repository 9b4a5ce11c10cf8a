"""
Clear errors where a library of an optional extra is missing.

`pip install flightlog` installs only the recording part. The packages that need more libraries
import their modules within `require_extra`. So an import on a small installation names the extra to
install.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Literal, TypeAlias

from flightlog.errors import MissingExtraError

Extra: TypeAlias = Literal["server", "workflow", "codegen", "postgres", "clickhouse"]
"""An extra of pyproject.toml."""


@contextmanager
def require_extra(extra: Extra, *later: str) -> Iterator[None]:
    """
    Turn a failed import of a third-party library into an error that names the extra.

    Blocks may nest, because one package imports another. The outermost block names the extra.

    Args:
        extra: The smallest extra that installs every library that the block imports.
        later: Libraries that the block's modules import only when they are first used.

    Yields:
        Nothing; imports run within the block.

    Raises:
        MissingExtraError: A library is missing.
    """
    try:
        for library in later:
            if find_spec(library) is None:
                raise ModuleNotFoundError(name=library)  # noqa: TRY301 - as a failed import
        yield
    except (ModuleNotFoundError, MissingExtraError) as error:
        library = (error.name or "").partition(".")[0]
        if library == __package__:
            raise
        raise MissingExtraError(library, extra) from error
