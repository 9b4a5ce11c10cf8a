"""
Define a plain workflow, run it if wanted, and print the names of all imported modules.

Usage: [run].
"""

from __future__ import annotations

import sys
from typing import Any

from flightlog.runtime import Node, Run, Workflow

workflow = Workflow("w", "W")


@workflow.node("a", "A", "pythonFunction")
async def a(node: Node) -> Any:
    return node.resolve("{{ input }}")


@workflow.steps
async def steps(run: Run) -> None:
    run.step(a)


if sys.argv[1:] == ["run"]:
    assert workflow.run(1).value == 1
print(*sys.modules)
