"""Large bodies are redacted in worker processes, whatever happens to the processes."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import httpx
import pytest

from flightlog.receiver.redaction_pool import (
    Redacted,
    RedactionInterruptedError,
    RedactionPool,
)
from flightlog.redaction import RedactionRules, Redactor
from flightlog.secret_key import SecretKey
from support.programs import program_command, program_environment, read_line, start_program
from support.waiting import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends signals")

REDACTOR = Redactor(
    b"k" * 32, RedactionRules(keys=("internal_ref",)), secrets=("correct horse battery",)
)


def body(*data: object) -> bytes:
    """Make NDJSON of records with these trigger data."""
    return b"\n".join(
        json.dumps(
            {
                "id": f"e{number}",
                "workflowId": "w",
                "workflowName": "W",
                "status": "success",
                "startedAt": "2026-01-01T00:00:00Z",
                "trigger": {"type": "manual", "data": each},
            }
        ).encode()
        for number, each in enumerate(data)
    )


SECRETS = body({"a": 1}, {"internal_ref": "x1"}, {"m": "say correct horse battery"})


def worker_pids(pool: RedactionPool) -> list[int]:
    """List the workers that a pool has now."""
    workers = [lane._worker for lane in (pool._small, pool._large)]
    return [worker._process.pid for worker in workers if worker is not None]


def with_pool(scenario: Callable[[RedactionPool], Awaitable[None]]) -> None:
    """Run a scenario with a pool, and close the pool."""

    async def run() -> None:
        pool = RedactionPool(REDACTOR)
        try:
            await scenario(pool)
        finally:
            await asyncio.to_thread(pool.close)

    asyncio.run(run())


def assert_redacted(redacted: Redacted | None) -> None:
    """Check that exactly the two records with secrets are changed, and hold none."""
    assert redacted is not None
    changes = redacted.changes
    assert sorted(changes) == [1, 2]
    texts = [json.loads(changes[position])["trigger"]["data"] for position in (1, 2)]
    assert texts[0]["internal_ref"].startswith("[REDACTED:")
    assert texts[1]["m"].startswith("say [REDACTED:")


def test_a_worker_redacts_with_the_receivers_rules_and_secrets() -> None:
    """Changed records come back, further bodies use the same worker, and close ends it."""
    pids: list[int] = []

    async def scenario(pool: RedactionPool) -> None:
        assert worker_pids(pool) == []
        assert_redacted(await pool.redact(SECRETS, many=True))
        pids.extend(worker_pids(pool))
        clean = await pool.redact(body({"a": 1}), many=False)
        assert clean is not None
        assert clean.changes == {}
        assert await pool.redact(SECRETS, many=False) is None
        assert worker_pids(pool) == pids

    with_pool(scenario)
    assert len(pids) == 1
    with pytest.raises(ChildProcessError):
        # The pool has waited for its child, so no zombie remains.
        os.waitpid(pids[0], os.WNOHANG)


def test_a_killed_worker_is_replaced_and_its_body_redacted() -> None:
    """A worker that dies between two bodies, or in the middle of a body, loses no body."""

    async def scenario(pool: RedactionPool) -> None:
        assert_redacted(await pool.redact(SECRETS, many=True))
        (first,) = worker_pids(pool)
        os.kill(first, signal.SIGKILL)
        assert_redacted(await pool.redact(SECRETS, many=True))
        (second,) = worker_pids(pool)
        os.kill(second, signal.SIGSTOP)
        # A stopped worker has taken the body, or will never take it, when it is killed.
        waiting = asyncio.create_task(pool.redact(SECRETS, many=True))
        await asyncio.sleep(0)
        os.kill(second, signal.SIGKILL)
        assert_redacted(await waiting)
        assert len({first, second, *worker_pids(pool)}) == 3

    with_pool(scenario)


def test_without_workers_this_process_redacts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body is redacted also where no process can be started."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    async def scenario(pool: RedactionPool) -> None:
        assert_redacted(await pool.redact(SECRETS, many=True))
        assert await pool.redact(b"{", many=False) is None

    with_pool(scenario)


def test_close_gives_up_a_body_at_once() -> None:
    """Close doesn't wait for a stopped worker; the waiting requests are canceled."""

    async def scenario(pool: RedactionPool) -> None:
        await pool.redact(SECRETS, many=True)
        os.kill(worker_pids(pool)[0], signal.SIGSTOP)
        waiting = [asyncio.create_task(pool.redact(SECRETS, many=True)) for _ in range(3)]
        await asyncio.sleep(0)
        await asyncio.to_thread(pool.close)
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError] * 3
        with pytest.raises(asyncio.CancelledError):
            await pool.redact(SECRETS, many=True)

    with_pool(scenario)


def large_body() -> bytearray:
    """Make a record of more than 1 MiB with a secret and a duration that is corrected."""
    large = json.loads(body({"text": "." * 1_100_000, "password": "hunter2 hunter2"}))
    return bytearray(json.dumps({**large, "durationMs": -1}).encode())


@pytest.mark.parametrize("is_kept", [False, True], ids=["free", "kept"])
def test_large_body_of_one_record_is_cleared_unless_it_is_needed(is_kept: bool) -> None:
    """The redacted record replaces a large body, and brings the notes of corrected values."""

    async def scenario(pool: RedactionPool) -> None:
        large = large_body()
        redacted = await pool.redact(large, many=False, is_kept=is_kept)
        assert redacted is not None
        assert b"hunter2" not in redacted.changes[0]
        assert len(redacted.changes[0]) > 1_100_000
        assert redacted.notes == (
            "Execution e0: $.durationMs is -1.0; a negative duration is stored as 0.",
        )
        assert large == (large_body() if is_kept else b"")

    with_pool(scenario)


