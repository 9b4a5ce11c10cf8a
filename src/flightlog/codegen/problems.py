"""Collecting all that is wrong with a manifest, to tell it at once, each with its place."""

from __future__ import annotations

from typing import Final

from flightlog.errors import InvalidManifestError

SHOWN: Final = 20


def format_place(*parts: str | int) -> str:
    """
    Write a place in the manifest, e.g. `workflows.order.nodes.charge.config.url`.

    Args:
        parts: Keys and positions from the manifest's root; a key that is no plain word is quoted.
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
    """What is wrong with a manifest, in the order in which it was found."""

    def __init__(self) -> None:
        self._sentences: dict[str, None] = {}

    def add(self, place: str, what: str, advice: str) -> None:
        """
        Note one problem; the same again is noted once.

        Args:
            place: Where, as `format_place` writes it; empty for the manifest as a whole.
            what: What is wrong, without the place.
            advice: What to do, a sentence without its full stop.
        """
        where = f"`{place}` " if place else "The manifest "
        self._sentences[f"{where}{what}. {advice[:1].upper()}{advice[1:]}."] = None

    def extend(self, others: Problems) -> None:
        """Note what others have noted."""
        self._sentences |= others._sentences

    def __bool__(self) -> bool:
        return bool(self._sentences)

    def raise_any(self) -> None:
        """
        End here if anything was noted.

        Raises:
            InvalidManifestError: Says all of it, the first `SHOWN` in full.
        """
        if not self._sentences:
            return
        told = list(self._sentences)
        if len(told) > SHOWN:
            told[SHOWN:] = [f"And {len(told) - SHOWN} more."]
        raise InvalidManifestError(told)
