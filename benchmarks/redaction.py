"""
The cost of redaction, for each kind of payload and for a mix of all kinds.

The mix has 100 payloads of about 1 KB: 62 orders as in `workload`, without anything that resembles
a secret; 12 with web and mail addresses; 10 calls of a language model, with its token counts; 8
requests with headers, including `Authorization` and `Cookie`; 4 with JSON in text and a key in the
JSON; 4 stacks with a password in a message. A sixth of the payloads therefore holds a secret, and
about as many others resemble secrets.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, Final

import cyclopts
from rich.table import Table

from benchmarks import workload
from benchmarks.frame import Target, console, present
from flightlog.redaction import Redactor

_KIB: Final = 1024
_EACH: Final = 50
_SECRETS: Final = 20
_CLEAN, _MIX = "orders, nothing like a secret", "the mix"


def measure(_directory: Path, *, rounds: int = 15) -> list[Target]:
    """
    Redact each kind in turn, round by round.

    Args:
        _directory: Not used.
        rounds: The number of rounds.

    Returns:
        The targets with their measured values.
    """
    rng = Random("redaction")
    known = [rng.randbytes(16).hex() for _ in range(_SECRETS)]
    redactor = Redactor(rng.randbytes(32), secrets=known)
    kinds = {
        name: ([_json(make(rng)) for _ in range(_EACH)], share) for name, make, share in _KINDS
    }
    spent: dict[str, list[float]] = {name: [] for name in kinds}
    for turn in range(rounds + 1):
        for name, (payloads, _) in kinds.items():
            seconds = _seconds(redactor, payloads)
            if turn > 0:
                spent[name].append(seconds / _EACH * 1e6)
    table = Table(title=f"Redaction, {_SECRETS} known secrets", title_justify="left")
    table.add_column("")
    for heading in ("share", "bytes", "µs a payload", "µs/KB", "changed"):
        table.add_column(heading, justify="right")
    costs = {}
    for name, (payloads, share) in kinds.items():
        size = sum(map(len, payloads)) / _EACH
        costs[name] = (median(spent[name]), size, share)
        changed = sum(redactor.payload(payload, "input") is not payload for payload in payloads)
        table.add_row(
            name,
            f"{share} %",
            f"{size:,.0f}",
            f"{costs[name][0]:.1f}",
            f"{costs[name][0] / size * _KIB:.1f}",
            f"{changed / _EACH:.0%}",
        )
    cost = sum(each * share for each, _, share in costs.values()) / 100
    size = sum(each * share for _, each, share in costs.values()) / 100
    mix = cost / size * _KIB
    table.add_row(_MIX, "", f"{size:,.0f}", f"{cost:.1f}", f"{mix:.1f}", "", style="bold")
    console.print(table)
    clean = costs[_CLEAN][0] / costs[_CLEAN][1] * _KIB
    return [
        Target(
            name="redaction, nothing secret", value=clean, bound=8, kind="at most", unit="µs/KB"
        ),
        Target(name="redaction, the mix", value=mix, bound=30, kind="at most", unit="µs/KB"),
    ]


def _seconds(redactor: Redactor, payloads: list[bytes]) -> float:
    # The clock counts this process's CPU time, because a shared machine runs other programs too.
    started = time.process_time()
    for payload in payloads:
        redactor.payload(payload, "input")
    return time.process_time() - started


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _order(rng: Random) -> dict[str, Any]:
    run = json.loads(workload.run(rng.randrange(1 << 30)))
    order: dict[str, Any] = run["nodeExecutions"][0]["input"]
    return order


def _addresses(rng: Random) -> object:
    order = _order(rng)
    number = rng.randrange(10**6)
    return order | {
        "url": f"https://shop.example.com/orders/{number}?page=2",
        "status_url": f"https://api.example.com/v2/orders/{number}/status",
        "contact": "orders@example.com",
    }


def _model_call(rng: Random) -> object:
    note = _order(rng)["note"]
    return {
        "model": "large-2026",
        "max_tokens": 1024,
        "temperature": 0.2,
        "messages": [
            {"role": "system", "content": "Answer in one sentence. Use at most 60 tokens."},
            {"role": "user", "content": f"What is the risk-assessment of this order? {note}"},
            {"role": "assistant", "content": note},
        ],
        "usage": {"prompt_tokens": 211, "completion_tokens": 57, "total_tokens": 268},
        "finish_reason": "stop",
    }


def _request(rng: Random) -> object:
    return _order(rng) | {
        "method": "POST",
        "headers": {
            "Host": "api.example.com",
            "Authorization": f"Bearer {rng.randbytes(24).hex()}",
            "Content-Type": "application/json",
            "Cookie": f"sid={rng.randbytes(16).hex()}; theme=dark",
            "User-Agent": "python-httpx/0.28",
        },
    }


def _text_with_json(rng: Random) -> object:
    inner = {"order": _order(rng), "apiKey": rng.randbytes(20).hex()}
    return {"status": 200, "body": json.dumps(inner)}


def _stack(rng: Random) -> object:
    frames = "".join(
        f'  File "/srv/app/orders/step{line}.py", line {line}, in call\n    return run(order)\n'
        for line in range(10)
    )
    message = f"connect(host='db', user='app', password='{rng.randbytes(12).hex()}') failed"
    return {"error": f"Traceback (most recent call last):\n{frames}ConnectionError: {message}"}


_KINDS: Final[tuple[tuple[str, Callable[[Random], object], int], ...]] = (
    (_CLEAN, _order, 62),
    ("web and mail addresses", _addresses, 12),
    ("a language model's call", _model_call, 10),
    ("a request with headers", _request, 8),
    ("JSON in text, with a key", _text_with_json, 4),
    ("a stack, with a password", _stack, 4),
)


def main(*, rounds: int = 15) -> None:
    """
    Measure redaction.

    Args:
        rounds: The number of times that each kind is redacted.
    """
    present(None, lambda place: measure(place, rounds=rounds))


if __name__ == "__main__":
    cyclopts.run(main)
