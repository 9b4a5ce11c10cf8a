"""
`OrphanClaims`: decide which spools for another receiver of this machine are collected here.

A receiver whose port is in use listens on another port. Processes may therefore have started with
an address at which no receiver of this installation is left, and their records would wait forever.
Records for another machine or for a database are never collected here.
"""

from __future__ import annotations

import platform
import threading
from typing import Final

from msgspec import Struct

from flightlog.delivery.addresses import is_loopback_url
from flightlog.delivery.http import HttpDestination
from flightlog.secret_key import SecretKey
from flightlog.spool import Owner

GRACE_S: Final = 5.0
"""
How long no receiver may have answered at an address, seconds; a restarting receiver answers again
within this time.
"""
PROBE_TIMEOUT_S: Final = 2.0
_REPEAT_S: Final = 2.0
_ANSWERED_REPEAT_S: Final = 15.0
_FORGET_S: Final = 300.0


class _Address(Struct):
    asked_s: float
    """The start of the last probe, monotonic seconds."""
    seen_s: float
    """The last time at which a spool for this address was found, monotonic seconds."""
    silent_since_s: float | None = None
    """
    The start of the first probe that found no receiver; None if a receiver has answered since.
    """
    answered: bool | None = None
    """The result of the last probe; None while the probe runs."""


class OrphanClaims:
    """
    Probes the addresses of spools, each in a separate thread.

    With separate threads, a port that hangs delays no other probe.

    Args:
        installation: The installation whose receivers count; other programs prove nothing.
        host: The name of this machine; None asks the operating system.
    """

    def __init__(self, installation: SecretKey, host: str | None = None) -> None:
        self._installation = installation
        self._host = platform.node() if host is None else host
        self._addresses: dict[str, _Address] = {}

    def may_take(self, owner: Owner, now_s: float) -> bool:
        """
        Check whether a dead process's spool belongs to no other receiver.

        Args:
            owner: The process that the spool belongs to.
            now_s: The current time of the monotonic clock, seconds.

        Returns:
            True if the spool was addressed to this machine, and no receiver of this installation
            has answered there for `GRACE_S`. False while this is unknown.
        """
        if owner.host != self._host or not is_loopback_url(owner.url):
            return False
        address = self._addresses.get(owner.url)
        if address is None:
            address = self._addresses[owner.url] = _Address(now_s, now_s)
            self._ask(owner.url, address)
        address.seen_s = now_s
        self._note(address, now_s)
        if address.answered is not None:
            repeat_s = _ANSWERED_REPEAT_S if address.answered else _REPEAT_S
            if now_s - address.asked_s >= repeat_s:
                address.asked_s, address.answered = now_s, None
                self._ask(owner.url, address)
        return address.silent_since_s is not None and now_s - address.silent_since_s >= GRACE_S

    def forget(self, now_s: float) -> None:
        """
        Forget addresses without a spool for some minutes.

        Args:
            now_s: The current time of the monotonic clock, seconds.
        """
        self._addresses = {
            url: address
            for url, address in self._addresses.items()
            if now_s - address.seen_s < _FORGET_S
        }

    @staticmethod
    def _note(address: _Address, now_s: float) -> None:
        if address.answered:
            address.silent_since_s = None
        elif address.answered is False or now_s - address.asked_s > PROBE_TIMEOUT_S:
            # A port that accepts connections but never answers is not a receiver either.
            address.silent_since_s = address.silent_since_s or address.asked_s

    def _ask(self, url: str, address: _Address) -> None:
        def ask() -> None:
            destination = HttpDestination(url, self._installation, timeout_s=PROBE_TIMEOUT_S)
            address.answered = destination.verify()

        try:
            threading.Thread(target=ask, name="flightlog-probe", daemon=True).start()
        except RuntimeError:
            # Without a thread the result is unknown, so assume that a receiver answered, and probe
            # again.
            address.answered = True
