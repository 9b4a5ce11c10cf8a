"""The ASGI types of the receiver's own applications, and a function that sends a whole answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from flightlog.receiver.problems import Answer

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


async def send_answer(send: Send, answer: Answer, *, last: bool = True) -> None:
    """
    Send an answer.

    Args:
        send: The request's ASGI channel for answers.
        answer: The answer.
        last: False keeps the exchange open after the whole body; an empty body must end it later.
    """
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": not last})
