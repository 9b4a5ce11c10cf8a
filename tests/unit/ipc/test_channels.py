"""The nine channels, called in a real process, with the window's form of arguments and answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import Raw

from support.ipc_client import IpcClient, IpcError, history_of

from .conftest import fill, run

EXECUTION = {
    **run("a"),
    "executionMode": "test",
    "trigger": {**run("a")["trigger"], "isSimulated": False},
    "startedAt": "2026-11-22T19:04:11.000000Z",
    "completedAt": "2026-11-22T19:04:12.000000Z",
    "nodeExecutions": [{**run("a")["nodeExecutions"][0], "sequence": 0}],
}


def started(minute: int) -> str:
    """Build a start time."""
    return f"2026-11-22T19:{minute:02d}:00.000000Z"


def ids(found: list[dict[str, Any]]) -> list[str]:
    """List the ids of executions."""
    return [item["id"] for item in found]


def test_history_is_newest_first_with_payloads(project: Path, project_client: IpcClient) -> None:
    """`execution:get-history` takes workflowId, limit? and offset?; the default limit is 50."""
    fill(project, run("a"), *(run(f"b{n}", startedAt=started(n)) for n in range(10, 60)))
    history = project_client.call("execution:get-history", ["order-intake"])
    assert ids(history) == [f"b{n}" for n in range(59, 9, -1)]
    assert ids(project_client.call("execution:get-history", ["order-intake", 2])) == ["b59", "b58"]
    assert project_client.call("execution:get-history", ["order-intake", None, 50]) == [EXECUTION]
    assert project_client.call(
        "execution:get-history", {"workflowId": "order-intake", "offset": 50}
    ) == [EXECUTION]
    assert project_client.call("execution:get-history", ["another", None, None]) == []


@pytest.mark.parametrize("channel", ["execution:get-details", "execution:get"])
def test_one_execution_or_null(project: Path, project_client: IpcClient, channel: str) -> None:
    """`execution:get-details` and `execution:get` return the whole execution, or null."""
    fill(project, run("a"))
    assert project_client.call(channel, ["a"]) == EXECUTION
    assert project_client.call(channel, ["b"]) is None


def test_deleting_says_whether_there_was_something(
    project: Path, project_client: IpcClient
) -> None:
    """`execution:delete` returns {success}, false where there is no such execution."""
    fill(project, run("a"))
    assert project_client.call("execution:delete", ["a"]) == {"success": True}
    assert project_client.call("execution:get", ["a"]) is None
    for name in ("a", "", None):
        assert project_client.call("execution:delete", [name, None]) == {"success": False}


@pytest.mark.parametrize(
    ("given", "served"),
    [
        (b'{"amount":1}', {"amount": 1}),
        (b" {} ", {}),
        (None, {}),
        (b"null", {"value": None}),
        (b"[1]", {"value": [1]}),
        (b'"text"', {"value": "text"}),
        (b"0", {"value": 0}),
    ],
)
def test_an_input_is_an_object(
    project: Path, project_client: IpcClient, given: bytes | None, served: dict[str, Any]
) -> None:
    """A window calls `Object.keys` on the input of every node, also of a skipped node."""
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "log", "status": "skipped"}
    with_input = node if given is None else {**node, "input": Raw(given)}
    fill(project, run("a", nodeExecutions=[with_input]))
    assert project_client.call("execution:get", ["a"])["nodeExecutions"][0]["input"] == served


def test_a_record_has_the_fields_that_a_window_relies_on(
    project: Path, project_client: IpcClient
) -> None:
    """Mode and trigger are always there."""
    fill(project, run("a", trigger=None), run("b", trigger={"type": "cron"}))
    for name, kind in (("a", "unknown"), ("b", "cron")):
        found = project_client.call("execution:get", [name])
        assert found["executionMode"] == "test"
        assert found["trigger"] == {"type": kind, "data": {}, "isSimulated": False}


def test_clearing_a_workflow_counts(project: Path, project_client: IpcClient) -> None:
    """`execution:clear-workflow` returns {success, count}."""
    fill(project, run("a"), run("b"), run("c", workflowId="nightly"))
    assert project_client.call("execution:clear-workflow", ["order-intake"]) == {
        "success": True,
        "count": 2,
    }
    assert project_client.call("execution:clear-workflow", ["order-intake"])["count"] == 0
    assert project_client.call("execution:clear-workflow", [None])["count"] == 0
    assert ids(project_client.call("execution:query", [{}])) == ["c"]


def test_a_query_narrows_sorts_and_pages(project: Path, project_client: IpcClient) -> None:
    """
    `execution:query` takes one object; every field of the object may be absent.

    An empty text is no filter, an unknown status matches nothing, unknown keys are ignored, a
    negative limit is none, and an empty order is `asc`, as in SQLite.
    """
    fill(
        project,
        run("a", startedAt=started(1)),
        run("b", startedAt=started(2), status="error"),
        run("c", startedAt=started(3), workflowId="nightly"),
        run("d", startedAt=started(4), status="running", completedAt=None, durationMs=None),
    )

    def query(**fields: Any) -> list[str]:
        return ids(project_client.call("execution:query", [fields]))

    assert query() == query(sortOrder="desc") == ["d", "c", "b", "a"]
    assert query(sortOrder="asc") == ["a", "b", "c", "d"]
    assert query(workflowId="order-intake", status="error") == ["b"]
    assert query(status="running", projectPath=None, workflowId=None) == ["d"]
    assert query(status="", workflowId="", projectPath="") == query()
    assert query(status="bogus") == query(workflowId="another") == []
    assert query(limit=0) == query(limit=-0.0) == []
    assert query(limit=-1) == query(limit=10**12) == query(limit=5_000) == query()
    assert query(limit="2") == query(limit=2.0) == ["d", "c"]
    assert query(offset=-3, unknown=True) == query()
    assert query(offset=3) == query(offset=3, limit=-1) == ["a"]
    assert query(offset=2**60) == []
    assert query(sortOrder="ASC") == query(sortOrder="") == ["a", "b", "c", "d"]
    assert query(limit=2, offset=1, sortOrder="asc") == ["b", "c"]
    assert ids(project_client.call("execution:query", {"workflowId": "nightly"})) == ["c"]


def test_a_query_of_the_language_narrows_too(project: Path, project_client: IpcClient) -> None:
    """The editor asks as the viewer does, with limit and offset; an error has its place."""
    fill(
        project,
        *(run(f"{number}", startedAt=started(number), tags={"n": "x"}) for number in range(1, 6)),
        run("other", startedAt=started(6)),
    )

    def query(**fields: Any) -> list[str]:
        return ids(project_client.call("execution:query", [fields]))

    assert query(query="tag.n:x") == ["5", "4", "3", "2", "1"]
    assert query(query="tag.n:x", limit=2, offset=1) == ["4", "3"]
    assert query(query="tag.n:x", offset=4, sortOrder="asc") == ["5"]
    assert query(query="tag.n:x", offset=9) == query(query="tag.n:y") == []
    assert query(query="") == query(query=None) == query()
    with pytest.raises(IpcError) as caught:
        query(query="a status:failed")
    assert caught.value.data == {
        "code": "invalid_argument",
        "argument": "query",
        "column": 10,
        "length": 6,
        "suggestion": "a status:error",
    }


def test_any_number_of_executions_comes_in_one_answer(
    project: Path, project_client: IpcClient
) -> None:
    """A limit above a page's size is served in several pages."""
    fill(project, *(run(f"{number:04}", nodeExecutions=[]) for number in range(2_100)))
    found = project_client.call("execution:query", [{"limit": 2_050, "offset": 3}])
    assert len({item["id"] for item in found}) == 2_050
    assert len(project_client.call("execution:get-history", ["order-intake", -1, 50])) == 2_050


