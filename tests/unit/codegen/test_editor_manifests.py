"""Manifests as the editor makes them, generated and run in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from flightlog.capture import Recorder
from flightlog.codegen import Generated, generate, manifest_from
from flightlog.errors import InvalidManifestError
from flightlog.runtime import Workflow
from support.llm_server import KEY, LlmServer, llm_server
from support.manifests import Json
from support.recordings import NOBODY, lines_in, merged

REQUEST = {"message": "hello", "priority": "high"}


@pytest.fixture(scope="module")
def running() -> Iterator[LlmServer]:
    """Start one server for all tests."""
    with llm_server() as server:
        yield server


@pytest.fixture
def server(running: LlmServer, monkeypatch: pytest.MonkeyPatch) -> LlmServer:
    """Point the environment to the server, and clear its earlier requests."""
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    running.requests.clear()
    return running


def drawn(*nodes: tuple[str, Json], trigger: str = "httpEndpoint", **fields: Any) -> Json:
    """Make a manifest as the canvas does: a trigger's node, then nodes in a chain."""
    first = {"id": "node_0", "type": trigger, "name": trigger, "position": {}, "config": {}}
    made: Json = {"node_0": first}
    edges = []
    for number, (kind, config) in enumerate(nodes, 1):
        node_id = f"node_{number}"
        made[node_id] = {**first, "id": node_id, "type": kind, "name": kind, "config": config}
        ends = {"source": f"node_{number - 1}", "target": node_id}
        handles = {"sourceHandle": "output", "targetHandle": "input"}
        edges.append({"id": f"edge_{number}", **ends, **handles})
    workflow = {
        "id": "New Workflow",
        "name": "New Workflow",
        "trigger": {
            "type": "httpEndpoint",
            "config": {"method": "POST", "path": "/api/New Workflow"},
        },
        "input": {},
        "output": {"type": "json"},
        "nodes": made,
        "edges": edges,
        **fields,
    }
    return {
        "schemaVersion": "1.0.0",
        "projectType": "workflow",
        "metadata": {"projectName": "New Project"},
        "config": {"runtime": "python", "framework": "fastapi", "port": 8000},
        "secrets": {},
        "globalVariables": {},
        "workflows": {"New Workflow": workflow},
    }


def made_of(manifest: Json) -> Generated:
    """Generate a manifest's files."""
    return generate(manifest_from(manifest))


def loaded(generated: Generated, place: Path) -> Workflow:
    """Run the generated module, and let its workflow record into a directory."""
    module = ModuleType("new_workflow")
    exec(compile(generated.files["new_workflow.py"], "m.py", "exec"), module.__dict__)
    workflow: Workflow = module.__dict__["workflow"]
    workflow.recorder = Recorder(workflow.id, workflow.name, url=NOBODY, spool_dir=place)
    return workflow


def run(manifest: Json, place: Path) -> Any:
    """Generate a manifest and run its workflow; return the result."""
    workflow = loaded(made_of(manifest), place)
    outcome = workflow.run(REQUEST)
    workflow.recorder.close(0)
    assert outcome.error is None
    return outcome.value


HELLO = [{"role": "user", "content": "hello"}]
TERSE = {"role": "system", "content": "Be terse"}
FORM = {"prompt": "{{ input.message }}", "temperature": 0.5, "maxTokens": 50}
FULL = {"temperature": 0.5, "max_tokens": 50, "messages": HELLO}


