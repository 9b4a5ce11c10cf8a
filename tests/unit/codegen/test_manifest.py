from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flightlog.codegen import generate, load_manifest, manifest_from
from flightlog.errors import InvalidManifestError
from support.manifests import Json, code, edge, http, manifest, node, workflow

EXAMPLES = Path(__file__).parents[3] / "examples"
LOG = node("log", "Log", message="hello")


def problems(value: Json) -> tuple[str, ...]:
    """Return the problems of a manifest."""
    with pytest.raises(InvalidManifestError) as caught:
        generate(manifest_from(value))
    return caught.value.problems


def of_workflow(*nodes_and_edges: Any, **fields: Any) -> Json:
    """Make a manifest with one workflow, `w`."""
    return manifest({"w": workflow(*nodes_and_edges, **fields)})


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        (lambda m: m.update(schemaVersion="2.0.0"), "schemaVersion", "'2.0.0'"),
        (lambda m: m.update(projectType="website"), "projectType", "'website'"),
        (lambda m: m["config"].update(framework="flask"), "config.framework", "'flask'"),
        (lambda m: m["config"].update(runtime="node"), "config.runtime", "'node'"),
        (lambda m: m["config"].update(port=99_999), "config.port", "99999"),
        (lambda m: m["config"].update(port="eighty"), "config.port", "expected `int`"),
        (lambda m: m.update(secrets={"a b": {}}), "secrets['a b']", "no name for a secret"),
    ],
)
def test_a_projects_settings_are_checked(
    change: Callable[[Json], None], place: str, said: str
) -> None:
    """Each problem names its place."""
    value = manifest({"w": workflow({"log": LOG})})
    change(value)
    (problem,) = problems(value)
    assert problem.startswith(f"`{place}`")
    assert said in problem


@pytest.mark.parametrize(
    ("config", "place", "said"),
    [
        ({"type": "teleport"}, "type", "is no type of node"),
        ({"type": "httpRequst"}, "type", "'httpRequest' is meant"),
        ({"type": "mapArray"}, "type", "Use a loop"),
        ({"type": "retry"}, "type", "own `retries`"),
        ({"type": "qdrantSearch"}, "type", "which can't be generated"),
        ({"type": "httpRequest", "config": {"method": "GET"}}, "config", "`url`"),
        (
            {"type": "log", "config": {"message": "", "level": "loud"}},
            "config.level",
            "invalid enum value 'loud'. Use 'debug' or",
        ),
        ({**LOG, "id": "other"}, "", "has the id 'other'"),
        ({**LOG, "timeout": -1}, "timeout", "is -1"),
        ({**LOG, "retries": 1.5}, "retries", "expected `int | null`"),
        ({**LOG, "onError": "shrug"}, "onError", "Use 'throw' or 'continue' or 'fallback'"),
        ({**LOG, "cache": {"enabled": True}}, "cache.ttl", "is missing"),
        (node("loop", items=3, children=["b"]), "config.items", "is no list"),
        (node("loop", items=[], children=[]), "config.children", "no node in it"),
        (
            node("loop", items=[], children=["b"], maxConcurrency=0),
            "config.maxConcurrency",
            "is 0",
        ),
        (node("delay", ms="{{ 1 + }}"), "config.ms", "is not valid"),
        (node("delay", ms="{{ secrets }}"), "config.ms", "all of `secrets`"),
        (node("delay", ms="{{ nodes.b.output }}"), "config.ms", "doesn't come before 'it'"),
        (node("delay", ms="{{ nodes.c.output }}"), "config.ms", "no node 'c'"),
        (node("delay", ms="{{ item }}"), "config.ms", "only within a loop"),
        (node("earlyReturn", value=[{"a": "{{ x }}"}]), "config.value[0].a", "names `x`"),
        (node("condition", expression="input.x ==="), "config.expression", "is not valid"),
        (node("validate", schema={"type": "thing"}), "config.schema", "'thing'"),
        (node("validate", schema={"$schema": 1}), "config.schema", "no JSON Schema"),
        (code("return (", "x"), "config.code", "is no Python"),
        (code("a = 1\nreturn 1 +", "x"), "config.code", "(line 2)"),
        (code("return missing_name", "x"), "config.code", "undefined name `missing_name`"),
    ],
)
def test_a_node_that_cannot_be_generated_is_named(config: Json, place: str, said: str) -> None:
    """The message contains the node's id, the place in the node, and a remedy."""
    found = problems(of_workflow({"it": config, "b": LOG}))
    where = f"workflows.w.nodes.it{'.' if place else ''}{place}"
    (problem,) = [reported for reported in found if reported.startswith(f"`{where}`")]
    assert said in problem


