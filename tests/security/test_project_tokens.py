"""A token that is restricted to a project shows nothing of other projects, on any route."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.rights import PAYLOAD_VIEWS, PROJECT_ROUTES, RIGHTS, Right
from flightlog.receiver.tokens import TokenDirectory
from flightlog.record.model import WorkflowExecution
from support.records import record

OWN, OTHER = "tide-tables", "salt-works"
START: Final = datetime(2026, 11, 22, 10, tzinfo=UTC)
MARK: Final = "kelp-4711"
"""A text that is in every payload and error of the other project."""

QUERIES: Final = {
    "/api/executions": ("", "?limit=3", "?payloads=true", "?q=kelp-4711", "?q=project:salt-works"),
    "/api/executions/{execution_id:str}": ("",),
    "/api/executions/{execution_id:str}/outline": ("",),
    **dict.fromkeys(PAYLOAD_VIEWS, ("",)),
    "/api/summaries": (
        "",
        "?limit=2",
        "?text=kelp-4711",
        "?q=kelp-4711",
        "?q=status:error",
        "?id=own-1&id=other-1",
        "?starred=true",
        "?at=2026-11-22T11:00:00Z",
        "?direction=newer",
    ),
    "/api/facets": ("", "?q=status:error"),
    "/api/query/fields": ("",),
    "/api/query/nearest": ("?q=kelp-4711 status:error", "?q=status:success nothing-of-this"),
    "/api/counts": ("", "?q=kelp-4711", "?workflowId=shared", "?after=2026-11-22T10:03:30Z"),
    "/api/series": ("?after=2026-11-22T09:00:00Z&before=2026-11-22T12:00:00Z",),
    # Without its end, a period ends now, so that two answers differ.
    "/api/comparison": (
        "?before=2026-11-23T00:00:00Z",
        "?after=2026-11-22T09:00:00Z&before=2026-11-22T12:00:00Z",
        "?before=2026-11-23T00:00:00Z&q=kelp-4711",
    ),
    "/api/workflows": ("", "?limit=1", "?q=kelp-4711"),
    "/api/triggers": ("?id=own-1&id=other-1&id=unowned",),
    "/api/projects": ("",),
    "/api/nodes": ("", "?q=kelp-4711"),
    "/api/errors": ("", "?q=kelp-4711", "?q=status:error"),
    "/api/stats": ("", "?workflowId=shared"),
    "/api/usage": ("", "?workflowId=shared", "?q=kelp-4711"),
    "/health": ("",),
    "/openapi.json": ("",),
}
"""The requests of each route that reads and ends."""

CHANGING: Final = {
    ("GET", "/api/events"),
    ("POST", "/api/exports"),
    ("DELETE", "/api/executions/{execution_id:str}"),
    ("DELETE", "/api/workflows/{workflow_id:str}/executions"),
    ("PUT", "/api/executions/{execution_id:str}/star"),
    ("DELETE", "/api/executions/{execution_id:str}/star"),
    ("POST", "/api/deletions"),
    ("DELETE", "/api/deletions/{waiting_id:str}"),
    ("POST", "/api/sessions"),
}
"""The routes with tests of their own; a session needs a code, which no such client can make."""


@dataclass(frozen=True)
class Site:
    """A receiver, and a client with a token that is restricted to a project."""

    logger: ExecutionLogger
    client: httpx.Client


def make_run(project: str, number: int, **fields: Any) -> WorkflowExecution:
    """Make a run; both projects have workflows and nodes of the same names."""
    name = "own" if project == OWN else "other"
    at = START + timedelta(minutes=number, seconds=0 if project == OWN else 30)
    text = f"text of {name}" if project == OWN else MARK
    failure: dict[str, Any] = {}
    if number % 3 == 1:
        failure = {"status": "error", "error": {"message": text, "type": "ValueError"}}
    node = {
        "nodeId": "charge",
        "nodeName": f"Charge by {name}",
        "nodeType": "code",
        "status": "success",
        "sequence": 0,
        "durationMs": 5 if project == OWN else 5_000,
        "input": {"text": text * 30},
        "output": [{"text": text}],
        "logs": [{"level": "info", "message": text}],
    }
    asked = {
        "nodeId": "ask",
        "nodeName": f"Ask by {name}",
        "nodeType": "openai",
        "status": "success",
        "sequence": 1,
        "output": {
            "object": "chat.completion",
            "model": f"gpt-4o-{name}",
            "choices": [{"message": {"role": "assistant", "content": text}}],
            "usage": {"prompt_tokens": 5 if project == OWN else 5_000, "completion_tokens": 1},
        },
    }
    return record(
        f"{name}-{number}",
        workflowId="shared",
        workflowName=f"Shared by {name}",
        projectId=project,
        startedAt=at.isoformat(),
        completedAt=(at + timedelta(seconds=1)).isoformat(),
        durationMs=1_000 if project == OWN else 60_000,
        trigger={"type": "http", "data": {"text": text}},
        tags={"owner": name},
        nodeExecutions=[node, asked],
        **failure,
        **fields,
    )


def log_own(logger: ExecutionLogger) -> None:
    """Log the runs of the token's project."""
    logger.log_executions([make_run(OWN, number) for number in range(8)])
    logger.log_execution(make_run(OWN, 8, parentExecutionId="own-2"))
    logger.writer.set_star("own-2", starred=True)


