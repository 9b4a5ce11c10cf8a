"""Recording never ends a process at its memory limit, as in a container."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support.programs import run_program


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is set by Linux's RLIMIT_AS")
@pytest.mark.parametrize("step", [2_000, 300_000])
@pytest.mark.parametrize("kind", ["text", "texts", "dict", "bytes", "secrets", "sets", "escapes"])
def test_process_at_its_memory_limit_lives(kind: str, step: int, tmp_path: Path) -> None:
    """Encoding and redaction raise at most a MemoryError, and work again with free memory."""
    # Measuring the child's coverage would take the memory that the limit leaves.
    printed = run_program(
        "capture_encodes_at_the_memory_limit", tmp_path, kind, step, measured=False
    )
    assert printed == "lived True\n"
