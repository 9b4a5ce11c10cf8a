from __future__ import annotations

import ast
import os
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flightlog.codegen import Generated, generate, manifest_from, module_files, write_files
from flightlog.codegen.files import is_ours, marked
from flightlog.codegen.formatting import formatted
from flightlog.codegen.literals import Code
from flightlog.codegen.node_types import SDKS
from flightlog.codegen.templates import render
from flightlog.errors import (
    FileNotOursError,
    GenerationFailedError,
    InvalidManifestError,
)
from support.manifests import Json, chain, code, edge, http, manifest, node, workflow

LOG = node("log", "Log", message="hello")
WEBHOOK = {"type": "webhookReceiver", "config": {}}
TWO = manifest({"one": workflow({"log": LOG}), "two": workflow({"log": LOG})})


def made(value: Json, *arguments: Any, **options: Any) -> Generated:
    """Generate the files of a manifest."""
    return generate(manifest_from(value), *arguments, **options)


def of(nodes: Json, **fields: Any) -> str:
    """Generate the module of one workflow, `w`."""
    top = {
        name: fields.pop(name)
        for name in ("secrets", "globalVariables", "config")
        if name in fields
    }
    return made(manifest({"w": workflow(nodes, **fields)}, **top)).files["w.py"]


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
def test_workflows_that_would_be_served_at_one_place_are_refused(first: Json, second: Json) -> None:
    """Paths made from ids count too, because the application of all workflows would not start."""
    workflows = {
        name: workflow({"log": LOG}, **({"trigger": trigger} if trigger else {}))
        for name, trigger in {**first, **second}.items()
    }
    with pytest.raises(InvalidManifestError, match=r"already is.*Choose another path, method or"):
        made(manifest(workflows))


def test_code_that_binds_a_name_of_its_module_is_told_with_its_node() -> None:
    """The module's own names are known only after the module is written."""
    with pytest.raises(InvalidManifestError, match=r"nodes\.a\.config\.code` binds .* `work`"):
        of({"a": code("global work\nwork = 1", name="Work")})


def test_one_workflow_is_mounted_beside_those_that_are_there() -> None:
    """`app.py` mounts existing modules, but only the chosen module is generated."""
    alone = made(TWO, "two").files
    assert alone.keys() == {"two.py", "app.py", "requirements.txt"}
    assert "[two.workflow]" in alone["app.py"]
    assert "[one.workflow, two.workflow]" in made(TWO, "two", beside=["one"]).files["app.py"]
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


def test_the_sdks_of_requirements_are_those_that_are_tested() -> None:
    """The project's development dependencies contain the same versions."""
    text = (Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8")
    tested = tomllib.loads(text)["dependency-groups"]["dev"]
    assert set(SDKS.values()) <= set(tested)


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


def test_a_workflow_names_only_the_secrets_and_globals_that_it_uses() -> None:
    """A workflow requires only the secrets that it uses, even through the environment."""
    secrets = {
        "USED": {"required": True},
        "IN_TRIGGER": {"required": False, "default": "x"},
        "OTHER": {"required": True},
        "USE": {"required": True},
    }
    nodes = {"log": node("log", message="{{ secrets['USED'] }}")}
    trigger = {"type": "webhookReceiver", "config": {"secret": "{{ secrets.IN_TRIGGER }}"}}
    text = of(nodes, trigger=trigger, secrets=secrets, globalVariables={"g": 1})
    assert 'secrets=("USED", Secret("IN_TRIGGER", required=False, default="x"))' in text
    assert "global_variables" not in text
    assert "OTHER" not in text
    for reads in (
        node("log", message="{{ env.OTHER }}"),
        node("log", message="{{ env['OTHER'] }}"),
        code('import os\nreturn os.environ["OTHER"]'),
    ):
        assert 'secrets=("OTHER",)' in of({"reads": reads}, secrets=secrets)
    nodes["log"]["config"]["message"] = "{{ global.g }}"
    assert 'global_variables={"g": 1}' in of(nodes, globalVariables={"g": 1})


def test_what_the_manifest_says_of_runs_and_nodes_stands_in_the_module() -> None:
    """Timeouts (milliseconds), attempts, caches and fallbacks are written; defaults aren't."""
    options = {
        "timeout": 90_000,
        "retries": 2,
        "onError": "fallback",
        "fallbackValue": {"type": "static", "value": "{{ raw }}"},
        "cache": {"enabled": True, "ttl": 60, "key": "{{ input.id }}"},
        "pinnedData": {"enabled": True, "data": None},
    }
    text = of(
        {"call": node("httpRequest", "Call", options, method="GET", url="http://x", timeout=0.5)},
        executionConfig={"timeout": 1.5, "retries": 1, "retryBackoff": "exponential"},
        config={"executionReceiverPort": 3456},
    )
    for told in (
        "timeout_ms=90_000",
        "retries=2",
        'on_error="fallback"',
        'fallback_value=static("{{ raw }}")',
        'cache={"ttl_s": 60',
        "pinned=None",
        "timeout_ms=0.5",
        "timeout_ms=1.5",
        'retry_backoff="exponential"',
        "receiver_port=3456",
        "Run, Workflow, static",
    ):
        assert told in text
    bare = of({"call": node("httpRequest", "Call", method="GET", url="http://x")})
    assert '@workflow.node("call", "Call", "httpRequest")' in bare
    assert "retries" not in bare


def test_texts_of_several_lines_may_stand_everywhere() -> None:
    """Texts of several lines are valid everywhere, even as the only argument of a call."""
    lines = "{{ input.first\n  and input.second\n  and input.third }}"
    plain = {"type": "static", "value": lines}
    nodes = {
        "choose": node("condition", expression=lines),
        "switch": node("switch", value=lines, cases=[{"value": lines, "target": "wait"}]),
        "wait": node("delay", ms=lines),
        "keep": node("editFields", fields={"kept": plain}),
        "end": node("earlyReturn", value=lines),
    }
    text = of(nodes, edges=[edge("choose", "keep", "true", lines), edge("keep", "end")])
    assert text.count(r"\n  and input.second\n") >= 5


def test_what_ruff_says_of_an_authors_code_is_allowed_by_name() -> None:
    """The file's head disables the rules by name, and the code stays unchanged."""
    text = of({"c": code("import os\nimport json\nx=1\nreturn [i for i in input]")})
    head = text.splitlines()[2]
    assert head.startswith("# ruff: noqa: ")
    assert "F401" in head
    assert "import json" in text
    assert "# ruff" not in of({"c": code("return input")})


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def f(:\n", "does not compile"),
        ('"""A."""\n\nimport os\n', "F401"),
        ('"""A."""\n\nprint(nothing)\n', "F821"),
    ],
)
def test_code_of_ours_that_is_not_right_is_never_written(source: str, said: str) -> None:
    """A fault of the generator raises an error instead of writing a file."""
    with pytest.raises(GenerationFailedError, match=said):
        formatted(source, "m.py")


