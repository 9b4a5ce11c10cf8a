"""The module of one workflow."""

from __future__ import annotations

from typing import Any

import pytest

from flightlog.codegen import Generated, generate, manifest_from
from flightlog.errors import (
    InvalidManifestError,
)
from support.manifests import Json, code, edge, manifest, node, workflow


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


def test_code_that_binds_a_name_of_its_module_is_told_with_its_node() -> None:
    """The module's own names are known only after the module is written."""
    with pytest.raises(InvalidManifestError, match=r"nodes\.a\.config\.code` binds .* `work`"):
        of({"a": code("global work\nwork = 1", name="Work")})


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
    for reported in (
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
        assert reported in text
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