@pytest.mark.parametrize(
    ("kind", "config", "sent"),
    [
        ("groqCompletion", FORM, {"model": "llama-3.3-70b-versatile", **FULL}),
        ("groqCompletion", {**FORM, "model": "m", "stream": True}, {"model": "m", "stream": True}),
        ("openaiCompletion", FORM, {"model": "gpt-4-turbo-preview", **FULL}),
        (
            "openaiCompletion",
            {"messages": [TERSE, *HELLO], "functions": [{"name": "f"}], "response_format": "json"},
            {
                "messages": [TERSE, *HELLO],
                "functions": [{"name": "f"}],
                "response_format": {"type": "json_object"},
            },
        ),
        ("openaiCompletion", {**FORM, "system": "Be terse"}, {"messages": [TERSE, *HELLO]}),
        ("anthropicCompletion", FORM, {"model": "claude-3-5-sonnet-20241022", **FULL}),
        (
            "anthropicCompletion",
            {"system": "Be {{ no }}terse", "messages": HELLO, "model": "c"},
            {"system": "Be terse", "messages": HELLO, "model": "c", "max_tokens": 4096},
        ),
        (
            "groqCompletion",
            {"prompt": "hello", "maxTokens": "100", "temperature": "0.5", "stream": "false"},
            {**FULL, "max_tokens": 100, "stream": None},
        ),
        (
            "openaiCompletion",
            {"prompt": "hello", "maxTokens": 100.0, "response_format": "json_object"},
            {"max_tokens": 100, "response_format": {"type": "json_object"}},
        ),
        (
            "embeddingGenerate",
            {"text": "hello", "batchSize": "10", "dimensions": "3"},
            {"model": "text-embedding-3-small", "input": "hello", "dimensions": 3},
        ),
        (
            "embeddingGenerate",
            {"text": "{{message}}"},
            {"model": "text-embedding-3-small", "input": "hello"},
        ),
        (
            "embeddingGenerate",
            {"provider": "VOYAGE", "input": ["a", "b"]},
            {"model": "voyage-2", "input": ["a", "b"]},
        ),
        (
            "llmRouter",
            {"routingStrategy": "cost"},
            {"model": "llama-3.1-8b-instant", "messages": HELLO},
        ),
        (
            "llmRouter",
            {
                "strategy": "custom",
                "routes": [
                    {
                        "condition": "input.get('priority') == 'high' and len(str(messages)) < 99",
                        "provider": "anthropic",
                        "model": "c",
                    }
                ],
                "fallback": {"provider": "groq", "model": "g"},
                "messages": HELLO,
                "system": "Be terse",
                "max_tokens": 9,
                "temperature": 0,
            },
            {
                "model": "c",
                "messages": HELLO,
                "system": "Be terse",
                "max_tokens": 9,
                "temperature": 0,
            },
        ),
    ],
)
def test_a_model_gets_each_member_of_the_config(
    tmp_path: Path, server: LlmServer, kind: str, config: Json, sent: Json
) -> None:
    """The request has no member that neither the manifest nor a default has."""
    run(drawn((kind, config)), tmp_path)
    (request,) = server.requests
    body = request["body"]
    assert {name: body.get(name) for name in sent} == sent
    extra = {name for name, value in body.items() if value is not None} - sent.keys()
    # The SDKs' own members.
    extra -= {"encoding_format", "stream_options", "model", "truncation"}
    assert extra <= ({"messages", "temperature", "max_tokens"} if "prompt" in config else set())


def test_a_template_s_messages_reach_the_model_after_it(tmp_path: Path, server: LlmServer) -> None:
    """A model's node without a prompt takes what the form's edge leads to it."""
    template = {
        "template": "Say {{ word }} to {{message}}{{ nobody }}",
        "variables": '{"word":"hi"}',
    }
    value = run(drawn(("promptTemplate", template), ("groqCompletion", {})), tmp_path)
    assert value["content"] == "You said: Say hi to hello"
    (execution,) = merged(lines_in(tmp_path))
    prompt = json.loads(bytes(execution.node_executions[0].output))  # type: ignore[arg-type]
    assert ["nobody" in warning for warning in prompt["warnings"]] == [True]


@pytest.mark.parametrize(
    ("condition", "taken"),
    [
        ('{{input.message}} == "hello"', True),
        ('"{{input.message}}!" == "hello!"', True),
        ('{{input.status}} == "active"', False),
        ("{{ input.message == 'hello' }}", True),
        ("{{ input.status == 'active' }}", False),
        ("input.message == 'hello' and not input.get('x')", True),
        ("len(input['message']) > 9", False),
        ("input.message | length == 5", True),
    ],
)
def test_a_form_s_condition_is_python_over_expressions(
    tmp_path: Path, condition: str, *, taken: bool
) -> None:
    """A missing value is null, and a text without braces may be of either language."""
    assert run(drawn(("condition", {"condition": condition})), tmp_path)["result"] is taken


def test_no_file_has_a_key_and_a_run_gets_it(tmp_path: Path, server: LlmServer) -> None:
    """A key as an expression stays, and its secret needs no declaration."""
    generated = made_of(drawn(("groqCompletion", {"prompt": "x", "apiKey": "gsk_LIVE123456"})))
    assert not [text for text in generated.files.values() if "gsk_LIVE" in text]
    assert generated.keys == {"New Workflow": {"GROQ_API_KEY": "gsk_LIVE123456"}}
    assert any("set GROQ_API_KEY" in note for note in generated.notes)
    config = {"prompt": "x", "apiKey": "{{ secrets.MINE }}"}
    generated = made_of(drawn(("openaiCompletion", config)))
    assert 'Secret("MINE", required=False)' in generated.files["new_workflow.py"]
    assert any("environment variable MINE" in note for note in generated.notes)
    config["apiKey"] = "{{ secrets.OPENAI_API_KEY }}"
    generated = made_of(drawn(("openaiCompletion", config)))
    assert generated.notes == ()
    loaded(generated, tmp_path).run({})
    assert server.requests[0]["key"] == KEY


