"""Makes Python names from names for people: readable, unique, and never a reserved name."""

from __future__ import annotations

import builtins
import keyword
import re
import sys
import unicodedata
from collections.abc import Collection
from typing import Final

MAX_LENGTH: Final = 48

_RESERVED: Final = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
_DEPENDENCIES: Final = {
    "annotated_doc", "annotated_types", "anthropic", "anyio", "app", "apscheduler", "attr",
    "attrs", "certifi", "click", "distro", "dotenv", "fastapi", "flightlog", "google", "groq",
    "h11", "h2", "httpcore", "httptools", "httpx", "httpx_sse", "idna", "jinja2", "jiter",
    "jsonschema", "jsonschema_specifications", "langchain", "markupsafe", "msgspec",
    "multipart", "numpy", "openai", "orjson", "pip", "platformdirs", "psycopg",
    "psycopg_binary", "pydantic", "pydantic_core", "pytz", "re2", "referencing", "requests",
    "rpds", "ruff", "setuptools", "sniffio", "socksio", "starlette", "tenacity", "tokenizers",
    "tqdm", "typing_extensions", "typing_inspection", "tzdata", "tzlocal", "urllib3",
    "uuid_utils", "uvicorn", "uvloop", "voyageai", "watchfiles", "websockets", "yaml",
    "zoneinfo",
}  # fmt: skip
_PORTS: Final = (f"{kind}{number}" for kind in ("com", "lpt") for number in range(10))
_DEVICES: Final = {"aux", "con", "nul", "prn", *_PORTS}
MODULES_TAKEN: Final = frozenset(
    {*sys.stdlib_module_names, *sys.builtin_module_names, *_DEPENDENCIES, *_DEVICES}
)
"""
Module names that would hide another module from the workflow's module, or are no valid file name.
"""

_GAPS: Final = re.compile("_{2,}")


def make_identifier(text: str, *, otherwise: str, ascii_only: bool = False) -> str:
    """
    Make an identifier from any text: `Charge the card!` becomes `charge_the_card`.

    Accents are removed from letters; letters of other scripts are kept.

    Args:
        text: A name for people.
        otherwise: The result when no letter is left.
        ascii_only: Whether to remove letters of other scripts, as file names need.

    Returns:
        Lower-case words with `_` between them, at most `MAX_LENGTH` characters; may be a keyword.
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", unicodedata.normalize("NFKC", text))
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", parted.replace("ß", "ss"))
        if not unicodedata.combining(letter) or not letter.isprintable()
    )
    if not bare.isascii() and not ascii_only:
        bare = parted
    bare = unicodedata.normalize("NFKC", bare.lower())
    words = "".join(letter if _fits(letter, ascii_only) else "_" for letter in bare)
    words = _GAPS.sub("_", words).strip("_")[:MAX_LENGTH].strip("_")
    words = unicodedata.normalize("NFKC", words)
    if not words:
        return otherwise
    return words if words.isidentifier() else f"{otherwise}_{words}"


def _fits(letter: str, ascii_only: bool) -> bool:
    return f"a{letter}".isidentifier() and (letter.isascii() or not ascii_only)


class Names:
    """
    Gives out unique names for one scope.

    Args:
        taken: Reserved names, in addition to keywords and built-in names.
        ascii_only: Whether the names are for files.
    """

    def __init__(self, taken: Collection[str] = (), *, ascii_only: bool = False) -> None:
        self._reserved = frozenset({*_RESERVED, *taken})
        self._taken = set(self._reserved)
        self._ascii_only = ascii_only

    def give(self, text: str, *, otherwise: str) -> str:
        """
        Make a unique name from a text; a number is appended if the name is taken.

        Args:
            text: A name for people.
            otherwise: The name when no letter of the text can be used.

        Returns:
            The name.
        """
        base = make_identifier(text, otherwise=otherwise, ascii_only=self._ascii_only)
        if base in self._reserved:
            base = f"{base}_{otherwise}"
        name, number = base, 2
        while name in self._taken:
            name, number = f"{base}_{number}", number + 1
        self._taken.add(name)
        return name
