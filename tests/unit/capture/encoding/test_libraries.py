"""Results of well-known libraries are readable JSON without private fields."""

from __future__ import annotations

import dataclasses
import json
from importlib import import_module

import attrs
import msgspec
import pydantic
import pytest

from flightlog.capture.encoding import encode_value

CHOICE = {"index": 0, "finish_reason": "stop", "logprobs": None}
COMPLETION = {
    "id": "c-1",
    "choices": [CHOICE | {"message": {"role": "assistant", "content": "Hello"}}],
    "created": 1,
    "model": "m",
    "object": "chat.completion",
}


@dataclasses.dataclass
class Order:
    """A dataclass with a private field and a cached attribute."""

    number: int = 7
    _token: str = "private"

    def __post_init__(self) -> None:
        self._cache = {"private": 1}


@attrs.define
class Item:
    """A class of attrs with a private field."""

    number: int = 7
    _token: str = "private"


class Line(msgspec.Struct):
    """A struct of msgspec with a private field."""

    number: int = 7
    _token: str = "private"


class Model(pydantic.BaseModel):
    """A model of pydantic with a private attribute."""

    number: int = 7
    _token: str = pydantic.PrivateAttr("private")


@pytest.mark.parametrize(
    "value", [Order(), Item(), Line(), Model()], ids=lambda value: type(value).__name__
)
def test_private_fields_are_not_recorded(value: object) -> None:
    """Only public fields are in the payload."""
    assert json.loads(encode_value(value, 10_000)) == {"number": 7}


# The providers' libraries take seconds to import, so only the process that runs these tests does.
@pytest.mark.parametrize("provider", ["openai", "groq"])
def test_completions_are_readable(provider: str) -> None:
    """The answer of a model is plain JSON with the library's own names, and nothing private."""
    kind = import_module(f"{provider}.types.chat").ChatCompletion
    found = json.loads(encode_value(kind.model_validate(COMPLETION), 10_000))
    assert found["choices"][0]["message"]["content"] == "Hello"
    assert "$flightlog" not in json.dumps(found)
    assert not [name for name in found if name.startswith("_")]


def test_messages_are_readable() -> None:
    """Messages of Anthropic and LangChain are plain JSON."""
    content = [{"type": "text", "text": "Hello"}]
    usage = {"input_tokens": 1, "output_tokens": 2}
    message = {"id": "m", "content": content, "model": "c", "role": "assistant", "usage": usage}
    kind = import_module("anthropic.types").Message
    found = json.loads(encode_value(kind.model_validate(message | {"type": "message"}), 10_000))
    assert (found["content"][0]["text"], found["usage"]["output_tokens"]) == ("Hello", 2)
    assert "$flightlog" not in json.dumps(found)
    messages = pytest.importorskip("langchain_core.messages")
    call = {"name": "search", "args": {"text": "x"}, "id": "1"}
    said = json.loads(encode_value([messages.AIMessage("Hi", tool_calls=[call])], 10_000))
    assert (said[0]["content"], said[0]["type"]) == ("Hi", "ai")
    assert said[0]["tool_calls"][0]["args"] == {"text": "x"}
