"""
Questions about the benchmarks' runs: values, values at a path, words and pieces of text.

Frequent ones are in nearly every run, rare ones in one run of a thousand or fewer, and absent ones
nowhere. Their texts are taken from random runs of the history.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from benchmarks import workload

Kind: TypeAlias = Literal[
    "whole value", "path = value", "word", "range", "piece of an id", "other text", "no query"
]
Frequency: TypeAlias = Literal["frequent", "rare", "absent"]

KINDS: Final[tuple[Kind, ...]] = ("whole value", "path = value", "word", "range")
"""The kinds that are asked with every frequency."""
_LIMITS: Final[dict[Frequency, str]] = {"frequent": "20", "rare": "40.95", "absent": "41"}
"""The smallest totals of a range; a total is at most 40.95."""
FREQUENCIES: Final[tuple[Frequency, ...]] = ("frequent", "rare", "absent")


class Question(Struct, frozen=True, kw_only=True):
    """A question, for Flightlog and for others."""

    kind: Kind
    frequency: Frequency
    query: str
    """The question in Flightlog's language."""
    text: str
    """The value, the word or the piece."""
    path: str = ""
    """Where the value is: `items[].sku` or `items[].qty`."""


def ask(kind: Kind, frequency: Frequency, count: int, runs: int) -> list[Question]:
    """
    Make questions.

    Args:
        kind: The kind.
        frequency: How many runs match.
        count: The number of questions.
        runs: The number of runs in the history.

    Returns:
        The questions, the same for the same arguments.
    """
    rng = Random(f"{kind} {frequency}")
    return [_ask(kind, frequency, rng, runs) for _ in range(count)]


def _ask(kind: Kind, frequency: Frequency, rng: Random, runs: int) -> Question:
    payload = _choose_payload(rng, runs)
    path = ""
    if kind == "whole value":
        text = _value(payload, frequency, rng)
        query = f"any:{text}"
    elif kind == "path = value":
        path = "items[].qty" if frequency == "frequent" else "items[].sku"
        text = _value_at_path(payload, frequency, rng)
        query = f"output.{path}:{text}"
    elif kind == "word":
        text = query = _word(payload, frequency, rng)
    elif kind == "range":
        path, text = "total", _LIMITS[frequency]
        query = f"output.total:>={text}"
    else:
        text = _piece(payload, rng) if kind == "piece of an id" else _other_text(payload, rng)
        query = f'~"{text}"'
    return Question(kind=kind, frequency=frequency, query=query, text=text, path=path)


def _choose_payload(rng: Random, runs: int) -> Any:
    nodes = json.loads(workload.run(rng.randrange(runs)))["nodeExecutions"]
    return rng.choice(nodes)["output"]


def _value(payload: Any, frequency: Frequency, rng: Random) -> str:
    if frequency == "frequent":
        return str(rng.choice(payload["items"])["qty"])
    email: str = payload["customer"]["email"]
    return email if frequency == "rare" else f"nobody-{rng.randrange(1000)}.{email}"


def _value_at_path(payload: Any, frequency: Frequency, rng: Random) -> str:
    if frequency == "frequent":
        return str(rng.choice(payload["items"])["qty"])
    # SKUs have numbers of 16 bits.
    absent = f"SKU-{rng.randrange(1 << 16, 99_999)}"
    present: str = rng.choice(payload["items"])["sku"]
    return present if frequency == "rare" else absent


def _word(payload: Any, frequency: Frequency, rng: Random) -> str:
    if frequency == "frequent":
        word: str = rng.choice(payload["note"].split())
        return word
    last: str = payload["orderId"].rpartition("-")[2]
    return last if frequency == "rare" else f"zz{last}"


def _piece(payload: Any, rng: Random) -> str:
    # Pieces that have a digit or a sign between letters, as identifiers have.
    email, order = payload["customer"]["email"], payload["orderId"]
    at = email.index("@")
    sku = rng.choice(payload["items"])["sku"]
    pieces = [
        email[at - 2 : at + 3],
        email[:at],
        f"{order[: rng.randint(5, 10)]}",
        sku[rng.randint(3, 5) :],
        sku[-4:-1],
    ]
    has_sign = [piece for piece in pieces if any(not letter.isalpha() for letter in piece)]
    chosen: str = rng.choice(has_sign)
    return chosen


def _other_text(payload: Any, rng: Random) -> str:
    words = payload["note"].split()
    at = rng.randrange(len(words) - 1)
    return f"{words[at][-3:]} {words[at + 1][:3]}"
