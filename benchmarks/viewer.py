"""
The viewer's routes over HTTP, at 100,000 and at 1,000,000 executions.

The benchmark reads lists and counts, an execution of 5,000 nodes, a payload of 100 MB, and lists
while 200 new runs arrive each second. The receiver is a separate process over the history of the
browser tests (`tests/browser/serve.py`). Caches are warm, except at the payload's first opening.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final

import cyclopts
import httpx
from rich.table import Table

from benchmarks.frame import Target, console, present

_SERVE: Final = Path(__file__).parents[1] / "tests" / "browser" / "serve.py"
_FIRST_LIST: Final = "first list"
_READS: Final[Mapping[str, str]] = {
    _FIRST_LIST: "/api/summaries",
    "of a workflow, failed": "/api/summaries?workflowId=bulk-3&status=error",
    "running or failed": "/api/summaries?status=running&status=error",
    "from ten days ago": "/api/summaries?at={ten_days_ago}",
    "a text that nothing has": "/api/summaries?text=no-such-text",
    "longer than 1 s": "/api/summaries?minDurationMs=1000",
    "counts of 24 h": "/api/counts?after={a_day_ago}",
    "series of 24 h": "/api/series?after={a_day_ago}",
    "series of all": "/api/series",
    "workflows, all": "/api/workflows",
    "nodes of 24 h": "/api/nodes?after={a_day_ago}",
    "nodes, all": "/api/nodes",
    "errors": "/api/errors",
}
_NODES: Final = 5_000
_RATE: Final = 200
_PATIENCE_S: Final = 3_600


def measure(
    directory: Path, *, small: int = 100_000, large: int = 1_000_000, calls: int = 40
) -> list[Target]:
    """
    Fill histories with few and with many executions, and read from both as the viewer does.

    Args:
        directory: The directory for the databases.
        small: The number of executions in the small history.
        large: The number of executions in the large history.
        calls: The number of timed calls of each read.

    Returns:
        The targets with their measured values.
    """
    times: dict[int, dict[str, list[float]]] = {}
    for count in (small, large):
        with _serving(directory / str(count), count) as client:
            times[count] = _time(client, calls)
            if count == small:
                outline_ms, payload_ms = _one_execution(client, calls)
    with (
        _serving(directory / str(small), small, "--rate", str(_RATE)) as client,
    ):
        busy = _timed(client, "/api/summaries", calls * 5)
    table = Table(title=f"Reads over HTTP, p50 (p95) of {calls} calls, ms", title_justify="left")
    table.add_column("")
    for heading in (f"at {small:,}", f"at {large:,}", "ratio"):
        table.add_column(heading, justify="right")
    for what in _READS:
        few, many = times[small][what], times[large][what]
        slower = f"{median(many) / median(few):.2f}"
        table.add_row(what, _milliseconds(few), _milliseconds(many), slower)
    table.add_row(f"{_FIRST_LIST}, {_RATE} new runs/s", _milliseconds(busy), "", "")
    table.add_row(f"outline of {_NODES:,} nodes", _milliseconds(outline_ms), "", "")
    for what, took_ms in payload_ms.items():
        table.add_row(f"100 MB: {what}", f"{took_ms:.0f}", "", "")
    console.print(table)
    return [
        _at_most(f"{_FIRST_LIST} at {small:,}, p95", _p95(times[small][_FIRST_LIST])),
        _at_most(f"{_FIRST_LIST} at {large:,}, p95", _p95(times[large][_FIRST_LIST])),
        _at_most(f"{_FIRST_LIST}, {_RATE} new runs/s, p95", _p95(busy)),
        _at_most(f"outline of {_NODES:,} nodes, p95", _p95(outline_ms), 250),
        _at_most("100 MB payload, first opening", payload_ms["first opening"], 1_000),
    ]


@contextmanager
def _serving(project: Path, executions: int, *more: str) -> Iterator[httpx.Client]:
    options = ["--no-live", "--until-eof", "--large-mib", "100", "--nodes", str(_NODES)]
    command = [sys.executable, str(_SERVE), "--executions", str(executions)]
    with (
        console.status(f"{executions:,} executions"),
        subprocess.Popen(
            [*command, "--directory", str(project), *options, *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        code = process.stdout.readline().strip().partition("#code=")[2]
        if not code:
            raise AssertionError("the receiver didn't start")
        with httpx.Client(base_url=url, timeout=_PATIENCE_S) as client:
            answer = client.post("/api/sessions", json={"code": code}).raise_for_status()
            client.headers["authorization"] = f"Bearer {answer.json()['session']}"
            yield client
        process.stdin.close()


def _time(client: httpx.Client, calls: int) -> dict[str, list[float]]:
    moments = {"a_day_ago": _ago(1), "ten_days_ago": _ago(10)}
    return {what: _timed(client, path.format(**moments), calls) for what, path in _READS.items()}


def _one_execution(client: httpx.Client, calls: int) -> tuple[list[float], dict[str, float]]:
    outline = _timed(client, f"/api/executions/nodes-{_NODES}/outline", calls)
    gallery = client.get("/api/executions/gallery/outline").json()["nodes"]
    (sequence,) = [node["sequence"] for node in gallery if node["nodeId"] == "large"]
    base = f"/api/executions/gallery/nodes/{sequence}/output"
    payload = {
        what: _timed(client, base + path, 1, warm=False)[0]
        for what, path in {
            "first opening": "/tree",
            "its list": "/tree?path=/rows",
            "a page in the middle": "/tree?path=/rows&offset=300000",
            "a table in the middle": "/table?path=/rows&offset=300000",
            "a search to the end": "/search?q=haystack",
            "64 KiB as they are": "/raw?path=/rows/7",
        }.items()
    }
    return outline, payload


def _timed(client: httpx.Client, path: str, calls: int, *, warm: bool = True) -> list[float]:
    times_ms = []
    for _ in range(calls + warm):
        began = time.perf_counter()
        client.get(path).raise_for_status()
        times_ms.append((time.perf_counter() - began) * 1000)
    return times_ms[warm:]


def _ago(days: int) -> str:
    moment = time.gmtime(time.time() - days * 86_400)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)


def _p95(times_ms: list[float]) -> float:
    return sorted(times_ms)[int(len(times_ms) * 0.95)]


def _milliseconds(times_ms: list[float]) -> str:
    return f"{median(times_ms):.1f} ({_p95(times_ms):.1f})"


def _at_most(name: str, value: float, bound: float = 300) -> Target:
    return Target(name=name, value=value, bound=bound, kind="at most", unit="ms")


def main(
    *,
    small: int = 100_000,
    large: int = 1_000_000,
    calls: int = 40,
    directory: Path | None = None,
) -> None:
    """
    Measure the viewer's requests.

    Args:
        small: The number of executions in the small history.
        large: The number of executions in the large history.
        calls: The number of timed calls of each read.
        directory: The directory for temporary databases; the system's by default.
    """
    present(directory, lambda place: measure(place, small=small, large=large, calls=calls))


if __name__ == "__main__":
    cyclopts.run(main)
