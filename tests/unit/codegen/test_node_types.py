"""The node types and the libraries that they need."""

from __future__ import annotations

import tomllib
from pathlib import Path

from flightlog.codegen.model_configs import PRESETS
from flightlog.codegen.node_types import KINDS, NAMED_ONLY, SDKS


def test_the_sdks_of_requirements_are_those_that_are_tested() -> None:
    """The project's development dependencies contain the same versions."""
    text = (Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8")
    tested = tomllib.loads(text)["dependency-groups"]["dev"]
    assert set(SDKS.values()) <= set(tested)


def test_every_type_of_the_palette_is_generated_or_refused_with_an_alternative() -> None:
    """The types are those of the editor, without its triggers."""
    assert not KINDS.keys() & NAMED_ONLY.keys()
    assert len(KINDS) + len(NAMED_ONLY) == 49
    assert all(advice[:1].islower() and len(advice) > 20 for advice in NAMED_ONLY.values())
    assert set(PRESETS) == {"cost", "speed", "quality", "balanced"}
