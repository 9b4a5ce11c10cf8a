"""Scenarios in which processes are killed or stopped."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import ExitStack
from random import Random
from typing import Final

from support.faults.figures import Figures
from support.faults.gateway import Gateway
from support.faults.processes import WorkflowProcess, wait_until
from support.faults.site import Site
from support.faults.torture import Torture, finish, gateway_to
from support.faults.vigil import Vigil, await_verdict

_ANSWER_S: Final = 0.02
_LEASE_S: Final = 0.5
_AGAIN: Final = 0.2
_PICKUP_S: Final = 0.3
_PACE_MS: Final = 30.0
_SLOW_PACE_MS: Final = 100.0


def workflow_killed(torture: Torture) -> Figures:
    """
    Kill workflows with SIGKILL; the receiver shows the finished and the running nodes.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("workflow killed")
    with torture.site() as site:
        kill_workflows(torture, site, figures)
    return figures


def kill_workflows(torture: Torture, site: Site, figures: Figures, *, busy: bool = False) -> None:
    """
    Start a receiver and workflows, kill the workflows one by one, and compare.

    Args:
        torture: The run of the scenario.
        site: The site of the receiver.
        figures: Receives the results.
        busy: Whether the workflows fill their spools.
    """
    pace_ms, lanes, most_lines = (1.0, 2, 240) if busy else (10.0, 5, 80)
    site.start_receiver()

    def strike(_: int, random: Random) -> None:
        workflow = site.start_workflow(pace_ms=pace_ms, busy=busy)
        workflow.go_on(random.randrange(1, most_lines))
        workflow.kill()
        await_verdict(site, workflow, figures)

    with Vigil(site, figures):
        torture.in_lanes(lanes, strike)
    finish(site, figures)


def busy_workflow_killed(torture: Torture) -> Figures:
    """
    Kill a workflow with SIGKILL while it fills segment after segment.

    Each segment is preallocated.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("busy workflow killed")
    with torture.site() as site:
        kill_workflows(torture, site, figures, busy=True)
    return figures


def workflow_killed_without_receiver(torture: Torture) -> Figures:
    """
    Kill workflows with SIGKILL that deliver into a database without a receiver.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("workflow killed, no receiver")
    with torture.site() as site:

        def strike(_: int, random: Random) -> None:
            workflow = site.start_workflow(f"sqlite:{site.database}", hurried=True)
            workflow.go_on(random.randrange(1, 200))
            workflow.kill()

        torture.in_lanes(3, strike)
        finish(site, figures)
    return figures


def receiver_killed(torture: Torture) -> Figures:
    """
    Kill the receiver with SIGKILL between a request and its answer.

    Then start another receiver.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("receiver killed while it answers")
    with ExitStack() as stack:
        sites = [stack.enter_context(torture.site(f"site-{number}")) for number in range(3)]
        gateways = [stack.enter_context(gateway_to(site)) for site in sites]
        for site, gateway in zip(sites, gateways, strict=True):
            stack.enter_context(Vigil(site, figures))
            site.start_receiver()
            for number in range(2):
                # The pace is slow, so that a receiver on a busy machine keeps up despite many
                # kills.
                site.start_workflow(gateway.url, pace_ms=_SLOW_PACE_MS, hurried=number > 0)

        def strike(lane: int, random: Random) -> None:
            _kill_while_it_answers(sites[lane], gateways[lane], random)

        torture.in_lanes(len(sites), strike)
        for site in sites:
            finish(site, figures)
    return figures


def _kill_while_it_answers(site: Site, gateway: Gateway, random: Random) -> None:
    wanted = gateway.answers[200] + random.randrange(1, 4)
    wait_until(lambda: gateway.answers[200] >= wanted, "the receiver answers")
    armed, struck = threading.Semaphore(1), threading.Event()

    def kill() -> None:
        if armed.acquire(blocking=False):
            time.sleep(random.uniform(0.0, _ANSWER_S))
            site.kill_receiver()
            struck.set()

    gateway.on_passed = kill
    wait_until(struck.is_set, "a request reaches the receiver")
    random.choice(site.workflows).go_on(random.randrange(1, 10))
    site.start_receiver()


def both_killed(torture: Torture) -> Figures:
    """
    Kill workflows and receiver with SIGKILL at once, then start another receiver.

    Sometimes the new receiver is killed too, while it collects the spools of dead processes. The
    last receiver can't see the spools, so that the next workflow delivers the spools of dead
    processes, and then `flightlog deliver`.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("both killed at once")
    with ExitStack() as stack:
        sites = [stack.enter_context(torture.site(f"site-{number}")) for number in range(2)]
        for site in sites:
            site.start_receiver()

        def strike(lane: int, random: Random) -> None:
            dead = _kill_both(sites[lane], random)
            if random.random() < _AGAIN:
                sites[lane].start_receiver()
                time.sleep(random.uniform(0.0, _PICKUP_S))
                sites[lane].kill_receiver()
            sites[lane].start_receiver()
            for workflow in dead:
                await_verdict(sites[lane], workflow, figures)

        torture.in_lanes(len(sites), strike)
        site, random = sites[0], torture.random("the last")
        for recover in (_by_a_neighbour, _by_deliver):
            dead = _kill_both(site, random)
            site.start_receiver(sees_spools=False)
            recover(site)
            for workflow in dead:
                await_verdict(site, workflow)
        for site in sites:
            finish(site, figures)
    return figures


def _kill_both(site: Site, random: Random) -> list[WorkflowProcess]:
    workflows = [site.start_workflow() for _ in range(random.randrange(1, 3))]
    for workflow in workflows:
        workflow.go_on(random.randrange(1, 60))
    victims = [site.kill_receiver, *(workflow.kill for workflow in workflows)]
    random.shuffle(victims)
    for kill in victims:
        kill()
    return workflows


def _by_a_neighbour(site: Site) -> None:
    site.start_workflow()


def _by_deliver(site: Site) -> None:
    site.deliver()


def stopped(torture: Torture) -> Figures:
    """
    Stop workflows, and sometimes the receiver, with SIGSTOP for longer than a lease.

    A living process that can't send heartbeats is shown as running.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("stopped for a while")
    with torture.site(lease_s=_LEASE_S) as site, Vigil(site, figures):
        site.start_receiver()
        lanes = [site.start_workflow(pace_ms=_PACE_MS) for _ in range(10)]

        def strike(lane: int, random: Random) -> None:
            lanes[lane].go_on(random.randrange(1, 30))
            lanes[lane].signal(signal.SIGSTOP)
            time.sleep(random.uniform(3, 5) * _LEASE_S)
            shown = [site.execution(item).get("status") for item in lanes[lane].progress.running]
            if set(shown) - {"running", "success", None}:
                figures.falsely_crashed += 1
            lanes[lane].signal(signal.SIGCONT)

        torture.in_lanes(len(lanes), strike)
        for workflow in lanes[:2]:
            site.signal_receiver(signal.SIGSTOP)
            time.sleep(3 * _LEASE_S)
            site.signal_receiver(signal.SIGCONT)
            workflow.go_on(20)
        site.settle()
    figures.add(site, with_waits=False)
    return figures
