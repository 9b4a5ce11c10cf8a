"""The editor's Run button and its generation, with a manifest in memory, in a real process."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.ipc_client import IpcClient
from support.waiting import until

REQUEST = {
    "method": "POST",
    "path": "/api/test",
    "pathParams": {},
    "query": {},
    "headers": {"Content-Type": "application/json"},
    "body": {"name": "Ada"},
}
"""The request that the Run button sends."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IpcClient]:
    """`flightlog ipc` on an empty project."""
    with IpcClient("--project", tmp_path_factory.mktemp("runs")) as client:
        yield client


def workflow(code: str, **fields: Any) -> dict[str, Any]:
    """Make a workflow of one Python function, as the editor makes one."""
    trigger = {"type": "httpEndpoint", "config": {"method": "POST", "path": "/api/greet"}}
    place = {"position": {"x": 0, "y": 0}}
    return {
        "id": "greet",
        "name": "Greet",
        "trigger": trigger,
        "input": {},
        "output": {"type": "json"},
        "nodes": {
            "start": {"id": "start", "type": "httpEndpoint", "name": "In", "config": {}, **place},
            "work": {
                "id": "work",
                "type": "pythonFunction",
                "name": "Work",
                "config": {"code": code},
                **place,
            },
        },
        "edges": [{"id": "e", "source": "start", "target": "work"}],
        **fields,
    }


def manifest(*workflows: dict[str, Any]) -> dict[str, Any]:
    """Make a manifest."""
    return {
        "schemaVersion": "1.0.0",
        "projectType": "workflow",
        "metadata": {"projectName": "Shop", "createdAt": "", "updatedAt": ""},
        "config": {
            "runtime": "python",
            "pythonVersion": "3.11",
            "framework": "fastapi",
            "port": 8000,
        },
        "secrets": {},
        "globalVariables": {},
        "workflows": {workflow["id"]: workflow for workflow in workflows},
    }


GREETING = workflow("return {'greeting': 'Hello ' + input['name']}")
BROKEN = workflow("return )", id="broken", name="Broken")


def test_a_run_is_recorded_and_returned(client: IpcClient, tmp_path: Path) -> None:
    """`workflow:execute` answers with the whole execution, which the opened project has."""
    given = ["greet", REQUEST, manifest(GREETING, BROKEN), str(tmp_path)]
    answer = client.call("workflow:execute", given)
    assert answer["success"], answer
    execution = answer["data"]
    assert execution["workflowId"] == "greet"
    assert execution["status"] == "success"
    assert execution["executionMode"] == "test"
    assert execution["trigger"] == {"type": "http", "data": REQUEST, "isSimulated": True}
    assert [node["output"] for node in execution["nodeExecutions"]] == [{"greeting": "Hello Ada"}]
    assert client.call("execution:query", [{}]) == [execution]


def test_a_failed_run_has_its_nodes(client: IpcClient, tmp_path: Path) -> None:
    """A run whose node fails is an answer, with the node and its error."""
    failing = workflow("raise ValueError('no name')")
    answer = client.call("workflow:execute", ["greet", REQUEST, manifest(failing), str(tmp_path)])
    assert answer["success"], answer
    assert answer["data"]["status"] == "error"
    (node,) = answer["data"]["nodeExecutions"]
    assert "no name" in node["error"]["message"]
    assert isinstance(node["input"], dict)


def test_a_run_that_cant_start_is_recorded_as_failed(client: IpcClient, tmp_path: Path) -> None:
    """The answer and the record have the reason; an unknown workflow is not recorded."""
    given = ["broken", REQUEST, manifest(GREETING, BROKEN), str(tmp_path)]
    answer = client.call("workflow:execute", given)
    assert answer["success"] is False
    assert "is no Python" in answer["error"]["message"]
    (failed,) = client.call("execution:query", [{}])
    assert failed["status"] == "error"
    assert failed["workflowName"] == "Broken"
    assert failed["error"]["message"] == answer["error"]["message"]
    assert failed["trigger"] == {"type": "http", "data": REQUEST, "isSimulated": True}
    answer = client.call("workflow:execute", ["nothing", REQUEST, manifest(), str(tmp_path)])
    assert answer["error"]["message"] == "Workflow nothing not found in manifest"


