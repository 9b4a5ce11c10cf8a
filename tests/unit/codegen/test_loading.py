"""Manifests are found and decoded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flightlog.codegen import decode_manifest, generate, load_manifest
from flightlog.errors import InvalidManifestError
from support.manifests import Json, manifest, node, workflow

LOG = node("log", "Log", message="hello")


def of_workflow(*nodes_and_edges: Any, **fields: Any) -> Json:
    """Make a manifest with one workflow, `w`."""
    return manifest({"w": workflow(*nodes_and_edges, **fields)})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON"),
        ('{"workflows": {"a": {}, "a": {}}}', "the name 'a' stands twice"),
        ('{"workflows": NaN}', "NaN is no JSON"),
        ("[" * 100_000, "nested too deep"),
        ('{"workflows": ' + "[" * 80 + "]" * 80 + "}", "more than 64 levels"),
        ("[]", "expected `object`"),
        ("{}", "missing required field `workflows`"),
        (b"\xff", "is no JSON"),
    ],
)
def test_what_is_no_manifest_is_refused(text: str | bytes, said: str) -> None:
    """The error states the reason."""
    with pytest.raises(InvalidManifestError, match=said):
        decode_manifest(text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A directory counts as a project, so the message names the manifest within it."""
    with pytest.raises(InvalidManifestError, match=r"\.catalyst/manifest.json can't be read"):
        load_manifest(tmp_path)


def test_a_project_keeps_its_manifest_at_either_place(tmp_path: Path) -> None:
    """The newer place wins over the older."""
    for place, name in ((".lowcode", "older"), (".catalyst", "newer")):
        (tmp_path / place).mkdir()
        value = manifest({name: workflow({"log": LOG})})
        (tmp_path / place / "manifest.json").write_text(json.dumps(value))
        assert load_manifest(tmp_path).workflows.keys() == {name}


def test_a_byte_order_mark_and_escaped_surrogates_are_read() -> None:
    """The reader accepts the same text as `JSON.parse` in an editor."""
    value = json.dumps(of_workflow({"log": node("log", message="\ud800")}))
    files = generate(decode_manifest(b"\xef\xbb\xbf" + value.encode())).files
    assert r"\ud800" in files["w.py"]