def test_large_body_without_secrets_stays() -> None:
    """A body in which nothing is redacted is not cleared."""

    async def scenario(pool: RedactionPool) -> None:
        clean = bytearray(body({"text": "." * 1_100_000}))
        redacted = await pool.redact(clean, many=False)
        assert redacted is not None
        assert redacted.changes == {}
        assert len(clean) > 1_100_000

    with_pool(scenario)


def large_bodies() -> bytearray:
    """Make records of more than 1 MiB; two have secrets, and one a duration that is corrected."""
    wrong = json.dumps({**json.loads(large_body()), "id": "e3"}).encode()
    return bytearray(SECRETS + b"\n\n" + wrong + b"\n")


@pytest.mark.parametrize("is_kept", [False, True], ids=["free", "kept"])
def test_large_body_of_many_records_is_rewritten_unless_it_is_needed(is_kept: bool) -> None:
    """Redacted records take the places of the others, and bring the notes of corrected values."""

    async def scenario(pool: RedactionPool) -> None:
        large = large_bodies()
        redacted = await pool.redact(large, many=True, is_kept=is_kept)
        assert redacted is not None
        assert redacted.notes == (
            "Execution e3: $.durationMs is -1.0; a negative duration is stored as 0.",
        )
        if is_kept:
            assert large == large_bodies()
            assert sorted(redacted.changes) == [1, 2, 3]
            return
        assert redacted.changes == {}
        records = [json.loads(line) for line in large.split(b"\n") if line]
        assert [record["id"] for record in records] == ["e0", "e1", "e2", "e3"]
        for secret in (b"x1", b"correct horse battery", b"hunter2"):
            assert secret not in large

    with_pool(scenario)


def test_worker_that_dies_while_it_answers_interrupts_a_changed_body(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body that is changed can't be redacted again, so the client is asked to send it again."""
    fake = tmp_path / "python"
    command = shlex.join(program_command("redaction_worker_dies_while_it_answers"))
    fake.write_text(f"#!/bin/sh\nexec {command}\n", encoding="utf-8")
    fake.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(fake))

    async def scenario(pool: RedactionPool) -> None:
        with pytest.raises(RedactionInterruptedError):
            await pool.redact(large_body(), many=False)
        assert_redacted(await pool.redact(SECRETS, many=True))

    with_pool(scenario)


def children(pid: int) -> list[int]:
    """List the child processes of a process."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for each in lists for child in each.read_text(encoding="ascii").split()]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_the_receiver(tmp_path: Path, end: signal.Signals) -> None:
    """A large body is stored redacted, and its worker ends with the receiver, even a killed one."""
    with start_program("receiver_serves", tmp_path / "executions.db") as process:
        url = read_line(process)
        large = body({"text": "." * 100_000, "password": "hunter2 hunter2"})
        kind = {"content-type": "application/json"}
        answer = httpx.post(f"{url}/api/executions", content=large, headers=kind, timeout=60)
        assert answer.status_code == 200
        stored = httpx.get(f"{url}/api/executions/e0").text
        assert "[REDACTED:" in stored
        assert "hunter2" not in stored
        (worker,) = children(process.pid)
        process.send_signal(end)
        process.wait(60)
    until(lambda: not Path(f"/proc/{worker}").exists(), "the end of the worker")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_body_that_waits_while_the_receiver_ends_is_refused(tmp_path: Path) -> None:
    """The client of a body that is never redacted gets a 503, and nothing is printed."""
    large = body({"text": "." * 100_000, "password": "hunter2 hunter2"})
    kind = {"content-type": "application/json"}
    command = program_command("receiver_serves", tmp_path / "executions.db")
    pipes: dict[str, Any] = {"stdin": PIPE, "stdout": PIPE, "stderr": PIPE}
    with Popen(command, env=program_environment(), text=True, **pipes) as process:
        url = httpx.URL(read_line(process))
        httpx.post(f"{url}/api/executions", content=large, headers=kind, timeout=60)
        (worker,) = children(process.pid)
        os.kill(worker, signal.SIGSTOP)
        with socket.create_connection((url.host, url.port or 80), timeout=60) as client:
            client.sendall(
                b"POST /api/executions HTTP/1.1\r\nHost: %b\r\nContent-Type: application/json\r\n"
                b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % (url.netloc, len(large))
            )
            assert client.recv(4096).startswith(b"HTTP/1.1 100 ")
            process.send_signal(signal.SIGTERM)
            client.sendall(large)
            answer = b"".join(iter(lambda: client.recv(4096), b""))
        printed = process.communicate(timeout=60)[1]
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b'"code":"receiver_ending"' in answer
    assert "Traceback" not in printed


def test_the_installations_key_marks_equal_secrets_alike() -> None:
    """A worker makes the marks that the receiver's process makes."""
    redactor = Redactor(SecretKey(b"s" * 32).redaction_key)
    data = json.dumps({"password": "hunter2 hunter2"}).encode()

    async def redacted() -> Redacted | None:
        pool = RedactionPool(redactor)
        try:
            return await pool.redact(body(json.loads(data)), many=False)
        finally:
            await asyncio.to_thread(pool.close)

    found = asyncio.run(redacted())
    assert found is not None
    trigger = json.loads(found.changes[0])["trigger"]["data"]
    assert trigger == json.loads(redactor.payload(data, "trigger"))
