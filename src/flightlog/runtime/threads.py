"""Runs blocking functions in threads that don't keep the process alive."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import Any


async def run_in_thread(function: Callable[[], Any]) -> Any:
    """
    Run a function in a daemon thread, which doesn't keep the process alive.

    Args:
        function: The function, called in a copy of the current context. When the caller is
            canceled, the function continues, but its result is discarded.

    Returns:
        The function's result.

    Raises:
        Exception: The function raised this exception.
        RuntimeError: The function raised `StopIteration`, `KeyboardInterrupt` or `SystemExit`.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def settle(value: Any, error: BaseException | None) -> None:
        if future.done():
            return
        if isinstance(error, (StopIteration, KeyboardInterrupt, SystemExit)):
            # A future can't hold `StopIteration`, and the other two would end the event loop.
            future.set_exception(_make_failure(error))
        elif error is None:
            future.set_result(value)
        else:
            future.set_exception(error)

    def work() -> None:
        value, failure = None, None
        try:
            value = context.run(function)
        except BaseException as error:  # noqa: BLE001 - the caller gets the exception
            failure = error
        # The caller may have been canceled, and the event loop may be closed.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, value, failure)

    threading.Thread(target=work, name="flightlog-node", daemon=True).start()
    return await future


def _make_failure(error: BaseException) -> RuntimeError:
    failure = RuntimeError(f"The code raised {type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure
