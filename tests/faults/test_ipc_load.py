"""The editor's side under load: many good and bad calls at once, while workflows record."""

from __future__ import annotations

import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import httpx

from flightlog.logger import ExecutionLogger
from support.ipc_client import IpcClient, IpcError, frame
from support.programs import read_line, start_program
from support.records import record

CALLS = 10_000
KEPT = 60


@contextmanager
def recording(url: str) -> Iterator[subprocess.Popen[str]]:
    """Run a workflow in a child process that records a run for each input line."""
    with start_program("capture_records_a_run_per_line", url) as process:
        try:
            assert read_line(process) == "recording"
            yield process
        finally:
            process.kill()


def end(process: subprocess.Popen[str]) -> int:
    """Let a workflow end, and return the number of its recorded runs."""
    said, _ = process.communicate(timeout=60)
    return int(said)


def is_right(method: str, params: list[Any], answer: Any) -> bool:
    """Check an answer against the kept executions, which no call changes."""
    if method == "execution:get-history":
        _, limit, offset = params
        expected = [f"kept-{n}" for n in range(KEPT - 1 - offset, -1, -1)][:limit]
        return [execution["id"] for execution in answer] == expected
    if method == "execution:query":
        limit = params[0]["limit"]
        return [execution["id"] for execution in answer] == [f"kept-{n}" for n in range(limit)]
    if method == "execution:get":
        return bool(answer["nodeExecutions"][0]["input"] == {"amount": int(params[0][5:])})
    if method == "execution:get-stats":
        return bool(answer["totalExecutions"] == answer["successCount"] == KEPT)
    if method == "execution:copy-to-canvas":
        return bool(answer["data"]["nodePins"][0]["data"] == {"charged": True})
    assert method == "execution:delete"
    return bool(answer == {"success": False})  # The call names an execution that never was


def good_call(rng: Random) -> tuple[str, list[Any]]:
    """Make a call with a known answer."""
    execution_id = f"kept-{rng.randrange(KEPT)}"
    calls: list[tuple[str, list[Any]]] = [
        ("execution:get-history", ["kept", rng.randrange(1, 6), rng.randrange(KEPT)]),
        (
            "execution:query",
            [{"workflowId": "kept", "limit": rng.randrange(1, 6), "sortOrder": "asc"}],
        ),
        ("execution:get", [execution_id]),
        ("execution:get-stats", ["kept"]),
        ("execution:copy-to-canvas", [execution_id]),
        ("execution:delete", ["never-was"]),
    ]
    return rng.choice(calls)


BAD_CALLS: list[tuple[str, Any, int]] = [
    ("execution:get-history", ["kept", "many"], -32602),
    ("execution:get-all", ["kept"], -32601),
    ("project/open", ["/nowhere/at/all"], -31000),
]
DAMAGE = [
    frame([1, 2]),
    frame({"method": "execution:get"}),
    b"Content-Length: 5\r\n\r\n{bad}",
    b"Content-Length: five\r\n\r\n" + frame({"jsonrpc": "2.0", "method": "no/such/news"}),
]


def kept(number: int) -> dict[str, Any]:
    """Make an execution that stays in the history."""
    return {
        "id": f"kept-{number}",
        "workflowId": "kept",
        "workflowName": "Kept",
        "status": "success",
        "startedAt": f"2026-11-22T19:{number:02d}:00Z",
        "nodeExecutions": [
            {
                "nodeId": "charge",
                "nodeName": "Charge",
                "nodeType": "httpRequest",
                "status": "success",
                "input": {"amount": number},
                "output": {"charged": True},
            }
        ],
    }


class Traffic:
    """Mixed calls, each with its required answer."""

    def __init__(self, client: IpcClient) -> None:
        self._client = client
        self._rng = Random(4)
        self._calls: list[tuple[str, str, Any, Future[Any]]] = []
        self.outcomes: Counter[str] = Counter()

    def send(self) -> None:
        """Send a further call."""
        kind = self._rng.choices(["good", "bad", "cancelled", "damaged"], [80, 9, 9, 2])[0]
        if kind == "damaged":
            self._client.send_bytes(self._rng.choice(DAMAGE))
            self.outcomes[kind] += 1
        elif kind == "bad":
            method, given, code = self._rng.choice(BAD_CALLS)
            self._calls.append((kind, method, code, self._client.begin(method, given)[1]))
        else:
            method, params = good_call(self._rng)
            call_id, future = self._client.begin(method, params)
            self._calls.append((kind, method, params, future))
            if kind == "cancelled":
                self._client.cancel(call_id)

    def check(self) -> None:
        """Wait for all answers, and compare them with the required answers."""
        for kind, method, expected, future in self._calls:
            error = future.exception(60)
            if kind == "bad":
                assert isinstance(error, IpcError)
                assert error.code == expected, (method, error)
            elif error is not None:
                assert isinstance(error, IpcError)
                assert (kind, error.code) == ("cancelled", -32800), (method, error)
                self.outcomes["asked to cancel"] += 1
                continue
            else:
                assert is_right(method, expected, future.result()), (method, expected)
            self.outcomes[kind] += 1


