"""Names for people made into names of Python: readable, unique, and never one that is taken."""

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
"""Names of modules that a workflow's module would hide from itself, or no file can have."""

_GAPS: Final = re.compile("_{2,}")


def identifier(text: str, *, otherwise: str, ascii_only: bool = False) -> str:
    """
    Make an identifier of any text: `Charge the card!` becomes `charge_the_card`.

    Letters with marks lose them; letters of other scripts stay.

    Args:
        text: For people.
        otherwise: What to return when no letter is left.
        ascii_only: Leave out letters of other scripts, for names of files.

    Returns:
        Lower-case words with `_` between, at most `MAX_LENGTH` characters; perhaps a keyword.
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
    Gives out names of one scope, each once.

    Args:
        taken: Names that are never given out, beside keywords and built-in names.
        ascii_only: Whether names are for files.
    """

    def __init__(self, taken: Collection[str] = (), *, ascii_only: bool = False) -> None:
        self._reserved = frozenset({*_RESERVED, *taken})
        self._taken = set(self._reserved)
        self._ascii_only = ascii_only

    def give(self, text: str, *, otherwise: str) -> str:
        """
        Make a name of a text, with a number behind it where it is taken.

        Args:
            text: For people.
            otherwise: The name where no letter of the text can be used.
        """
        base = identifier(text, otherwise=otherwise, ascii_only=self._ascii_only)
        if base in self._reserved:
            base = f"{base}_{otherwise}"
        name, number = base, 2
        while name in self._taken:
            name, number = f"{base}_{number}", number + 1
        self._taken.add(name)
        return name
