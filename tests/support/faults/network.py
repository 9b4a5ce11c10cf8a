"""Scenarios in which the server is slow, broken, absent, or another program."""

from __future__ import annotations

from collections import Counter
from threading import Lock
from typing import Final

from support.faults.figures import Figures
from support.faults.gateway import Fault
from support.faults.processes import wait_until
from support.faults.torture import Torture, finish, gateway_to
from support.faults.vigil import Vigil
from support.strangers import stranger

_FAULTY: Final = 0.6
_PACE_MS: Final = 40.0


def receiver_faulty(torture: Torture) -> Figures:
    """
    Make the receiver absent, slow, nonsensical or disconnecting.

    Each fault happens as often, in random order.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("receiver away, slow or broken")
    random = torture.random("faults")
    chosen: Counter[Fault] = Counter()
    lock = Lock()

    def choose() -> Fault | None:
        with lock:
            left = [fault for fault in Fault if chosen[fault] < torture.repetitions]
            if not left or random.random() > _FAULTY:
                return None
            fault = random.choice(left)
            chosen[fault] += 1
            return fault

    with torture.site() as site, gateway_to(site) as gateway, Vigil(site, figures):
        gateway.choose = choose
        site.start_receiver()
        for number in range(8):
            site.start_workflow(gateway.url, pace_ms=_PACE_MS, hurried=number > 1)
        wanted = len(Fault) * torture.repetitions
        while (count := gateway.faults.total()) < wanted:
            wait_until(lambda: gateway.faults.total() > count, "another fault strikes")
        figures.repetitions = gateway.faults.total()
        figures.notes += [f"{count} × {fault}" for fault, count in sorted(gateway.faults.items())]
        finish(site, figures)
    return figures


def impostor(torture: Torture) -> Figures:
    """
    Run a program that answers 200 to everything on the receiver's port, and then the receiver.

    The scenario does so once with a real program, and then repeatedly with a gateway as impostor.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("impostor on the port")
    random = torture.random("moments")
    with torture.site() as site, gateway_to(site) as gateway:
        with stranger(port=site.port) as server:
            site.start_workflow(pace_ms=_PACE_MS, hurried=True)
            wait_until(lambda: len(server.requests) >= 3, "the impostor is asked")
        received = [(method, body, headers) for method, _, headers, body in server.requests]
        figures.repetitions += 1
        site.start_receiver()
        for number in range(3):
            site.start_workflow(gateway.url, pace_ms=_PACE_MS, hurried=number > 0)
        for _ in range(torture.repetitions):
            delivered = gateway.answers[200] + random.randrange(1, 4)
            wait_until(lambda: gateway.answers[200] >= delivered, "the receiver answers")  # noqa: B023
            asked = len(gateway.told_impostor) + random.randrange(1, 4)
            gateway.impersonate(on=True)
            wait_until(lambda: len(gateway.told_impostor) >= asked, "the impostor is asked")  # noqa: B023
            gateway.impersonate(on=False)
        finish(site, figures)
        for method, body, headers in received:
            signed = any(name.lower() == "flightlog-signature" for name in headers)
            figures.told_strangers += method != "GET" or bool(body) or signed
        for message in gateway.told_impostor:
            signed = b"flightlog-signature" in message.head.lower()
            figures.told_strangers += message.brings_news or bool(message.body) or signed
    return figures
