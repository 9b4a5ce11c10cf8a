"""
Known secrets, and every way in which they turn up: raw, or encoded for a URL, JSON, base64 or hex.

It owns how a secret is spelled, and whether a place that looks like a spelling is one. Finding such
places is the scanner's business, which folds case and digits.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Final, NamedTuple
from urllib.parse import quote, quote_plus, unquote_to_bytes

_JAVASCRIPT_COMPONENT: Final = "!'()*~"
_JAVASCRIPT_URI: Final = ";,/?:@&=+$!*'()#~"
_TIMES_ESCAPED: Final = 2


class Spelling(NamedTuple):
    """One way to write a secret."""

    secret: bytes
    """The secret itself, as UTF-8."""
    text: bytes
    """How it is written."""
    kind: str
    """`exact`; `percent` and `hex`, in which the digits' case is free; `base64`."""
    before: int = 0
    """How many base64 digits before `text` hold bits of the secret too."""
    after: int = 0
    """How many after it."""

    def stands_at(self, text: bytes, start: int, end: int) -> bool:
        """Whether this is what stands there, where it was found with case and digits folded."""
        found = text[start:end]
        if self.kind == "hex":
            return found.lower() == self.text
        if self.kind == "percent":
            return unquote_to_bytes(found) == unquote_to_bytes(self.text)
        return found == self.text


def spellings(secret: str) -> list[Spelling]:
    """Write a secret in every way that is looked for."""
    raw = secret.encode("utf-8", "surrogatepass")
    exact = {raw}
    for ascii_only in (False, True):
        once = secret
        for _ in range(_TIMES_ESCAPED):
            once = json.dumps(once, ensure_ascii=ascii_only)[1:-1]
            exact.update(
                written.encode("utf-8", "surrogatepass")
                for written in (once, once.replace("/", r"\/"))
            )
    # Errors quote texts as Python does, where it depends on the rest what is escaped.
    for shown in (repr, ascii):
        exact |= {shown(secret)[1:-1].encode(), shown(secret + '"')[1:-2].encode()}
    percent = {
        written.encode()
        for written in (
            quote(raw, safe=""),
            quote(raw, safe="/"),
            quote_plus(raw),
            quote(raw, safe=_JAVASCRIPT_COMPONENT),
            quote(raw, safe=_JAVASCRIPT_URI),
            quote_plus(raw, safe="*"),
            quote(quote(raw, safe=""), safe=""),
        )
    }
    found = [Spelling(raw, text, "exact") for text in sorted(exact)]
    found += [Spelling(raw, text, "percent") for text in sorted(percent - exact)]
    found.append(Spelling(raw, raw.hex().encode(), "hex"))
    found += _in_base64(raw)
    return found


def _in_base64(raw: bytes) -> Iterable[Spelling]:
    for offset in range(3):
        bits = 8 * (offset + len(raw))
        first, last = -(-8 * offset // 6), bits // 6
        digits = base64.b64encode(bytes(offset) + raw)[first:last]
        # A digit at either end may hold bits of the secret and of what stands beside it.
        ends = {"before": int(offset > 0), "after": int(bits % 6 > 0)}
        for text in {digits, digits.translate(bytes.maketrans(b"+/", b"-_"))}:
            yield Spelling(raw, text, "base64", **ends)