def test_what_is_wrong_with_a_run_hides_nothing_of_its_nodes() -> None:
    """One error reports the problems of the run's settings and of the nodes."""
    value = of_workflow({"it": {**LOG, "onError": "shrug"}})
    value["workflows"]["w"]["executionConfig"] = {"retryBackoff": "cubic"}
    reported = problems(value)
    assert any(
        problem.startswith("`workflows.w.executionConfig.retryBackoff`") for problem in reported
    )
    assert any("'linear' or 'exponential'" in problem for problem in reported)
    assert any(problem.startswith("`workflows.w.nodes.it.onError`") for problem in reported)


@pytest.mark.parametrize(
    ("trigger", "said"),
    [
        ({"type": "queueConsumer", "config": {}}, "Let the queue call"),
        ({"type": "websocketEndpoint", "config": {}}, "Use an httpEndpoint"),
        ({"type": "sundial", "config": {}}, "is no trigger"),
        ({"type": "scheduledTask", "config": {}}, "`cron`"),
        ({"type": "scheduledTask", "config": {"cron": "every day"}}, "can't be read"),
        ({"type": "scheduledTask", "config": {"cron": "0 9 * * *", "timezone": "Mars"}}, "Mars"),
        (http("/a", validation={"body": {"type": "thing"}}), "thing"),
        (http("/a", validation={"body": 5}), "no JSON Schema"),
        (http("/a", authentication={"type": "bearer", "secret": "plain"}), "names no secret"),
        (http("/a", authentication={"secret": "plain"}), "required field `type`"),
        (http("/a", authentication={"type": []}), "expected `str`"),
        ({"type": "webhookReceiver", "config": {"secret": "plain"}}, "names no secret"),
    ],
)
def test_a_trigger_that_cannot_be_generated_is_refused(trigger: Json, said: str) -> None:
    """The message names the trigger's type and a replacement."""
    (problem,) = problems(of_workflow({"log": LOG}, trigger=trigger))
    assert problem.startswith("`workflows.w.trigger.")
    assert said in problem


def test_output_and_input_are_checked() -> None:
    """Unsupported formats and unknown types are refused."""
    found = problems(
        of_workflow(
            {"log": LOG},
            output={"type": "stream", "format": "tape"},
            input={"a": {"type": "date"}},
        )
    )
    assert [reported.split("`")[1] for reported in found] == [
        "workflows.w.input.a.type",
        "workflows.w.output.format",
    ]


def test_everything_wrong_is_told_at_once() -> None:
    """One error lists the problems of all workflows, each place once."""
    value = manifest(
        {
            "a": workflow(
                {
                    "x": {"type": "teleport"},
                    "y": node("delay", ms="{{ z }}"),
                    "after": node("delay", ms="{{ nodes.x.output }}"),
                    "code": code("return missing_name"),
                    "both": node("loop"),
                    "numbers": {**LOG, "timeout": "soon"},
                },
                [edge("x", "after"), edge("numbers", "after")],
                trigger={"type": "sundial"},
            ),
            "b": workflow({"ok": LOG}, [edge("ok", "gone")]),
        },
        schemaVersion="9.0.0",
    )
    found = problems(value)
    assert sorted(reported.split("`")[1] for reported in found) == [
        "schemaVersion",
        "workflows.a.nodes.both.config",
        "workflows.a.nodes.both.config",
        "workflows.a.nodes.code.config.code",
        "workflows.a.nodes.numbers.timeout",
        "workflows.a.nodes.x.type",
        "workflows.a.nodes.y.config.ms",
        "workflows.a.trigger.type",
        "workflows.b.edges[0].target",
    ]


def test_two_workflows_may_share_a_path() -> None:
    """Two paths that differ only in their parameters' names are the same path."""
    value = manifest(
        {
            "a": workflow({"x": LOG}, trigger=http("/orders/:id")),
            "b": workflow({"x": LOG}, trigger=http("/orders/{number}", "post"), name="B"),
        }
    )
    (note,) = generate(manifest_from(value)).notes
    assert "`workflows.b.trigger`" in note


