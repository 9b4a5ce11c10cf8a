"""
A server on loopback that speaks the protocols of Anthropic, OpenAI, Groq and Voyage.

The answer depends only on the request, so that workflows in other processes can be tested:

- The answer is `You said: …` and the user's last words; with `stream`, word by word.
- An API key that begins with `wrong` gets 401.
- A model whose name begins with `limited` gets 429, with `broken` 500, with `flaky` one 429.
- With tools, last words that begin with `call ` make the model call the first tool; with
  `functions`, the first function, in OpenAI's older form.
- A model whose name begins with `endless` streams one word, then waits for the client's end.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from support.servers import served

KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GROQ_API_KEY", "VOYAGE_API_KEY")
KEY = "llm-test-key-0123456789"
"""A key that is accepted."""
WRONG_KEY = "wrong-test-key-0123456789"
"""A key that is refused."""
ARGUMENTS = {"city": "Köln"}
"""The arguments of a requested tool call."""


class LlmServer:
    """The running server."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[dict[str, Any]] = []
        """Every request: `path`, `key`, `body`."""
        self.left = threading.Event()
        """Set when a client disconnects during an endless answer."""
        self._flaky: set[str] = set()

    def environment(self, key: str = KEY) -> dict[str, str]:
        """
        Make the environment with which a workflow calls this server.

        Args:
            key: The API key for every provider.

        Returns:
            The variables with their values.
        """
        return {
            **dict.fromkeys(KEYS, key),
            "ANTHROPIC_BASE_URL": self.url,
            "OPENAI_BASE_URL": f"{self.url}/openai/v1",
            "GROQ_BASE_URL": f"{self.url}/groq",
            "VOYAGE_BASE_URL": f"{self.url}/voyage/v1",
        }

    async def anthropic(self, request: Request) -> Response:
        """
        Answer `POST /v1/messages`.

        Args:
            request: The request.

        Returns:
            The answer.
        """
        body = json.loads(await request.body())
        if refusal := self._refusal(request, body):
            status, kind, message = refusal
            error = {"type": "error", "error": {"type": kind, "message": message}}
            return JSONResponse(error, status_code=status)
        if not body.get("stream"):
            return JSONResponse(_anthropic_message(body))
        events = _anthropic_events(body, self, request)
        return _sse(
            f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" async for event in events
        )

    async def chat(self, request: Request) -> Response:
        """
        Answer `POST …/chat/completions`.

        Args:
            request: The request.

        Returns:
            The answer.
        """
        body = json.loads(await request.body())
        if refusal := self._refusal(request, body):
            return _openai_error(*refusal)
        if not body.get("stream"):
            return JSONResponse(_completion(body))
        groq = request.url.path.startswith("/groq")
        chunks = _chunks(body, self, request, groq=groq)
        return _sse(f"data: {chunk}\n\n" async for chunk in chunks)

    async def embeddings(self, request: Request) -> Response:
        """
        Answer `POST …/embeddings`.

        Args:
            request: The request.

        Returns:
            The answer.
        """
        body = json.loads(await request.body())
        refusal = self._refusal(request, body)
        if refusal is None:
            return JSONResponse(_vectors(body))
        if request.url.path.startswith("/voyage"):
            return JSONResponse({"detail": refusal[2]}, status_code=refusal[0])
        return _openai_error(*refusal)

    def _refusal(self, request: Request, body: dict[str, Any]) -> tuple[int, str, str] | None:
        path, key = request.url.path, _key(request)
        self.requests.append({"path": path, "key": key, "body": body})
        model = str(body.get("model", ""))
        if key.startswith("wrong"):
            return 401, "authentication_error", "invalid x-api-key"
        if model.startswith("flaky") and model not in self._flaky:
            self._flaky.add(model)
            return 429, "rate_limit_error", "Slow down, please."
        if model.startswith("limited"):
            return 429, "rate_limit_error", "Slow down, please."
        if model.startswith("broken"):
            return 500, "api_error", "Something broke."
        return None


@contextmanager
def llm_server() -> Iterator[LlmServer]:
    """
    Run the server while the context lasts.

    Yields:
        The server.
    """
    server = LlmServer()
    app = Starlette(
        routes=[
            Route("/v1/messages", server.anthropic, methods=["POST"]),
            Route("/openai/v1/chat/completions", server.chat, methods=["POST"]),
            Route("/groq/openai/v1/chat/completions", server.chat, methods=["POST"]),
            Route("/openai/v1/embeddings", server.embeddings, methods=["POST"]),
            Route("/voyage/v1/embeddings", server.embeddings, methods=["POST"]),
        ]
    )
    with served(app) as url:
        server.url = url
        yield server


def _key(request: Request) -> str:
    given = request.headers.get("x-api-key") or request.headers.get("authorization", "")
    return given.removeprefix("Bearer ")


def _openai_error(status: int, kind: str, message: str) -> Response:
    error = {"message": message, "type": kind, "param": None, "code": None}
    return JSONResponse({"error": error}, status_code=status)


def _sse(lines: AsyncIterator[str]) -> Response:
    return StreamingResponse(lines, media_type="text/event-stream")


