from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support.programs import read_line, start_program

# Tracing takes memory too.
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.no_cover,
]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """Run a receiver in a child process; yield its address and its process id."""
    with start_program("receiver_serves", tmp_path / "executions.db") as process:
        url = read_line(process)
        assert httpx.get(f"{url}/health").status_code == 200
        yield url, process.pid
        process.terminate()
        process.communicate(timeout=60)


def memory_bytes(pid: int, what: str) -> int:
    """Read `VmRSS` (now) or `VmHWM` (the peak) of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith(f"{what}:"))
    return int(line.split()[1]) * 1024


def test_it_idles_in_little_memory(served: tuple[str, int]) -> None:
    """An idle receiver takes less than 75 MB."""
    _, pid = served
    assert memory_bytes(pid, "VmRSS") < 75_000_000


def random_text(size: int) -> bytes:
    """Make a text that compresses badly."""
    return random.Random(7).randbytes(size // 2).hex().encode()


BEGINNING = (
    b'{"id":"large","workflowId":"w","workflowName":"W","status":"success",'
    b'"startedAt":"2026-11-22T10:00:00Z","trigger":{"type":"http","data":"'
)
SECRET = b" Authorization: Bearer abcdefghijklmnop1234567890 "


@pytest.mark.parametrize(
    ("end", "status"),
    [(SECRET + b'"}}', 200), (b'\\n", "x" "y"}}', 400)],
    ids=["secret", "unreadable"],
)
def test_a_first_record_of_50_mb_costs_at_most_64_mib(
    served: tuple[str, int], end: bytes, status: int
) -> None:
    """A large first record is in memory once, also if it compresses badly and is redacted."""
    url, pid = served
    body = BEGINNING + random_text(50_000_000) + end
    before = memory_bytes(pid, "VmRSS")
    response = httpx.post(
        f"{url}/api/executions",
        content=body,
        headers={"content-type": "application/json"},
        timeout=120,
    )
    assert response.status_code == status
    assert memory_bytes(pid, "VmHWM") - before <= 64 * 2**20


def write_nodes(count: int) -> bytes:
    """Make one record of many small nodes."""
    nodes = b",".join(
        b'{"nodeId":"node-%d","nodeName":"Step","nodeType":"t","status":"success","input":{"a":%d},'
        b'"output":"%0120d"}' % (n, n, n)
        for n in range(count)
    )
    return BEGINNING + b'x"},"nodeExecutions":[' + nodes + b"]}"


def write_records(count: int) -> bytes:
    """Make many small records with secrets."""
    return b"\n".join(
        BEGINNING.replace(b'"large"', b'"e%d"' % n) + b"%0300d" % n + SECRET + b'"}}'
        for n in range(count)
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [(write_nodes(40_000), "application/json"), (write_records(15_000), "application/x-ndjson")],
    ids=["nodes", "records"],
)
def test_a_body_of_many_small_parts_costs_little_more_than_its_size(
    served: tuple[str, int], body: bytes, kind: str
) -> None:
    """Few of the parts are decoded at a time, whether they are nodes or records."""
    url, pid = served
    before = memory_bytes(pid, "VmRSS")
    response = httpx.post(
        f"{url}/api/executions", content=body, headers={"content-type": kind}, timeout=120
    )
    assert response.status_code == 200
    assert memory_bytes(pid, "VmHWM") - before <= len(body) + 26 * 2**20