def test_unknown_fields_are_told_and_ignored() -> None:
    """Every ignored field of a manifest is reported in a note."""
    value = of_workflow({"log": node("log", message="x", colour="red")}, theme="dark")
    value["config"]["cors"] = {"origins": [], "maxAge": 5}
    value["metadata"]["author"] = "Ada"
    router = node("llmRouter", routes=[{"provider": "groq", "model": "m", "weight": 2}])
    value["workflows"]["w"]["nodes"]["route"] = router
    value["executionLogging"] = {"enabled": True, "logLevel": "error"}
    notes = generate(manifest_from(value)).notes
    assert [note.split("`")[1] for note in notes] == [
        "config.cors.maxAge",
        "executionLogging",
        "workflows.w.theme",
        "workflows.w.nodes.log.config.colour",
        "workflows.w.nodes.route.config.prompt",
        "workflows.w.nodes.route.config.routes[0].weight",
    ]


def test_null_is_what_is_not_said() -> None:
    """Editors write null for an absent value, but a fallback's null is a value."""
    value = of_workflow({"log": {**LOG, "name": None, "retries": None, "cache": None}})
    value |= {"secrets": None, "globalVariables": None, "metadata": None}
    workflow = value["workflows"]["w"]
    workflow |= {"input": None, "edges": None, "executionConfig": None, "output": None}
    workflow["trigger"] = {"type": "manual", "config": None}
    workflow["nodes"]["log"]["config"]["data"] = None
    assert '@workflow.node("log", "log", "log")' in generate(manifest_from(value)).files["w.py"]
    workflow["nodes"]["log"] |= {"onError": "fallback", "fallbackValue": None}
    assert "fallback_value=None" in generate(manifest_from(value)).files["w.py"]


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (("workflows", "w", "nodes", "log", "config"), "`workflows.w.nodes.log`"),
        (("globalVariables",), "`globalVariables`"),
    ],
)
def test_a_lone_surrogate_in_place_of_an_object_is_a_fault(
    places: tuple[str, ...], said: str
) -> None:
    """Where an object belongs, a text with half of a character is named like any other fault."""
    value: Any = json.loads(json.dumps(of_workflow({"log": LOG})))
    inner = value
    for part in places[:-1]:
        inner = inner[part]
    inner[places[-1]] = "\ud800"
    found = problems(value)
    assert any("lone surrogate" in problem for problem in found)
    assert any(said.rstrip("`") in problem for problem in found)


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.json")))
def test_every_example_can_be_generated(name: str) -> None:
    """No example needs a note about ignored fields."""
    assert generate(load_manifest(EXAMPLES / name)).notes == ()


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (("workflows", "w", "name"), "`workflows.w.name`"),
        (("workflows", "w", "nodes", "log", "name"), "`workflows.w.nodes.log.name`"),
        (("workflows", "w", "nodes", "log", "config", "code"), "log.config.code`"),
        (("workflows", "w", "nodes", "log", "type"), "log.type`"),
        (("unknown",), "`unknown`"),
    ],
)
def test_a_lone_surrogate_is_named_by_its_place(places: tuple[str, ...], said: str) -> None:
    """A lone surrogate can't be written to a file, so a manifest must not contain one."""
    value: Any = json.loads(json.dumps(of_workflow({"log": LOG})))
    inner = value
    for part in places[:-1]:
        inner = inner[part]
    inner[places[-1]] = "half \ud800 of it"
    (problem,) = problems(value)
    assert said in problem
    assert "lone surrogate" in problem
    inner.pop(places[-1])
    inner["half \udfff of it"] = 1
    assert any("\\udfff" in problem and "lone surrogate" in problem for problem in problems(value))
    # The message itself can be encoded.
    problem.encode()


def test_numbers_and_switches_may_be_texts() -> None:
    """A text that is no number is refused, and the name `null` stays a text."""
    log = node("log", "null", {"retries": "3", "timeout": "100.5"}, message="x")
    value = manifest({"w": workflow({"log": log}, name="null")})
    value["config"] |= {"port": "8123"}
    value["secrets"] = {"A": {"required": "false"}}
    files = generate(manifest_from(value)).files
    assert "port=8123" in files["app.py"]
    assert "retries=3" in files["w.py"]
    assert '"null", "log"' in files["w.py"]
    value["workflows"]["w"]["nodes"]["log"]["retries"] = "many"
    with pytest.raises(InvalidManifestError, match=r"nodes\.log\.retries` can't be used"):
        generate(manifest_from(value))
