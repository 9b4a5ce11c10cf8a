"""
`python -m support.fuzzing` fuzzes every target; the exit code is 1 on any crash or hang.

Each target runs in a process of its own, whose current input is in a file. So an input that ends
the process, or never ends, is known.
"""

from __future__ import annotations

import mmap
import struct
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import SystemRandom
from typing import Final

import cyclopts
import msgspec
from rich.console import Console

from support.fuzzing.campaign import Fault, Outcome, fuzz, keep
from support.fuzzing.mutation import MAX_BYTES as MAX_INPUT_BYTES
from support.fuzzing.targets import TARGETS

STUCK_S: Final = 120.0
"""A process whose input hasn't changed for this time hangs, seconds."""
_HEAD: Final = struct.Struct("=QQ")
"""The number of the current input, and its size; its bytes follow."""
_KEPT_BYTES: Final = MAX_INPUT_BYTES + _HEAD.size
app = cyclopts.App()
console = Console(width=160, highlight=False)


@app.default
def main(*targets: str, minutes: float = 30, seed: int | None = None, at_once: int = 2) -> int:
    """
    Fuzz targets and print the results.

    Args:
        targets: The targets; all when empty.
        minutes: How long each target is fuzzed.
        seed: The seed of all choices; printed, so that a run can be repeated.
        at_once: The number of concurrent targets.

    Returns:
        The exit code.
    """
    seed = SystemRandom().randrange(1 << 32) if seed is None else seed
    place = Path(tempfile.mkdtemp(prefix="flightlog-fuzz-"))
    console.print(f"{minutes:g} minutes each, seed {seed}")
    with ThreadPoolExecutor(at_once) as pool:
        names = targets or tuple(TARGETS)
        outcomes = pool.map(lambda name: _watch(name, place, minutes * 60, seed), names)
        failed = False
        for name, outcome in zip(names, outcomes, strict=True):
            console.print(
                f"{name}: {outcome.inputs:,} inputs, {outcome.lines:,} lines, slowest "
                f"{outcome.slowest_s:.2f} s, {len(outcome.faults)} faults"
            )
            for fault in outcome.faults:
                failed = True
                console.print(f"[red]{keep(fault, place)}[/]", fault.reason, sep="\n", markup=True)
    return int(failed)


@app.command
def child(name: str, current: Path, seconds: float, seed: int) -> None:
    """
    Fuzz one target in this process, and print the outcome as JSON.

    Args:
        name: The target.
        current: The file that holds the current input.
        seconds: How long.
        seed: The seed of all choices.
    """
    last = time.monotonic() + seconds
    with current.open("r+b") as file, mmap.mmap(file.fileno(), _KEPT_BYTES) as shared:

        def note(data: bytes) -> None:
            number, _ = _HEAD.unpack_from(shared)
            _HEAD.pack_into(shared, 0, number + 1, len(data))
            shared[_HEAD.size : _HEAD.size + len(data)] = data

        outcome = fuzz(
            TARGETS[name], seed=seed, goes_on=lambda _: time.monotonic() < last, before=note
        )
    sys.stdout.buffer.write(b"\n" + msgspec.json.encode(outcome))


def _watch(name: str, place: Path, seconds: float, seed: int) -> Outcome:
    current = place / f"{name}.current"
    current.write_bytes(bytes(_KEPT_BYTES))
    command = [sys.executable, "-m", "support.fuzzing", "child", name, str(current)]
    with subprocess.Popen(
        [*command, str(seconds), str(seed)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        number, since = 0, time.monotonic()
        while True:
            try:
                printed, complaints = process.communicate(timeout=5)
                break
            except subprocess.TimeoutExpired:
                now, _ = _read_current(current)
                if now != number:
                    number, since = now, time.monotonic()
                elif time.monotonic() - since > STUCK_S:
                    process.kill()
    if process.returncode == 0:
        return msgspec.json.decode(printed.rpartition(b"\n")[2], type=Outcome)
    reason = f"exit code {process.returncode}\n{complaints.decode(errors='replace')[-2_000:]}"
    return Outcome(faults=[Fault(target=name, data=_read_current(current)[1], reason=reason)])


def _read_current(file: Path) -> tuple[int, bytes]:
    content = file.read_bytes()
    number, size = _HEAD.unpack_from(content)
    return number, content[_HEAD.size : _HEAD.size + size]


if __name__ == "__main__":
    sys.exit(app())
