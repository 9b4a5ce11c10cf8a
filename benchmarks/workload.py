"""
The workload: JSON records of runs of ten nodes, each output the next node's input.

A payload has about 1,060 bytes and a run 24.5 KB. An index gives the same bytes on every machine.
The module joins JSON text directly, because a benchmark of 100,000 runs needs 2.4 GB of text.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from functools import cache, partial
from multiprocessing import get_context
from random import Random
from typing import Final, Literal, TypeAlias

Payloads: TypeAlias = Literal["unique", "repeating", "stamped trigger", "stamped"]
"""
How payloads differ between runs.

`unique` payloads differ in everything. `repeating` payloads don't differ, as in a scheduled
workflow with the same data in each run. `stamped trigger` changes one short field of the trigger's
data, and so of the first input. `stamped` changes one short field of every payload.
"""

NODES: Final = 10
_FIRST_START: Final = datetime(2026, 11, 1)  # noqa: DTZ001 - generated workflows send naive times
_FIXED_STAMP: Final = "2026-11-01T00:00:00"


def _vocabulary() -> list[str]:
    rng = Random(0)
    return ["".join(rng.choices(string.ascii_lowercase, k=rng.randint(3, 9))) for _ in range(512)]


_WORDS: Final = _vocabulary()
_ODD_WORDS, _EVEN_WORDS = _WORDS[:256], _WORDS[256:]
_AMOUNTS: Final = [str(cents / 100) for cents in range(1 << 12)]


def run(index: int, *, payloads: Payloads = "unique", workflows: int = 1) -> bytes:
    """
    Make the record of one run.

    Args:
        index: The number of the run; runs start a second apart, in this order.
        payloads: How the run's payloads differ from the payloads of other runs.
        workflows: The number of workflows that share the runs in turn.

    Returns:
        Compact JSON, as httpx sends it.
    """
    rng = Random(index)
    start = _FIRST_START + timedelta(seconds=index)
    execution_id = _uuid(rng)
    workflow = index % workflows
    values = _payloads(rng, start, payloads)
    nodes = []
    for position in range(NODES):
        began = start + timedelta(milliseconds=10 * position)
        took = rng.randrange(1, 10_000)
        ended = began + timedelta(microseconds=took)
        nodes.append(
            f'{{"nodeId":"node-{position}","nodeName":"Step {position}","nodeType":"httpRequest",'
            f'"status":"success","startedAt":"{began.isoformat()}",'
            f'"completedAt":"{ended.isoformat()}","durationMs":{took / 1000},'
            f'"input":{values[position]},"output":{values[position + 1]}}}'
        )
    return (
        f'{{"id":"{execution_id}","workflowId":"workflow-{workflow}",'
        f'"workflowName":"Workflow {workflow}","status":"success",'
        f'"startedAt":"{start.isoformat()}",'
        f'"trigger":{{"type":"{"http" if payloads == "unique" else "scheduled"}",'
        f'"data":{values[0]}}},"nodeExecutions":[{",".join(nodes)}],'
        f'"completedAt":"{ended.isoformat()}","durationMs":{90 + took // 1000}}}'
    ).encode()


def runs(first: int, count: int, *, payloads: Payloads = "unique") -> list[bytes]:
    """
    Make the records of `count` runs from index `first` on.

    Args:
        first: The index of the first run.
        count: The number of runs.
        payloads: How payloads differ between runs.

    Returns:
        The compact JSON of each run.
    """
    return [run(index, payloads=payloads) for index in range(first, first + count)]


def rounds(
    count: int, size: int, *, first: int = 0, payloads: Payloads = "unique"
) -> Iterator[list[bytes]]:
    """
    Make `count` rounds of `size` runs, each round on request.

    Args:
        count: The number of rounds.
        size: The number of runs in a round.
        first: The index of the first run.
        payloads: How payloads differ between runs.

    Yields:
        The records of a round.
    """
    for start in range(first, first + count * size, size):
        yield runs(start, size, payloads=payloads)


def ahead(count: int, size: int, *, workflows: int = 1) -> Iterator[list[bytes]]:
    """
    Make `count` runs in a separate process, `size` at a time, one portion in advance.

    Args:
        count: The number of runs.
        size: The number of runs in a portion.
        workflows: The number of workflows that share the runs in turn.

    Yields:
        The records of a portion.
    """
    make = partial(_slice, size=size, workflows=workflows)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pending = pool.submit(make, 0)
        for start in range(0, count, size):
            bodies = pending.result()
            if start + size < count:
                pending = pool.submit(make, start + size)
            yield bodies


def batches(bodies: Sequence[bytes], size: int) -> list[bytes]:
    """
    Join records into NDJSON bodies of `size` records.

    Args:
        bodies: The compact JSON of records.
        size: The number of records in a body; the last body may have fewer.

    Returns:
        The NDJSON bodies.
    """
    return [b"\n".join(bodies[start : start + size]) for start in range(0, len(bodies), size)]


def _slice(start: int, *, size: int, workflows: int) -> list[bytes]:
    return [run(index, workflows=workflows) for index in range(start, start + size)]


def _payloads(rng: Random, start: datetime, payloads: Payloads) -> list[str]:
    if payloads == "unique":
        return [_payload(rng, step, start.isoformat()) for step in range(NODES + 1)]
    stamp = start.isoformat()
    stamped = {"repeating": 0, "stamped trigger": 1, "stamped": NODES + 1}[payloads]
    fixed = _fixed_payloads()
    return [value.replace(_FIXED_STAMP, stamp) for value in fixed[:stamped]] + fixed[stamped:]


@cache
def _fixed_payloads() -> list[str]:
    rng = Random("scheduled")
    return [_payload(rng, step, _FIXED_STAMP) for step in range(NODES + 1)]


def _payload(rng: Random, step: int, stamp: str) -> str:
    chosen = rng.randbytes(80)
    words = [
        word
        for odd, even in zip(chosen[::2], chosen[1::2], strict=True)
        for word in (_ODD_WORDS[odd], _EVEN_WORDS[even])
    ]
    first, last = words[0], words[1]
    numbers = memoryview(rng.randbytes(2 * 14)).cast("H")
    items = ",".join(
        [
            f'{{"sku":"SKU-{sku:05d}","qty":{1 + number % 8},"price":{_AMOUNTS[number >> 4]},'
            f'"title":"{" ".join(words[at : at + 4])}"}}'
            for at, sku, number in zip(range(2, 26, 4), numbers[2:8], numbers[8:], strict=True)
        ]
    )
    return (
        f'{{"orderId":"{_uuid(rng)}","step":{step},"checkedAt":"{stamp}",'
        f'"customer":{{"id":{numbers[0]},"email":"{first}.{last}@example.com",'
        f'"name":"{first.title()} {last.title()}"}},"items":[{items}],'
        f'"note":"{" ".join(words[26:])}","total":{_AMOUNTS[numbers[1] >> 4]},"ok":true}}'
    )


def _uuid(rng: Random) -> str:
    digits = rng.randbytes(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