def test_stats_count_and_time(project: Path, project_client: IpcClient) -> None:
    """`execution:get-stats` uses the window's field names."""
    fill(
        project,
        run("a", durationMs=100),
        run("b", status="error", durationMs=300),
        run("c", status="running", startedAt=started(9), completedAt=None, durationMs=None),
    )
    assert project_client.call("execution:get-stats", ["order-intake"]) == {
        "workflowId": "order-intake",
        "totalExecutions": 3,
        "successCount": 1,
        "errorCount": 1,
        "runningCount": 1,
        "avgDurationMs": 200,
        "lastExecutedAt": started(9),
    }
    assert project_client.call("execution:get-stats", ["another"]) == {
        "workflowId": "another",
        "totalExecutions": 0,
        "successCount": 0,
        "errorCount": 0,
        "runningCount": 0,
        "avgDurationMs": 0,
        "lastExecutedAt": None,
    }


def test_cleaning_up_keeps_the_young_and_the_running(
    project: Path, project_client: IpcClient
) -> None:
    """`execution:cleanup` takes retentionDays; 0 erases nothing, a negative number everything."""
    now = datetime.now(UTC)

    def ago(days: int) -> str:
        return (now - timedelta(days=days)).isoformat()

    fill(
        project,
        run("old", startedAt=ago(40)),
        run("running", startedAt=ago(40), status="running", completedAt=None),
        run("young", startedAt=ago(20)),
    )
    assert project_client.call("execution:cleanup", [0]) == {"success": True, "count": 0}
    assert project_client.call("execution:cleanup", [10**9]) == {"success": True, "count": 0}
    assert project_client.call("execution:cleanup", [29.5]) == {"success": True, "count": 1}
    assert sorted(ids(project_client.call("execution:query", [{}]))) == ["running", "young"]
    assert project_client.call("execution:cleanup", [-1]) == {"success": True, "count": 1}
    assert ids(project_client.call("execution:query", [{}])) == ["running"]


