"""Every fault leaves each recorded execution whole and single; no workflow notices the fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from random import Random, SystemRandom

import pytest

from flightlog.spool import list_fallback_spool_dirs
from support.faults.campaign import LONG_ONLY, SCENARIOS, torment
from support.faults.figures import Figures
from support.faults.gateway import SLOW_S
from support.faults.site import Site

# `make faults` has 200.
REPETITIONS = 3
AT_ONCE = 3
SEED = SystemRandom().randrange(1 << 32)


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Future[Figures]]]:
    """Run the requested scenarios at the same time, because most scenarios mostly wait."""
    asked = [
        str(item.callspec.params["scenario"])
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.function is test_nothing_is_lost_nothing_is_there_twice_and_no_workflow_notices
    ]
    place = tmp_path_factory.mktemp("faults")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(torment, name, place, REPETITIONS, SEED) for name in asked}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name not in LONG_ONLY])
def test_nothing_is_lost_nothing_is_there_twice_and_no_workflow_notices(
    scenario: str, outcomes: Mapping[str, Future[Figures]]
) -> None:
    """
    Each fault strikes several times at random; then the history is compared with the notes.

    Every finished node execution is in the history once and unchanged. Node executions that ran
    when their process died are shown as crashed, and living processes never are. No exception
    reaches a workflow, and no call to the recorder takes as long as the receiver's answer.
    """
    figures = outcomes[scenario].result()
    assert figures.is_good, figures
    assert figures.repetitions >= REPETITIONS
    assert figures.expected > REPETITIONS
    assert figures.longest_wait_ms < SLOW_S * 1000, figures


def test_a_workflow_with_nowhere_to_write_goes_on(tmp_path: Path) -> None:
    """
    A workflow without a writable spool directory continues, and counts its lost messages.

    Neither the spool's directory nor the fallback directory is writable.
    """
    file = tmp_path / "file"
    file.touch()
    with Site(tmp_path / "site", Random(SEED), spool_dir=file / "spool") as site:
        for name in list_fallback_spool_dirs():
            (site.fallback_dir.parent / name.name).touch()
        workflow = site.start_workflow()
        workflow.go_on(60)
        workflow.end()
        progress, said = workflow.progress, workflow.said.read_text()
    assert (progress.raised, progress.swallowed) == ([], 0)
    assert progress.running == set()
    assert progress.lost > len(progress.ended)
    assert "can't be written" in said
    assert "Traceback" not in said
