"""Slow clients are disconnected and delay no honest request."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support.faults.slow import beside_slow_clients, serving

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="raises the limit of open files")


@pytest.mark.timeout(300)
def test_slow_clients_are_cut_and_honest_requests_answered(tmp_path: Path) -> None:
    """Beside 200 trickling connections every honest record succeeds, and all 200 are cut."""
    with serving(tmp_path, "--stall-timeout-s=2") as url:
        found = beside_slow_clients(url, clients=200, requests=30)
    assert found.failed == 0
    assert found.cut == 200