def test_templates_print_code_alone() -> None:
    """A template refuses a text that is no `Code`."""
    with pytest.raises(TypeError, match="only code may stand"):
        render("requirements.txt.j2", lines=["import os"])
    assert render("requirements.txt.j2", lines=[Code("x")]) == "x\n"


def test_without_ruff_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error's hint names the extra."""
    monkeypatch.setitem(__import__("sys").modules, "ruff", None)
    with pytest.raises(GenerationFailedError, match="flightlog\\[codegen\\]"):
        formatted('"""A."""\n', "m.py")


def test_files_are_replaced_all_or_none(tmp_path: Path) -> None:
    """A changed or foreign file, a link and a directory block the write; CRLF line ends don't."""
    files = made(TWO).files
    first = write_files(files, tmp_path)
    assert len(first.written) == 4
    assert not list(tmp_path.glob(".*"))
    crlf = (tmp_path / "one.py").read_text().replace("\n", "\r\n")
    (tmp_path / "one.py").write_bytes(crlf.encode())
    again = write_files(files, tmp_path)
    assert [path.name for path in again.written] == ["one.py"]
    assert len(again.unchanged) == 3
    (tmp_path / "one.py").write_text(files["one.py"] + "# mine\n")
    (tmp_path / "two.py").unlink()
    (tmp_path / "two.py").mkdir()
    (tmp_path / "app.py").unlink()
    (tmp_path / "app.py").symlink_to(tmp_path / "gone.py")
    (tmp_path / "requirements.txt").write_bytes(b"\xff\xfe")
    before = {path: os.lstat(path).st_mtime_ns for path in tmp_path.iterdir()}
    with pytest.raises(FileNotOursError) as caught:
        write_files(files, tmp_path)
    assert len(caught.value.paths) == 4
    assert {path: os.lstat(path).st_mtime_ns for path in tmp_path.iterdir()} == before


def test_modules_of_workflows_that_are_gone_are_named_and_stay(tmp_path: Path) -> None:
    """Modules of the manifest's other workflows don't count as stale."""
    write_files(made(TWO).files, tmp_path)
    (tmp_path / "mine.py").write_text("x = 1\n")
    one = made(manifest({"one": workflow({"log": LOG})}))
    written = write_files(one.files, tmp_path, known=one.modules.values())
    assert [path.name for path in written.stale] == ["two.py"]
    assert (tmp_path / "two.py").exists()
    kept = made(TWO, "one")
    assert not write_files(kept.files, tmp_path, known=kept.modules.values()).stale


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The message names the path."""
    (tmp_path / "file").write_text("")
    with pytest.raises(GenerationFailedError, match="can't be written"):
        write_files(made(TWO).files, tmp_path / "file")


def test_a_mark_is_right_only_for_what_it_was_made_of() -> None:
    """Any change below the mark makes the mark wrong."""
    text = marked(Code("x"), "a = 1\n")
    assert is_ours(text)
    assert not is_ours(text + "\n")
    assert not is_ours(text.replace("a = 1", "a = 2"))
    assert not is_ours("a = 1\n")


awkward = st.text(max_size=30) | st.text(
    st.sampled_from("\"'\\{}#\n\r\u2028 a:%;()\x00"), max_size=12
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
    kinds = [type(one).__name__ for one in tree.body]
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