def log_other(logger: ExecutionLogger) -> None:
    """Log the runs of another project, which lie between the others and belong to them."""
    logger.log_executions([make_run(OTHER, number) for number in range(8)])
    logger.log_execution(make_run(OTHER, 8, parentExecutionId="own-2"))
    logger.log_execution(record("unowned", workflowId="shared", startedAt=START.isoformat()))
    logger.writer.set_star("other-2", starred=True)


@contextmanager
def serving(path: Path, right: Right, *, shared: bool) -> Iterator[Site]:
    """Serve a history of one project, or of two."""
    with ExecutionLogger(path) as logger:
        log_own(logger)
        if shared:
            log_other(logger)
        while logger.writer.index_portion().more:
            pass
        token, _ = TokenDirectory.beside(path).create([right], project_id=OWN if shared else None)
        access = {"authorization": f"Bearer {token}"}
        with (
            Receiver(logger, ReceiverSettings(port=0)).running() as receiver,
            httpx.Client(base_url=receiver.url, headers=access, timeout=60) as client,
        ):
            yield Site(logger, client)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve a history that never had another project, to a client without restriction."""
    with serving(tmp_path_factory.mktemp("alone") / "h.db", Right.READ, shared=False) as site:
        yield site


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve a history of two projects to a client that is restricted to one of them."""
    with serving(tmp_path_factory.mktemp("shared") / "h.db", Right.READ, shared=True) as site:
        yield site


@pytest.fixture
def admin(tmp_path: Path) -> Iterator[Site]:
    """Serve a history of two projects to an administrator of one of them."""
    with serving(tmp_path / "h.db", Right.ADMIN, shared=True) as site:
        yield site


def fill(path: str, execution_id: str) -> str:
    """Replace the parameters of a path."""
    path = path.replace("{execution_id:str}", execution_id).replace("{sequence:int}", "0")
    return path.replace("{workflow_id:str}", "shared").replace("{process_id:str}", "p")


def list_requests() -> list[str]:
    """List the addresses of all reading routes, with an execution of the own project."""
    return [fill(path, "own-2") + query for path, queries in QUERIES.items() for query in queries]


def test_tokens_of_models_are_counted(alone: Site, shared: Site) -> None:
    """Both histories have calls, so equal answers mean something."""
    for site in (alone, shared):
        total = site.client.get("/api/usage").json()["total"]
        assert (total["inputTokens"], total["outputTokens"]) == (45, 9)


def test_every_open_route_is_tried() -> None:
    """A new route of such tokens needs a test here."""
    assert {("GET", path) for path in QUERIES} | CHANGING == PROJECT_ROUTES


@pytest.mark.parametrize("target", list_requests())
def test_answers_are_as_without_the_other_project(target: str, alone: Site, shared: Site) -> None:
    """Each answer is what a history without other projects answers, to the byte."""
    expected, given = alone.client.get(target), shared.client.get(target)
    if target == "/health":
        assert given.json().keys() == {"status", "version"}
        return
    assert given.status_code == expected.status_code
    assert given.content == expected.content
    if not target.startswith("/api/query"):
        assert MARK not in given.text


@pytest.mark.parametrize(
    "path", [path for path in QUERIES if "{execution_id:str}" in path], ids=str
)
def test_executions_of_another_project_are_not_found(path: str, shared: Site) -> None:
    """An execution of another project is answered as one that doesn't exist."""
    for name in ("other-1", "other-8", "unowned"):
        given = shared.client.get(fill(path, name))
        missing = shared.client.get(fill(path, "nowhere"))
        assert given.status_code == missing.status_code == 404
        assert given.text.replace(name, "nowhere") == missing.text


@pytest.mark.parametrize(
    "path", ["/api/executions", "/api/summaries", "/api/counts", "/api/stats", "/api/workflows"]
)
def test_another_project_can_not_be_asked_for(path: str, shared: Site) -> None:
    """The parameter `projectId` of another project is refused, whether it exists or not."""
    own = shared.client.get(path, params={"projectId": OWN})
    assert own.content == shared.client.get(path).content
    for project in (OTHER, "nowhere"):
        refused = shared.client.get(path, params={"projectId": project})
        assert refused.status_code == 400
        assert refused.json()["code"] == "invalid_query"