def said(body: Mapping[str, Any]) -> str:
    """
    Make the answer's text for a request.

    Args:
        body: The request's body.

    Returns:
        The text of the answer.
    """
    words = body["messages"][-1]["content"]
    if not isinstance(words, str):
        words = " ".join(block.get("text", "") for block in words)
    return f"You said: {words}"


def _wants_tool(body: Mapping[str, Any]) -> bool:
    return bool(body.get("tools")) and said(body).startswith("You said: call ")


def _words(text: str) -> list[str]:
    first, *others = text.split(" ")
    return [first, *(f" {word}" for word in others)]


async def _until_gone(server: LlmServer, request: Request) -> None:
    try:
        while (await request.receive())["type"] != "http.disconnect":
            pass
    finally:
        server.left.set()


def _anthropic_message(body: Mapping[str, Any]) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": said(body)}]
    if _wants_tool(body):
        name = body["tools"][0]["name"]
        content.append({"type": "tool_use", "id": "toolu_1", "name": name, "input": ARGUMENTS})
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": content,
        "stop_reason": "tool_use" if _wants_tool(body) else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 7, "output_tokens": 11},
    }


async def _anthropic_events(
    body: Mapping[str, Any], server: LlmServer, request: Request
) -> AsyncIterator[dict[str, Any]]:
    whole = _anthropic_message(body)
    begun = {**whole, "content": [], "stop_reason": None}
    begun["usage"] = {"input_tokens": 7, "output_tokens": 1}
    yield {"type": "message_start", "message": begun}
    for index, block in enumerate(whole["content"]):
        is_text = block["type"] == "text"
        empty = {**block, "text": ""} if is_text else {**block, "input": {}}
        yield {"type": "content_block_start", "index": index, "content_block": empty}
        pieces = _words(block["text"]) if is_text else [json.dumps(block["input"])]
        for piece in pieces:
            delta = (
                {"type": "text_delta", "text": piece}
                if is_text
                else {"type": "input_json_delta", "partial_json": piece}
            )
            yield {"type": "content_block_delta", "index": index, "delta": delta}
            if body["model"].startswith("endless"):
                await _until_gone(server, request)
                return
        yield {"type": "content_block_stop", "index": index}
    ended = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": ended, "usage": {"output_tokens": 11}}
    yield {"type": "message_stop"}


def _usage() -> dict[str, int]:
    return {"prompt_tokens": 7, "completion_tokens": 11, "total_tokens": 18}


def _tool_call(body: Mapping[str, Any]) -> dict[str, Any]:
    name = body["tools"][0]["function"]["name"]
    function = {"name": name, "arguments": json.dumps(ARGUMENTS)}
    return {"id": "call_1", "type": "function", "function": function}


def _wants_function(body: Mapping[str, Any]) -> bool:
    return bool(body.get("functions")) and said(body).startswith("You said: call ")


def _completion(body: Mapping[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": said(body)}
    reason = "tool_calls" if _wants_tool(body) else "stop"
    if _wants_tool(body):
        message["tool_calls"] = [_tool_call(body)]
    if _wants_function(body):
        name, reason = body["functions"][0]["name"], "function_call"
        call = {"name": name, "arguments": json.dumps(ARGUMENTS)}
        message |= {"content": None, "function_call": call}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": reason, "logprobs": None}],
        "usage": _usage(),
    }


async def _chunks(
    body: Mapping[str, Any], server: LlmServer, request: Request, *, groq: bool
) -> AsyncIterator[str]:
    def chunk(delta: dict[str, Any], reason: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return json.dumps(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion.chunk",
                "created": 1_790_000_000,
                "model": body["model"],
                "choices": [choice],
                **more,
            }
        )

    yield chunk({"role": "assistant", "content": ""})
    if _wants_function(body):
        yield chunk({"function_call": {"name": body["functions"][0]["name"], "arguments": ""}})
        for part in re.findall(".{1,8}", json.dumps(ARGUMENTS)):
            yield chunk({"function_call": {"arguments": part}})
    for word in () if _wants_function(body) else _words(said(body)):
        yield chunk({"content": word})
        if body["model"].startswith("endless"):
            await _until_gone(server, request)
            return
    if _wants_tool(body):
        yield chunk({"tool_calls": [{"index": 0, **_tool_call(body)}]})
    reason = "tool_calls" if _wants_tool(body) else "stop"
    if groq:
        yield chunk({}, reason, x_groq={"id": "req_1", "usage": _usage()})
    else:
        yield chunk({}, reason)
        if (body.get("stream_options") or {}).get("include_usage"):
            yield json.dumps({**json.loads(chunk({})), "choices": [], "usage": _usage()})
    yield "[DONE]"


def _vectors(body: Mapping[str, Any]) -> dict[str, Any]:
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    size = body.get("dimensions") or body.get("output_dimension") or 3
    data = [
        {"object": "embedding", "index": index, "embedding": vector(text, size)}
        for index, text in enumerate(texts)
    ]
    tokens = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
    return {"object": "list", "data": data, "model": body["model"], "usage": tokens}


def vector(text: str, size: int = 3) -> list[float]:
    """
    Make a text's vector: its length, then repeatedly a half less.

    Args:
        text: The text.
        size: The number of dimensions.

    Returns:
        The vector.
    """
    return [len(text) - number / 2 for number in range(size)]
