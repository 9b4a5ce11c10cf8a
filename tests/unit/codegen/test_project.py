from __future__ import annotations

import ast
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flightlog.codegen import Generated, generate, manifest_from, module_files
from flightlog.codegen.files import is_ours
from flightlog.errors import (
    InvalidManifestError,
)
from support.examples import examples
from support.manifests import Json, chain, http, manifest, node, workflow

LOG = node("log", "Log", message="hello")
WEBHOOK = {"type": "webhookReceiver", "config": {}}
TWO = manifest({"one": workflow({"log": LOG}), "two": workflow({"log": LOG})})


def made(value: Json, *arguments: Any, **options: Any) -> Generated:
    """Generate the files of a manifest."""
    return generate(manifest_from(value), *arguments, **options)


def test_a_project_has_a_module_a_workflow_and_what_runs_them() -> None:
    """Each file has a correct mark."""
    files = made(TWO).files
    assert files.keys() == {"one.py", "two.py", "app.py", "requirements.txt"}
    assert all(map(is_ours, files.values()))
    assert "[one.workflow, two.workflow]" in files["app.py"]
    assert files["requirements.txt"].splitlines()[2:] == ["flightlog[workflow]"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"a b": None}, {"a-b": None}),
        ({"one": None}, {"two": http("/workflows/one")}),
        ({"a?": WEBHOOK}, {"a!": WEBHOOK}),
        ({"a": WEBHOOK}, {"b": http("webhooks/a")}),
    ],
)
def test_the_second_workflow_of_one_path_is_served_by_its_name(first: Json, second: Json) -> None:
    """Paths made from ids count too. The editor serves each workflow by its name."""
    workflows = {
        name: workflow({"log": LOG}, **({"trigger": trigger} if trigger else {}))
        for name, trigger in {**first, **second}.items()
    }
    note = next(note for note in made(manifest(workflows)).notes if "already is" in note)
    assert "this one is served by its name alone" in note


def test_workflows_of_one_name_have_addresses_of_their_own() -> None:
    """The editor gives each workflow a process; one application needs two addresses."""
    named = {key: workflow({"log": LOG}, name=name) for key, name in (("x", "A b"), ("y", "a-B!"))}
    (note,) = made(manifest(named)).notes
    assert "`workflows.y` is served at POST /workflow/a_b_2" in note


def test_modules_with_numbers_are_imported_in_the_order_of_ruff() -> None:
    """Ruff sorts w2 before w10, and w_01 beside w_1."""
    names = ["w1", "w2", "w10", "w_01", "w_1", "w_010", "B2", "b10", "W11"]
    text = made(manifest({name: workflow({"log": LOG}) for name in names})).files["app.py"]
    assert text.index("import w2\n") < text.index("import w10\n")
    assert all(f"{name.lower()}.workflow" in text for name in names)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"path": "/a/{id}/{id}"}, "path` is ignored: The path '/a/{id}/{id}' can't be served"),
        ({"path": "/a/{id:date}"}, "it has an unknown converter"),
        ({"path": "/a", "method": "HEAD"}, "method` is ignored: The method 'HEAD' can't be served"),
    ],
)
def test_a_workflow_whose_path_can_t_be_served_is_served_by_its_name(
    config: Json, said: str
) -> None:
    """The editor serves every workflow by its name, whatever its trigger says."""
    trigger = {"type": "httpEndpoint", "config": config}
    generated = made(manifest({"w": workflow({"log": LOG}, trigger=trigger, name="My flow")}))
    (note,) = generated.notes
    assert said in note
    assert note.endswith("The workflow is served at POST /workflow/my_flow alone.")
    assert "HttpEndpoint(" in generated.files["w.py"]
    assert "path=" not in generated.files["w.py"]


def test_the_project_s_description_and_python_are_in_the_application() -> None:
    """A Python that can't run the code is noted."""
    value = manifest({"w": workflow({"log": LOG})})
    value["metadata"]["description"] = "All about\nour orders."
    value["config"]["pythonVersion"] = "3.12"
    generated = made(value)
    assert "All about" in generated.files["app.py"]
    assert "our orders." in generated.files["app.py"]
    assert "The project's Python is 3.12." in generated.files["app.py"]
    assert generated.notes == ()
    for version in ("3.9", "2", "latest"):
        value["config"]["pythonVersion"] = version
        (note,) = made(value).notes
        assert f"`config.pythonVersion` is {version!r}" in note


