"""Scenarios in which files can't be written, disappear, or have wrong times."""

from __future__ import annotations

import shutil
from random import Random
from typing import Final

from flightlog.spool import SpoolStatus
from flightlog.spool.directory import list_message_files
from support.disks import fill, small_disk
from support.faults.figures import Figures
from support.faults.killing import kill_workflows
from support.faults.processes import WorkflowProcess, wait_until
from support.faults.site import Site
from support.faults.torture import Torture, finish, gateway_to
from support.faults.vigil import Vigil

_DISK_BYTES: Final = 24 * 1024 * 1024
_FULL_AT_A_TIME: Final = 20
_PACE_MS: Final = 40.0
_DELETED: Final = ("*", "*/*.segment", "*/owner.json", "*/reserve")


def spool_disk_full(torture: Torture) -> Figures:
    """
    Fill the spools' disk repeatedly; payloads may be omitted, records may not.

    At the end the workflows are killed while the disk is full.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("spool's disk full")
    random = torture.random("moments")
    with (
        small_disk(torture.place / "disk", _DISK_BYTES) as disk,
        torture.site(spool_dir=disk / "spool") as site,
    ):
        site.start_receiver()
        workflows = [
            site.start_workflow(pace_ms=_PACE_MS, hurried=number > 1) for number in range(4)
        ]
        for workflow in workflows:
            workflow.go_on(10)
        for _ in range(torture.repetitions):
            random.choice(workflows).go_on(random.randrange(1, 30))
            fill(disk)
            random.choice(workflows).go_on(random.randrange(1, 30))
            (disk / "filler").unlink()
        fill(disk)
        for workflow in workflows:
            workflow.go_on(random.randrange(1, 30))
            workflow.kill()
        (disk / "filler").unlink()
        finish(site, figures)
    return figures


def history_disk_full(torture: Torture) -> Figures:
    """
    Fill the history's disk repeatedly; the receiver refuses records, and gets them later.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("history's disk full")
    random = torture.random("moments")
    # A large write-ahead log is reused from its beginning, and then needs no further disk space.
    # The history therefore starts empty again before its log is large.
    for start in range(0, torture.repetitions, _FULL_AT_A_TIME):
        _fill_history_disk(
            torture,
            figures,
            random,
            f"disk-{start}",
            min(_FULL_AT_A_TIME, torture.repetitions - start),
        )
    return figures


def _fill_history_disk(
    torture: Torture, figures: Figures, random: Random, name: str, repetitions: int
) -> None:
    with (
        small_disk(torture.place / name, _DISK_BYTES) as disk,
        torture.site(f"on-{name}", database_dir=disk) as site,
        gateway_to(site) as gateway,
    ):
        site.start_receiver()
        for number in range(3):
            site.start_workflow(gateway.url, pace_ms=_PACE_MS, hurried=number > 0)
        for _ in range(repetitions):
            stored = gateway.answers[200] + random.randrange(1, 4)
            wait_until(lambda: gateway.answers[200] >= stored, "the receiver stores")  # noqa: B023
            refused = gateway.refused + random.randrange(1, 4)
            fill(disk)
            wait_until(lambda: gateway.refused >= refused, "the receiver refuses")  # noqa: B023
            (disk / "filler").unlink()
        finish(site, figures)


def spool_unwritable(torture: Torture) -> Figures:
    """
    Kill workflows whose spool directory can't be created.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("spool unwritable, workflow killed")
    torture.place.mkdir(parents=True, exist_ok=True)
    file = torture.place / "file"
    file.touch()
    with torture.site(spool_dir=file / "spool") as site:
        kill_workflows(torture, site, figures)
    return figures


def spool_deleted(torture: Torture) -> Figures:
    """
    Delete the spools' files repeatedly while workflows write to them.

    Each deletion removes all files, or the message files, or the owner files. At the end, when the
    spools are complete again, the workflows are killed.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("spool deleted while running")
    random = torture.random("moments")
    with torture.site() as site, Vigil(site, figures):
        site.start_receiver()
        workflows = [
            site.start_workflow(pace_ms=_PACE_MS, hurried=number > 0) for number in range(3)
        ]
        for workflow in workflows:
            workflow.go_on(10)
        for _ in range(torture.repetitions):
            random.choice(workflows).go_on(random.randrange(1, 30))
            _delete(site, random.choice(_DELETED))
        for pattern in _DELETED:
            _delete(site, pattern)
            wait_until(lambda: _are_whole(site), f"the spools are whole again, but {pattern}")
        for workflow in workflows:
            workflow.kill()
        finish(site, figures)
    return figures


def _start(site: Site, count: int, *, clock_steps: bool = False) -> list[WorkflowProcess]:
    """Start workflows, of which the first delivers slowly, and wait until all run."""
    workflows = [
        site.start_workflow(pace_ms=_PACE_MS, hurried=number > 0, clock_steps=clock_steps)
        for number in range(count)
    ]
    for workflow in workflows:
        workflow.go_on(10)
    return workflows


def _delete(site: Site, pattern: str) -> None:
    for path in site.spool_dir.glob(pattern):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _are_whole(site: Site) -> bool:
    living = [spool for spool in site.spools() if spool.alive and spool.owner is not None]
    return len(living) == len(site.workflows) and all(map(_has_all_files, living))


def _has_all_files(spool: SpoolStatus) -> bool:
    names = {path.name for path in list_message_files(spool.path)}
    return "reserve" in names and len(names) > 1


def clock_steps_back(torture: Torture) -> Figures:
    """
    Set the workflows' wall clock back by up to an hour, repeatedly.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("clock stepping back")
    with torture.site() as site:
        site.start_receiver()
        workflows = [
            site.start_workflow(pace_ms=_PACE_MS, hurried=number > 0, clock_steps=True)
            for number in range(3)
        ]
        for workflow in workflows:
            while workflow.progress.steps < torture.repetitions:
                workflow.go_on(10)
        finish(site, figures)
    figures.repetitions = sum(workflow.progress.steps for workflow in workflows)
    return figures
