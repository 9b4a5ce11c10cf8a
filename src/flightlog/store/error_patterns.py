"""Replace the parts of an error's message that differ between failures of the same cause."""

from __future__ import annotations

import re
from typing import Final

_PARTS: Final = re.compile(
    r"""
      (?P<secret> \[REDACTED:[0-9a-f]+\] )
    | (?P<url>    \b[a-z][a-z0-9+.-]{1,15}://[^\s"'<>`]+ )
    | (?P<time>   \b\d{4}-\d\d-\d\d(?:[T\ ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)? )
    | (?P<n2>     \b[0-9]+(?:[.][0-9]+)?e[-+]?[0-9]+\b )                 # 1e-9
    | (?P<id>     \b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b        # UUIDs
                | \b(?=[0-9a-z_-]*[0-9])[0-9a-z]+(?:[_-][0-9a-z]+)+\b    # order-1f-7
                | \b(?=[a-z])(?=(?:[a-z]*[0-9]){3})[0-9a-z]{6,}\b        # req8f31ab
                | \b(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{6,}\b )        # hashes
    | (?P<text>   (?<!\w)(?:"[^"]*"|'[^']*'|`[^`]*`)(?!\w)
                | \u201c[^\u201d]*\u201d | \u2018[^\u2019]*\u2019 | \u00ab[^\u00bb]*\u00bb )
    | (?P<mail>   \b[\w.+-]+@[\w-]+(?:\.[\w-]+)+ )
    | (?P<path>   (?<![\w/])(?:~|\.{1,2}|[a-z]:)?(?:[/\\][\w.@+-]+){2,}[/\\]? )
    | (?P<hex>    \b0x[0-9a-f]+\b )
    | (?P<n>      (?:(?<![\w.])[-+])?[0-9]+(?:[.,:][0-9]+)* )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_COMPARED_CHARACTERS: Final = 300
_LETTER: Final = re.compile(r"[^\W\d_]")
_WORD: Final = re.compile("\u27e8[a-z]+\u27e9")


def normalize_message(message: str) -> str:
    """
    Replace the parts of a message that differ between similar failures.

    Numbers, times, ids, addresses, paths, secrets and quoted values become words such as `⟨n⟩`. A
    message that consists of a quoted value alone stays, e.g. that of a `KeyError`.

    Args:
        message: The error message; only its first 300 characters count.

    Returns:
        The pattern: equal for messages that are alike.
    """
    message = message[:_COMPARED_CHARACTERS]
    pattern = _PARTS.sub(_name_part, message)
    return pattern if _LETTER.search(_WORD.sub("", pattern)) else _keep_quoted(message)


def _name_part(found: re.Match[str]) -> str:
    kind = found.lastgroup or "n"
    part = found[0]
    if kind == "text":
        return f"{part[0]}\u27e8text\u27e9{part[-1]}"
    return f"\u27e8{kind.rstrip('2')}\u27e9"


def _keep_quoted(message: str) -> str:
    return _PARTS.sub(
        lambda found: found[0] if found.lastgroup == "text" else _name_part(found), message
    )
