"""A fork waits for work that a forked child could not finish."""

from __future__ import annotations

import os

import pytest

from support.programs import run_program

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system can't fork")


def test_a_fork_waits_for_the_lock_and_leaves_it_free() -> None:
    """The child sees the other thread's work done, and both processes can take the lock."""
    assert run_program("fork_lock_holds").split() == ["waited", "interrupted", "free"]


def test_a_fork_does_not_wait_for_ever() -> None:
    """If the other thread waits for the one that forks, the child gets a lock of its own."""
    assert run_program("fork_lock_gives_up").split() == ["free"]