def test_copying_to_the_canvas_pins_what_succeeded(
    project: Path, project_client: IpcClient
) -> None:
    """`execution:copy-to-canvas` returns each node's output, or its input, of its last success."""

    def node(node_id: str, **fields: Any) -> dict[str, Any]:
        named = {"nodeId": node_id, "nodeName": node_id.upper(), "nodeType": "log"}
        return {**named, "status": "success", **fields}

    fill(
        project,
        run(
            "a",
            nodeExecutions=[
                node("first", input=1, output={"n": 1}),
                node("again", input=1, output="once"),
                node("failed", input=1, status="error"),
                node("again", input=2, output="twice"),
                node("nothing", input=1, output=None),
                node("false", input=1, output=False),
                node("sink", input={"kept": True}),
                node("bare"),
                node("unchosen", status="skipped"),
            ],
        ),
    )
    answer = project_client.call("execution:copy-to-canvas", ["a"])
    assert answer["success"] is True
    assert "error" not in answer
    assert answer["data"]["workflowId"] == "order-intake"
    assert answer["data"]["nodePins"] == [
        {"nodeId": "first", "nodeName": "FIRST", "data": {"n": 1}},
        {"nodeId": "again", "nodeName": "AGAIN", "data": "twice"},
        {"nodeId": "nothing", "nodeName": "NOTHING", "data": {"value": 1}},
        {"nodeId": "false", "nodeName": "FALSE", "data": False},
        {"nodeId": "sink", "nodeName": "SINK", "data": {"kept": True}},
        {"nodeId": "bare", "nodeName": "BARE", "data": {}},
    ]
    missing = project_client.call("execution:copy-to-canvas", ["b"])
    assert missing == {"success": False, "error": "There is no execution 'b' in this history."}


def test_a_project_path_stays_in_force(
    project: Path, project_client: IpcClient, tmp_path: Path
) -> None:
    """A call that names a project opens it for all later calls, as in the editor."""
    lab, bare = tmp_path / "lab", tmp_path / "bare"
    for directory in (lab, bare):
        directory.mkdir()
    fill(project, run("a"), run("d"))
    fill(lab, run("b"), run("c"))
    assert ids(project_client.call("execution:query", [{"projectPath": str(lab), "limit": 1}])) == [
        "c"
    ]
    assert project_client.call("execution:get", ["a"]) is None
    assert project_client.call("execution:get-stats", ["order-intake"])["totalExecutions"] == 2
    assert project_client.call("execution:copy-to-canvas", ["b"])["success"]
    assert project_client.call("execution:delete", ["b"]) == {"success": True}
    assert project_client.call("execution:delete", ["a", str(project)]) == {"success": True}
    assert project_client.call("execution:clear-workflow", ["order-intake"])["count"] == 1
    assert ids(project_client.call("execution:query", [{"projectPath": str(lab)}])) == ["c"]
    assert project_client.call("execution:query", [{"projectPath": str(bare)}]) == []
    assert history_of(bare).exists()


def test_calls_take_effect_in_their_order(
    project: Path, project_client: IpcClient, tmp_path: Path
) -> None:
    """A call that follows without waiting reads the project that the call before it named."""
    lab = tmp_path / "lab"
    lab.mkdir()
    fill(project, run("a"))
    fill(lab, run("b"))
    answers = []
    for path in (lab, project) * 10:
        project_client.begin("execution:query", [{"projectPath": str(path)}])
        answers += [project_client.begin("execution:get", [name])[1] for name in ("a", "b")]
    found = [answer.result(60) is not None for answer in answers]
    assert found == [False, True, True, False] * 10