def test_a_run_is_followed_and_stopped(client: IpcClient, tmp_path: Path) -> None:
    """`workflow/progress` names the run and its nodes; `workflow:stop` ends the run."""
    waiting = workflow("import threading\nthreading.Event().wait()")
    _, answer = client.begin(
        "workflow:execute", ["greet", REQUEST, manifest(waiting), str(tmp_path)]
    )

    def runs() -> list[dict[str, Any]]:
        return [
            notification["params"]
            for notification in client.notifications
            if notification["method"] == "workflow/progress" and notification["params"]["nodes"]
        ]

    seen = len(runs())
    until(lambda: len(runs()) > seen, "the progress of the run")
    progress = runs()[-1]
    assert progress["workflowId"] == "greet"
    assert [node["status"] for node in progress["nodes"]] == ["running"]
    name = progress["executionId"]
    assert client.call("workflow:get-active") == {"success": True, "data": [name]}
    assert client.call("workflow:stop", [name]) == {"success": True, "data": {"stopped": True}}
    assert answer.result(60)["error"]["message"] == "The execution was stopped."
    assert client.call("workflow:get-active") == {"success": True, "data": []}
    assert client.call("workflow:stop", [name])["data"] == {"stopped": False}
    assert client.call("workflow:stop", [None])["data"] == {"stopped": False}
    assert client.call("execution:get", [name])["status"] == "error"


def test_a_nodes_key_is_a_variable_of_the_run(client: IpcClient, tmp_path: Path) -> None:
    """The child has the key in its environment, and the record does not have it."""
    seeing = workflow("import os\nreturn {'length': len(os.environ['GROQ_API_KEY'])}")
    seeing["nodes"]["groq"] = {
        "id": "groq",
        "type": "groqCompletion",
        "name": "Groq",
        "position": {"x": 0, "y": 0},
        "config": {"apiKey": "gsk_123456789012345678901234567890", "prompt": "Hi"},
        "pinnedData": {"enabled": True, "data": {"content": "pinned"}, "timestamp": "x"},
    }
    answer = client.call("workflow:execute", ["greet", REQUEST, manifest(seeing), str(tmp_path)])
    outputs = {n["nodeId"]: n.get("output") for n in answer["data"]["nodeExecutions"]}
    assert outputs["work"] == {"length": 34}
    assert "gsk_1234" not in str(answer)
    # The form of embeddings has a key, too.
    embedding = {"apiKey": "pa-12345678901234567890", "provider": "voyage", "text": "Hi"}
    seeing["nodes"]["groq"] |= {"type": "embeddingGenerate", "config": embedding}
    seeing["nodes"]["work"]["config"]["code"] = (
        "import os\nreturn len(os.environ['VOYAGE_API_KEY'])"
    )
    answer = client.call("workflow:execute", ["greet", REQUEST, manifest(seeing), str(tmp_path)])
    outputs = {n["nodeId"]: n.get("output") for n in answer["data"]["nodeExecutions"]}
    assert outputs["work"] == 23


def test_a_file_is_generated_into_the_project(client: IpcClient, tmp_path: Path) -> None:
    """`workflow:generate-python` writes `.catalyst/generated`, and keeps files of others."""
    theirs = tmp_path / ".catalyst" / "generated" / "greet.py"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("print('by hand')\n")
    request = {"projectPath": str(tmp_path), "workflowId": "greet", "manifest": manifest(GREETING)}
    answer = client.call("workflow:generate-python", [request])
    assert answer["success"], answer
    data = answer["data"]
    assert data["filepath"] == str(theirs)
    assert data["filename"] == "greet.py"
    assert data["nodeCount"] == 2
    assert any("flightlog" in line for line in data["dependencies"])
    assert any("greet.py.bak" in warning for warning in data["warnings"])
    ast.parse(theirs.read_text())
    assert theirs.with_name("greet.py.bak").read_text() == "print('by hand')\n"
    again = client.call("workflow:generate-python", [request])
    assert again["success"], again
    assert not any(".bak" in warning for warning in again["data"]["warnings"])


@pytest.mark.parametrize("missing", ["projectPath", "workflowId", "manifest"])
def test_an_incomplete_request_is_answered(client: IpcClient, missing: str) -> None:
    """`workflow:generate-python` names the missing part."""
    request = {"projectPath": "/tmp", "workflowId": "greet", "manifest": manifest(GREETING)}
    del request[missing]
    answer = client.call("workflow:generate-python", [request])
    assert answer == {"success": False, "error": f"Missing {missing} in generation request"}


def test_a_workflow_is_checked_and_shown(client: IpcClient) -> None:
    """`workflow:validate` lists errors, and `workflow:get-code-preview` returns the code."""
    answer = client.call("workflow:validate", [{"workflow": GREETING}])
    assert answer["success"] is True
    assert answer["data"] == GREETING
    assert answer["errors"] is None
    refused = client.call("workflow:validate", [{"workflow": BROKEN}])
    assert refused["success"] is False
    assert refused["data"] is None
    assert any("is no Python" in error for error in refused["errors"])
    preview = client.call("workflow:get-code-preview", [{"workflow": GREETING}])
    assert preview["success"] is True
    ast.parse(preview["code"])
    for method in ("workflow:validate", "workflow:get-code-preview"):
        requests: tuple[list[Any], ...] = ([], [None], [{}], [{"workflow": None}])
        for request in requests:
            assert client.call(method, request)["success"] is False