@pytest.mark.parametrize(
    ("method", "path"),
    sorted(route for route, right in RIGHTS.items() if right and route not in PROJECT_ROUTES),
)
def test_routes_of_the_whole_history_are_closed(method: str, path: str, admin: Site) -> None:
    """Sending records, the space, the audit log and links are closed, and other routes, too."""
    for target in (fill(path, "own-1"), f"{fill(path, 'own-1')}/"):
        refused = admin.client.request(method, target)
        assert refused.status_code == 403
        assert refused.json()["code"] == "right_missing"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/new"), ("POST", "/api/new"), ("PUT", "/api/executions")]
)
def test_unknown_routes_are_closed(method: str, path: str, admin: Site) -> None:
    """A route that the table of rights doesn't name is closed."""
    assert admin.client.request(method, path).json()["code"] == "right_missing"


def test_a_record_of_any_project_is_refused(admin: Site) -> None:
    """A record could change an execution of another project, because records merge by id."""
    run = {
        "id": "other-1",
        "workflowId": "shared",
        "workflowName": "Shared",
        "projectId": OWN,
        "status": "success",
        "startedAt": "2026-11-22T10:00:00Z",
    }
    assert admin.client.post("/api/executions", json=run).status_code == 403


def test_an_export_holds_the_own_project_only(shared: Site) -> None:
    """Ids of other projects are left out, as ids that don't exist."""
    ids = ["other-1", "own-1", "unowned", "own-3", "nowhere"]
    lines = shared.client.post("/api/exports", json={"ids": ids}).text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["own-1", "own-3"]


def test_deletions_leave_other_projects(admin: Site) -> None:
    """One execution, chosen ones, and a workflow: the executions of other projects stay."""
    assert admin.client.delete("/api/executions/other-1").status_code == 404
    assert admin.client.delete("/api/executions/own-1").json() == {"success": True}
    ids = ["other-2", "own-2", "unowned"]
    assert admin.client.post("/api/deletions", json={"ids": ids}).json() == {"deleted": 1}
    target = "/api/workflows/shared/executions"
    assert admin.client.delete(f"{target}?projectId={OTHER}").status_code == 400
    assert admin.client.delete(target).json() == {"success": True, "count": 7}
    assert admin.logger.get_stats(project_id=OTHER).total == 9
    assert admin.logger.get_execution("unowned") is not None
    assert admin.logger.get_stats(project_id=OWN).total == 0


def test_waiting_deletions_leave_other_projects(admin: Site) -> None:
    """A deletion after a delay erases executions of the own project only."""
    gone = threading.Event()

    def notice(ids: tuple[str, ...]) -> None:
        if "own-3" in ids:
            gone.set()

    stop = admin.logger.reader.subscribe(notice)
    body = {"ids": ["other-3", "own-3"], "afterMs": 1}
    assert admin.client.post("/api/deletions", json=body).json()["deleted"] == 0
    assert gone.wait(60)
    stop()
    assert admin.logger.get_execution("other-3") is not None
    assert admin.client.delete("/api/deletions/unknown").json() == {"cancelled": False}


def test_waiting_deletions_belong_to_their_project(admin: Site) -> None:
    """Only clients of the same project, or of the whole history, can cancel a deletion."""
    body = {"ids": ["own-3"], "afterMs": 60_000}
    tokens = TokenDirectory.beside(admin.logger.path)
    headers = {}
    for name, project in (("whole", None), ("other", OTHER)):
        token, _ = tokens.create([Right.ADMIN], project_id=project)
        headers[name] = {"authorization": f"Bearer {token}"}
    paths = []
    for chosen in (None, headers["whole"], None):
        answer = admin.client.post("/api/deletions", json=body, headers=chosen).json()
        paths.append(f"/api/deletions/{answer['waitingId']}")
    assert admin.client.delete(paths[0], headers=headers["other"]).json() == {"cancelled": False}
    assert admin.client.delete(paths[0]).json() == {"cancelled": True}
    assert admin.client.delete(paths[1]).json() == {"cancelled": False}
    for path in paths[1:]:
        assert admin.client.delete(path, headers=headers["whole"]).json() == {"cancelled": True}
    assert admin.logger.get_execution("own-3") is not None


def test_stars_of_other_projects_stay(admin: Site) -> None:
    """Stars can be set and removed in the own project only."""
    for method in ("PUT", "DELETE"):
        assert admin.client.request(method, "/api/executions/other-2/star").status_code == 404
        assert admin.client.request(method, "/api/executions/own-3/star").status_code == 200
    chosen = admin.logger.get_execution("other-2")
    assert chosen is not None
    assert chosen.starred


def test_events_name_the_own_project_only(shared: Site) -> None:
    """Changes of other executions, and deleted ones, are not announced."""
    with shared.client.stream("GET", "/api/events") as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry:")
        shared.logger.log_execution(make_run(OTHER, 20))
        shared.logger.delete_execution("other-20")
        shared.logger.log_execution(make_run(OTHER, 21))
        shared.logger.log_execution(make_run(OWN, 2))
        shared.logger.writer.set_star("own-2", starred=False)
        shared.logger.writer.set_star("own-2", starred=True)
        data = next(line for line in lines if line.startswith("data:"))
    shared.logger.delete_execution("other-21")
    assert json.loads(data.removeprefix("data:")) == {"ids": ["own-2"]}
