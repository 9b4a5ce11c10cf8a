"""No bytes crash a reader of foreign input; `make fuzz` tries for half an hour each."""

from __future__ import annotations

import pytest

from support.examples import examples
from support.fuzzing.campaign import fuzz
from support.fuzzing.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_mutated_inputs_crash_nothing(name: str) -> None:
    """The first inputs and some mutations of them are read or refused as each target declares."""
    target = TARGETS[name]
    count = len(target.seeds()) + examples(100)
    outcome = fuzz(target, seed=17, goes_on=lambda so_far: so_far.inputs < count)
    assert outcome.faults == []
    assert outcome.inputs == count
    assert outcome.lines > 10