def test_two_keys_of_one_provider_are_noted() -> None:
    """One variable holds the key, so the last one counts, as in the editor."""
    asked = [("groqCompletion", {"prompt": "x", "apiKey": f"gsk_LIVE12345{n}"}) for n in (1, 1, 2)]
    generated = made_of(drawn(*asked))
    assert generated.keys["New Workflow"] == {"GROQ_API_KEY": "gsk_LIVE123452"}
    (note,) = (note for note in generated.notes if "another key" in note)
    assert "nodes.node_3.config` holds another key for GROQ_API_KEY" in note


def test_a_secret_s_name_may_be_no_identifier() -> None:
    """The whole quoted name is that of the environment variable."""
    config = {"message": "{{ secrets['OTHER-ONE'] | length }}"}
    (note,) = made_of(drawn(("log", config))).notes
    assert "environment variable OTHER-ONE" in note


def test_the_workflow_s_trigger_wins_over_its_node(tmp_path: Path) -> None:
    """A workflow of a trigger alone gives back its input; a node's own setting is noted."""
    manifest = drawn(trigger="scheduledTask")
    assert run(manifest, tmp_path) == REQUEST
    (note,) = made_of(manifest).notes
    assert "is 'scheduledTask', but the workflow's trigger is 'httpEndpoint'" in note
    manifest = drawn()
    nodes = manifest["workflows"]["New Workflow"]["nodes"]
    nodes["node_0"]["config"] = {"path": "/api/chat", "method": "POST", "description": "d"}
    (note,) = made_of(manifest).notes
    assert "config.path` is '/api/chat'" in note


@pytest.mark.parametrize(
    ("trigger", "code"),
    [
        (
            {"type": "scheduledTask", "config": {}},
            'ScheduledTask(cron="0 9 * * *", timezone="UTC")',
        ),
        (
            {"type": "scheduledTask", "config": {"cron": "1 1 * * *", "enabled": False}},
            'ScheduledTask(cron="1 1 * * *", timezone="UTC", enabled=False)',
        ),
        (
            {"type": "httpEndpoint", "config": {}},
            'HttpEndpoint(method="POST", path="/api/New Workflow")',
        ),
    ],
)
def test_a_trigger_takes_what_its_node_says(trigger: Json, code: str) -> None:
    """The editor's form writes to the trigger's node alone."""
    manifest = drawn(trigger=trigger["type"])
    workflow = manifest["workflows"]["New Workflow"]
    workflow["trigger"] = trigger
    if trigger["type"] == "scheduledTask":
        workflow["nodes"]["node_0"]["config"] = {"schedule": "0 9 * * *", "timezone": "UTC"}
    assert code in made_of(manifest).files["new_workflow.py"]


def test_a_parallel_of_the_form_leads_to_its_edges(tmp_path: Path) -> None:
    """Its branches run with its input, and may fail if it says so."""
    manifest = drawn(("parallel", {"failureStrategy": "continue"}), ("delay", {"ms": "soon"}))
    assert run(manifest, tmp_path) is None
    manifest = drawn(
        ("parallel", {}), ("editFields", {"operations": '[{"field":"a","value":"{{now}}"}]'})
    )
    value = run(manifest, tmp_path)
    assert value.pop("a").startswith("20")
    assert value == REQUEST


def test_a_log_may_include_what_flows_in(tmp_path: Path) -> None:
    """No text of the input is evaluated."""
    config = {"message": "{{priority}} {{userId}}", "level": "warning", "includeInput": True}
    workflow = loaded(made_of(drawn(("log", config))), tmp_path)
    value = workflow.run({"priority": "{{ env }}"}).value
    assert value["message"] == "{{ env }} "
    assert (value["level"], value["data"]) == ("warn", {"priority": "{{ env }}"})


def test_all_problems_are_told_in_one_line_each() -> None:
    """Nodes after a node that is refused have no problem of their own."""
    manifest = drawn(
        ("qdrantSearch", {"url": "u"}),
        ("delay", {"ms": "{{ nodes.node_1.output.wait }}"}),
        ("llmRouter", {}),
        ("streamMerge", {}),
    )
    with pytest.raises(InvalidManifestError) as caught:
        made_of(manifest)
    assert [
        reported.split("`")[1].rpartition("nodes.")[2] for reported in caught.value.problems
    ] == [
        "node_1.type",
        "node_3.config",
        "node_4.type",
    ]
    assert not [reported for reported in caught.value.problems if "\n" in reported]


def test_braces_that_are_no_expression_stay_in_a_prompt(tmp_path: Path, server: LlmServer) -> None:
    """The editor sends a prompt as it is written, and a prompt may well hold JSON."""
    prompt = 'Answer {{"a": 1}} {{ nobody }}'
    value = run(drawn(("groqCompletion", {"prompt": prompt})), tmp_path)
    assert value["content"] == 'You said: Answer {{"a": 1}} '
    assert len(value["warnings"]) == 2
