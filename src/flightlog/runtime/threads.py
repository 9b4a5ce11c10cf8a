"""Running what blocks, without keeping the process alive for it."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import Any


async def in_thread(function: Callable[[], Any]) -> Any:
    """
    Run a function in a thread that doesn't keep the process alive.

    Args:
        function: What to run, in the context of now; when it isn't waited for any more, it runs
            on to no effect.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def settle(value: Any, error: BaseException | None) -> None:
        if future.done():
            return
        if isinstance(error, (StopIteration, KeyboardInterrupt, SystemExit)):
            # A future can't hold the first, and the others would end the event loop.
            future.set_exception(_failure(error))
        elif error is None:
            future.set_result(value)
        else:
            future.set_exception(error)

    def work() -> None:
        value, failure = None, None
        try:
            value = context.run(function)
        except BaseException as error:  # noqa: BLE001 - it is the caller's
            failure = error
        # Whoever waited may be gone, and the loop with it.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, value, failure)

    threading.Thread(target=work, name="flightlog-node", daemon=True).start()
    return await future


def _failure(error: BaseException) -> RuntimeError:
    failure = RuntimeError(f"The code raised {type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure
