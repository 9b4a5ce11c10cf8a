"""Collects all faults of a manifest with their places, so that one error reports all."""

from __future__ import annotations

from typing import Final

from flightlog.errors import InvalidManifestError

SHOWN: Final = 1_000


def format_place(*parts: str | int) -> str:
    """
    Write a place in the manifest, e.g. `workflows.order.nodes.charge.config.url`.

    Args:
        parts: Keys and positions from the manifest's root; a key that is no plain word is quoted.

    Returns:
        The place.
    """
    place = ""
    for part in parts:
        if isinstance(part, int):
            place += f"[{part}]"
        elif part.isascii() and part.replace("-", "_").isidentifier():
            place += f".{part}" if place else part
        else:
            place += f"[{part!r}]"
    return place


class Problems:
    """The faults of a manifest, in the order of their detection."""

    def __init__(self) -> None:
        self._sentences: dict[str, None] = {}

    def add(self, place: str, what: str, advice: str) -> None:
        """
        Add a fault; repetitions are dropped.

        Args:
            place: The place, from `format_place`; empty for the manifest as a whole.
            what: A description of the fault, without the place.
            advice: A remedy, a sentence without its full stop.
        """
        where = f"`{place}` " if place else "The manifest "
        self._sentences[f"{where}{what}. {advice[:1].upper()}{advice[1:]}."] = None

    def extend(self, others: Problems) -> None:
        """
        Add the faults of another collection.

        Args:
            others: The other collection.
        """
        self._sentences |= others._sentences

    def __bool__(self) -> bool:
        return bool(self._sentences)

    def raise_any(self) -> None:
        """
        Raise an error if there are faults.

        Raises:
            InvalidManifestError: There are faults; the error lists the first `SHOWN`.
        """
        if not self._sentences:
            return
        sentences = list(self._sentences)
        if len(sentences) > SHOWN:
            sentences[SHOWN:] = [f"And {len(sentences) - SHOWN} more."]
        raise InvalidManifestError(sentences)