def test_one_workflow_is_mounted_beside_those_that_are_there() -> None:
    """`app.py` mounts existing modules, but only the chosen module is generated."""
    alone = made(TWO, "two").files
    assert alone.keys() == {"two.py", "app.py", "requirements.txt"}
    assert "[two.workflow]" in alone["app.py"]
    assert "[one.workflow, two.workflow]" in made(TWO, "two", existing=["one"]).files["app.py"]
    assert made(TWO, "two").files["two.py"] == made(TWO).files["two.py"]
    with pytest.raises(InvalidManifestError, match=r"'three'\. There are: 'one', 'two'"):
        made(TWO, "three")


def test_requirements_name_the_sdks_that_are_needed() -> None:
    """The requirements list the SDK of each provider that a node or route uses, and no other."""
    ask: Json = {"model": "m", "messages": []}
    route = {"condition": "true", "provider": "groq", "model": "m"}
    nodes = {
        "router": node(
            "llmRouter", routes=[route], fallback={"provider": "openai", "model": "m"}, messages=[]
        ),
        "embed": node("embeddingGenerate", provider="voyage", model="m", input="x"),
        "query": node("postgresQuery", query="select 1"),
    }
    value = manifest(
        {"w": workflow(nodes), "v": workflow({"a": node("anthropicCompletion", **ask)})}
    )
    lines = made(value).files["requirements.txt"].splitlines()[2:]
    assert [line.split(">")[0] for line in lines] == [
        "flightlog[workflow]",
        "anthropic",
        "groq",
        "openai",
        "psycopg[binary]",
        "voyageai",
    ]
    text = made(value).files["w.py"]
    assert "runtime.nodes.anthropic" not in text
    assert "runtime.nodes.router" in text


def test_modules_have_names_that_hide_nothing() -> None:
    """A module's name differs from modules of Python, of the runtime and of other workflows."""
    value = manifest(
        {name: workflow({"log": LOG}) for name in ("json", "app", "a b", "a-b", "確認")}
    )
    assert module_files(manifest_from(value)) == {
        "json": "json_workflow.py",
        "app": "app_workflow.py",
        "a b": "a_b.py",
        "a-b": "a_b_2.py",
        "確認": "workflow.py",
    }


awkward = st.text(max_size=30) | st.text(
    st.sampled_from("\"'\\{}#\n\r\u2028 a:%;()\x00"), max_size=12
)


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(awkward, awkward, awkward), min_size=1, max_size=4), awkward, awkward)
@example([('"""', "\\", "{{")], '"""', "\\")
@example([("coding: latin-1", "-*- coding: latin-1 -*-", "x")], "coding: latin-1", "\\u0000")
def test_no_text_of_a_manifest_becomes_code(
    nodes: list[tuple[str, str, str]], name: str, description: str
) -> None:
    """For texts of any kind in any field, the module contains only the expected definitions."""
    value = manifest(
        {
            "w": workflow(
                {
                    f"n{number}": {
                        **node(
                            "editFields",
                            title or "x",
                            fields={
                                key: {"type": "static", "value": text},
                                "k": [text.replace("{", "")],
                            },
                        ),
                        "description": text,
                    }
                    for number, (title, key, text) in enumerate(nodes)
                },
                chain(*(f"n{number}" for number in range(len(nodes)))),
                http("/w"),
                name=name or "x",
                description=description,
            )
        }
    )
    source = made(value).files["w.py"]
    tree = ast.parse(source)
    kinds = [type(statement).__name__ for statement in tree.body]
    imports = kinds.count("ImportFrom")
    assert kinds == [
        "Expr",
        *["ImportFrom"] * imports,
        "Assign",
        *["AsyncFunctionDef"] * (len(nodes) + 1),
        "If",
    ]
    module = ModuleType("w")
    exec(compile(source, "w.py", "exec"), module.__dict__)
    workflow_made = module.__dict__["workflow"]
    assert workflow_made.name == (name or "x")
    assert list(workflow_made.node_ids) == [f"n{number}" for number in range(len(nodes))]
