"""
What workflows, nodes and runs are called, as messages say it: text, and without secrets.

Names repeat with every run, so what became of them is remembered.
"""

from __future__ import annotations

import hashlib
import os
import time
from typing import Final

from flightlog.capture.encoding import readable_text
from flightlog.capture.messages import encode_lenient
from flightlog.record.model import MAX_ID_CHARACTERS, split_address
from flightlog.redaction import FAILED_TEXT, Redactor

_KEPT: Final = 4096
_DIGEST_DIGITS: Final = 32
_MS_NS: Final = 1_000_000
_newest_tick = 0


class RedactedNames:
    """
    Writes names; ids are kept as they are, since records are joined by them.

    Args:
        redactor: Removes secrets.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._nodes: dict[tuple[str, object, object], bytes] = {}
        self._names: dict[str, str] = {}

    def node(self, node_id: str, name: object, kind: object) -> bytes:
        """
        Write the first members of a node execution, which it shares with every other of its node.

        Args:
            node_id: The node's id.
            name: Its name; text, or else what it prints.
            kind: Its type, likewise.
        """
        # What is no text may run code of its own when it is hashed.
        is_text = type(name) is str and type(kind) is str
        known = self._nodes.get((node_id, name, kind)) if is_text else None
        if known is not None:
            return known
        about = {"nodeId": node_id, "nodeName": self.name(name), "nodeType": self.name(kind)}
        identity = encode_lenient(about)[:-1]
        if is_text and FAILED_TEXT not in about.values():
            if len(self._nodes) >= _KEPT:
                self._nodes.clear()
            self._nodes[node_id, name, kind] = identity
        return identity

    def name(self, name: object) -> str:
        """Write a name of any make, without secrets."""
        text = as_text(name)
        known = self._names.get(text)
        if known is None:
            known = self._redactor.text(text)
            if len(self._names) >= _KEPT:
                self._names.clear()
            # A failure may be over the next time.
            if known != FAILED_TEXT:
                self._names[text] = known
        return known

    def forget(self) -> None:
        """Forget all: there is a new secret."""
        self._nodes.clear()
        self._names.clear()


def as_text(value: object) -> str:
    """A text as it is; what anything else prints, or its type where it would run other code."""
    return value if type(value) is str else readable_text(value)


def usable_id(value: object) -> str:
    """
    Make an execution's id of what was given for one.

    Returns:
        It, where it is 1 to 128 printable characters, or the address of such a run. Else its
        beginning and a digest: another record that names the same execution has the same.
    """
    text = as_text(value)
    key = split_address(text)
    name = key.execution_id if key else text
    if 1 <= len(name) <= MAX_ID_CHARACTERS and name.isprintable():
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_DIGITS]
    kept = "".join(filter(str.isprintable, text[:MAX_ID_CHARACTERS]))
    return f"{kept[: MAX_ID_CHARACTERS - _DIGEST_DIGITS - 1]}-{digest}"


def new_run_id() -> str:
    """
    Make the id of a run: a UUIDv7 whose text is greater than that of every run begun before.

    Within a process that holds even when the wall clock is set back; between processes it holds as
    far as their clocks agree.
    """
    global _newest_tick  # noqa: PLW0603 - runs begun before are begun anywhere in the process
    ms, rest_ns = divmod(time.time_ns(), _MS_NS)
    # Twelve bits after the milliseconds count parts of one (RFC 9562, section 6.2, method 3).
    tick = _newest_tick = max(ms << 12 | (rest_ns << 12) // _MS_NS, _newest_tick + 1)
    low = int.from_bytes(os.urandom(8), "big") >> 2
    digits = f"{(tick >> 12) << 80 | 7 << 76 | (tick & 0xFFF) << 64 | 2 << 62 | low:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
