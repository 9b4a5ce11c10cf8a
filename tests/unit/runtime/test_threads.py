from __future__ import annotations

import asyncio
from typing import Any

from support.workflows import History, chain, node


def test_a_body_runs_in_a_thread_unless_it_is_a_coroutine(history: History) -> None:
    """Both kinds of functions get the incoming data, and a generator's items become a list."""
    workflow = history.workflow()

    def plain_body(given: Any) -> Any:
        return given + 1

    async def coroutine_body(given: Any) -> Any:
        await asyncio.sleep(0)
        return given * 2

    def generator_body(given: Any) -> Any:
        yield given
        yield "end"

    chain(
        workflow,
        node(workflow, "a", lambda node: node.call(plain_body)),
        node(workflow, "b", lambda node: node.call(coroutine_body)),
        node(workflow, "c", lambda node: node.call(generator_body)),
    )
    assert workflow.run(3).value == [8, "end"]