def test_ten_thousand_calls_while_a_workflow_records(tmp_path: Path) -> None:
    """Good, bad and cancelled calls and garbage each get exactly the right answer."""
    with ExecutionLogger.for_project(tmp_path) as logger:
        logger.log_executions([kept(number) for number in range(KEPT)])
    with IpcClient("--project", tmp_path) as client:
        traffic = Traffic(client)
        with recording(client.call("initialize")["receiver"]["url"]) as workflow:
            assert workflow.stdin is not None
            for number in range(CALLS):
                traffic.send()
                if number % 20 == 0:
                    workflow.stdin.write("go on\n")
                    workflow.stdin.flush()
            traffic.check()
            recorded = end(workflow)
        assert client.call("execution:get-stats", ["live"])["successCount"] == recorded
        live = [
            execution
            for offset in range(0, recorded, 1_000)
            for execution in client.call("execution:get-history", ["live", 1_000, offset])
        ]
        assert sorted(execution["trigger"]["data"] for execution in live) == list(range(recorded))
        for execution in live:
            run = execution["trigger"]["data"]
            ends = [(node["input"], node["output"]) for node in execution["nodeExecutions"]]
            assert ends == [({"value": [run, step]}, [run, step]) for step in range(3)]
            client.wait_for_change(execution["id"])
        assert len(client.unaddressed) == traffic.outcomes["damaged"]
    assert sum(traffic.outcomes.values()) == CALLS
    assert traffic.outcomes["asked to cancel"] > 0
    assert recorded >= 200


def test_projects_are_switched_under_load(tmp_path: Path) -> None:
    """Each record is in one project, each run is whole, and calls are answered throughout."""
    projects = [tmp_path / name for name in ("shop", "lab", "home")]
    for project in projects:
        project.mkdir()
        with ExecutionLogger.for_project(project) as logger:
            logger.log_execution(record("marker", workflowId=project.name))
    sent: list[str] = []
    stop = threading.Event()

    def post(url: str) -> None:
        with httpx.Client(base_url=url, timeout=30) as http:
            while not stop.is_set():
                run = {
                    "id": f"run-{len(sent)}",
                    "workflowId": "posted",
                    "workflowName": "Posted",
                    "startedAt": "2026-11-22T19:00:00Z",
                    "trigger": {"type": "manual", "data": None},
                }
                for status in ("running", "success"):
                    http.post("/api/executions", json={**run, "status": status}).raise_for_status()
                sent.append(str(run["id"]))

    with IpcClient("--project", projects[0]) as client:
        url = client.call("initialize")["receiver"]["url"]
        poster = threading.Thread(target=post, args=(url,))
        poster.start()
        try:
            with recording(url) as workflow:
                assert workflow.stdin is not None
                for number in range(60):
                    project = projects[number % 3]
                    _, opening = client.begin("project/open", [str(project)])
                    _, marker = client.begin("execution:get-history", [project.name])
                    _, other = client.begin("execution:get", ["marker", str(projects[0])])
                    workflow.stdin.write("go on\n")
                    workflow.stdin.flush()
                    assert opening.result(60)["projectPath"] == str(project)
                    assert [execution["id"] for execution in marker.result(60)] == ["marker"]
                    assert other.result(60)["workflowId"] == "shop"
                recorded = end(workflow)
        finally:
            stop.set()
            poster.join()
        assert client.close() == 0
    found: Counter[str] = Counter()
    live: Counter[str] = Counter()
    for project in projects:
        with ExecutionLogger.for_project(project) as logger:
            for workflow_id, into in (("posted", found), ("live", live)):
                for offset in range(0, 100_000, 1_000):
                    page = logger.get_executions(workflow_id, 1_000, offset)
                    assert {execution.status for execution in page} <= {"success"}
                    assert all(len(execution.node_executions) in (0, 3) for execution in page)
                    into.update(
                        execution.id if workflow_id == "posted" else project.name
                        for execution in page
                    )
                    if not page:
                        break
    assert sent
    assert found == Counter(sent)
    # The workflow's process belongs to the project that was open at its first message.
    assert list(live.values()) == [recorded]
