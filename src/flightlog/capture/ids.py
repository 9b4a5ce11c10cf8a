"""
Makes the names and ids of workflows, nodes and runs that messages carry: text without secrets.

Names repeat with every run, so the redacted names are cached. `flightlog.redaction` owns the
redaction itself.
"""

from __future__ import annotations

import os
import time
from typing import Final

from flightlog.capture.encoding import write_readable
from flightlog.capture.messages import encode_lenient
from flightlog.record.model import MAX_ID_CHARACTERS, split_address
from flightlog.redaction import FAILED_TEXT, Redactor

_KEPT: Final = 4096
_DIGEST_DIGITS: Final = 32
_MS_NS: Final = 1_000_000
_BLOCK_LENGTH: Final = 1 << 24
_BLOCK_BITS: Final = 28
"""The sum of both stays below 2**53, up to which every JSON parser keeps integers exact."""
_newest_tick = 0


class RedactedNames:
    """
    Redacts and caches names. Ids are kept unchanged, because the merge joins records by their ids.

    Args:
        redactor: Removes secrets.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._nodes: dict[tuple[str, object, object], bytes] = {}
        self._names: dict[str, str] = {}

    def node(self, node_id: str, name: object, kind: object) -> bytes:
        """
        Write the first members of a node execution, which all executions of the node share.

        Args:
            node_id: The node's id.
            name: The node's name; an object that is no text is converted to text.
            kind: The node's type, converted likewise.

        Returns:
            The beginning of a JSON object, without the closing brace.
        """
        # Hashing an object that is no text may run the object's own code.
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
        """
        Convert a name to text without secrets.

        Args:
            name: The name, of any type.

        Returns:
            The redacted text.
        """
        text = to_text(name)
        known = self._names.get(text)
        if known is None:
            known = self._redactor.text(text)
            if len(self._names) >= _KEPT:
                self._names.clear()
            # Don't cache a failed redaction, because the next attempt may succeed.
            if known != FAILED_TEXT:
                self._names[text] = known
        return known

    def forget(self) -> None:
        """Clear the cache, because a new secret was registered."""
        self._nodes.clear()
        self._names.clear()


def to_text(value: object) -> str:
    """
    Convert a value to text.

    Args:
        value: The value.

    Returns:
        A text unchanged; another value's printed form, or its type's name where printing the value
        would run other code.
    """
    return value if type(value) is str else write_readable(value)


def make_usable_id(value: object) -> str:
    """
    Make a valid execution id from any value.

    Args:
        value: The value that was given as the id.

    Returns:
        The text itself, where it has 1 to 128 printable characters or is the address of such a run.
        Otherwise the beginning of the text and a digest, so that equal values get equal ids.
    """
    text = to_text(value)
    key = split_address(text)
    name = key.execution_id if key else text
    if 1 <= len(name) <= MAX_ID_CHARACTERS and name.isprintable():
        return text
    # Importing Flightlog must not load OpenSSL; by now the recorder's key has loaded it.
    from hashlib import sha256  # noqa: PLC0415

    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_DIGITS]
    kept = "".join(filter(str.isprintable, text[:MAX_ID_CHARACTERS]))
    return f"{kept[: MAX_ID_CHARACTERS - _DIGEST_DIGITS - 1]}-{digest}"


def make_run_id() -> str:
    """
    Make the id of a run: a UUIDv7 that sorts after every run id made before.

    Within a process the order holds even when the wall clock is set back. Between processes the
    order holds as far as their clocks agree.

    Returns:
        The id as text.
    """
    global _newest_tick  # noqa: PLW0603 - the order holds for the whole process
    ms, rest_ns = divmod(time.time_ns(), _MS_NS)
    # Twelve bits after the milliseconds hold the fraction of a millisecond (RFC 9562, section 6.2,
    # method 3).
    tick = _newest_tick = max(ms << 12 | (rest_ns << 12) // _MS_NS, _newest_tick + 1)
    low = int.from_bytes(os.urandom(8), "big") >> 2
    digits = f"{(tick >> 12) << 80 | 7 << 76 | (tick & 0xFFF) << 64 | 2 << 62 | low:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def choose_sequence_block() -> int:
    """
    Choose the first node number of a further process that takes part in an execution.

    Returns:
        A random multiple of the block of numbers that each process gets.
    """
    chosen = int.from_bytes(os.urandom(4), "little") >> (32 - _BLOCK_BITS)
    return _BLOCK_LENGTH * (1 + chosen)
