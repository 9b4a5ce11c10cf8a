"""
The types of nodes: the config of each type, and the runtime function that runs it.

An unknown type is refused. A type that the editor has without a config is refused by name.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from msgspec import UNSET, Struct, UnsetType

from flightlog.runtime.libraries import REQUIREMENTS

Maybe = Any | UnsetType


class Config(Struct, frozen=True, kw_only=True, rename="camel"):
    """A node's config; `values` defines the allowed values, unless a field's type is stricter."""


class Completion(Config, frozen=True):
    """A language model's answer."""

    model: Any
    messages: Maybe = UNSET
    system_prompt: Maybe = UNSET
    max_tokens: Maybe = UNSET
    temperature: Maybe = UNSET
    streaming: Maybe = UNSET
    tools: Maybe = UNSET
    api_key: Maybe = UNSET


class FunctionCompletion(Completion, frozen=True):
    """A language model's answer, from a provider of OpenAI's protocol."""

    functions: Maybe = UNSET
    response_format: Maybe = UNSET


class Embedding(Config, frozen=True):
    """Embeddings of texts."""

    provider: Literal["openai", "voyage"]
    model: Any
    input: Maybe = UNSET
    dimensions: Maybe = UNSET
    batch_size: Maybe = UNSET
    api_key: Maybe = UNSET


class PromptTemplate(Config, frozen=True):
    """Messages made from a template."""

    messages: Any
    system: Maybe = UNSET
    variables: Maybe = UNSET


class Route(Struct, frozen=True, kw_only=True):
    """A route of a router."""

    condition: str | dict[str, Any]
    provider: Literal["anthropic", "openai", "groq"]
    model: Any
    reason: str | UnsetType = UNSET


class Fallback(Struct, frozen=True, kw_only=True):
    """A model without a condition: one of a router's models, or its fallback."""

    provider: Literal["anthropic", "openai", "groq"]
    model: Any


class LlmRouter(Config, frozen=True, rename=None):
    """A language model chosen by conditions."""

    messages: Maybe = UNSET
    strategy: str | UnsetType = UNSET
    routes: list[Route] = []
    models: list[Fallback] = []
    fallback: Fallback | UnsetType = UNSET
    system: Maybe = UNSET
    max_tokens: Maybe = UNSET
    temperature: Maybe = UNSET
    response_format: Maybe = UNSET
    streaming: Maybe = UNSET


class HttpRequest(Config, frozen=True):
    """A request over HTTP."""

    method: Any
    url: Any
    headers: Maybe = UNSET
    query: Maybe = UNSET
    body: Maybe = UNSET
    timeout: Maybe = UNSET


class PostgresQuery(Config, frozen=True):
    """A statement for PostgreSQL."""

    query: Any
    params: Maybe = UNSET
    transaction: Maybe = UNSET
    connection_string: Maybe = UNSET
    timeout: float | None = None
    """Seconds, as the editor's form says."""


class Condition(Config, frozen=True):
    """A choice between two handles."""

    expression: str | dict[str, Any]
    true_target: str | None = None
    false_target: str | None = None
    description: str | None = None
    lenient: bool = False
    """Whether a missing value is null, as in the editor's form."""


class Case(Struct, frozen=True, kw_only=True):
    """One case of a switch."""

    value: Any
    target: str | None = None


class Switch(Config, frozen=True):
    """A choice between several handles."""

    value: Any
    cases: list[Case] = []
    default: str | None = None


class Parallel(Config, frozen=True):
    """Nodes that run concurrently."""

    children: list[str]
    """The nodes that run concurrently; the editor's form draws edges to them instead."""
    mode: Literal["all", "race", "allSettled"] = "all"
    timeout: float | None = None
    failure_strategy: Literal["fail_all", "continue", "partial"] = "fail_all"


class Loop(Config, frozen=True):
    """Nodes that run for each item."""

    items: Any
    children: list[str]
    max_concurrency: int | None = None


class Delay(Config, frozen=True):
    """A pause."""

    ms: Any


class EditFields(Config, frozen=True):
    """Fields set in the incoming data."""

    fields: Any
    mode: Literal["merge", "replace"] | UnsetType = UNSET


class PythonFunction(Config, frozen=True):
    """The author's own code."""

    code: str


class Log(Config, frozen=True):
    """A line for the log."""

    message: Any
    level: Literal["debug", "info", "warn", "error", "critical"] = "info"
    data: Maybe = UNSET
    include_input: bool = False


class EarlyReturn(Config, frozen=True):
    """The end of the run, with a result."""

    value: Any = None


class Validate(Config, frozen=True):
    """A validation with JSON Schema."""

    schema: dict[str, Any]


class Call(Struct, frozen=True):
    """A function of the runtime that runs a node."""

    module: str
    """The function's module."""
    function: str
    """The function's name."""


class NodeType(Struct, frozen=True):
    """A type of nodes."""

    config: type[Config]
    """The class of the type's config."""
    call: Call | None = None
    """The function that runs the node; None when `statements` writes the node's code."""
    sdk: str | None = None
    """The provider library that the type needs."""


def _make_call(module: str, function: str) -> Call:
    return Call(f"flightlog.runtime.nodes.{module}", function)


ROUTER: Final = _make_call("router", "llm_router")
EMBEDDINGS: Final = {
    "openai": (_make_call("openai", "openai_embedding"), "openai"),
    "voyage": (_make_call("voyage", "voyage_embedding"), "voyageai"),
}

KINDS: Final[dict[str, NodeType]] = {
    "anthropicCompletion": NodeType(
        Completion, _make_call("anthropic", "anthropic_completion"), "anthropic"
    ),
    "openaiCompletion": NodeType(
        FunctionCompletion, _make_call("openai", "openai_completion"), "openai"
    ),
    "groqCompletion": NodeType(FunctionCompletion, _make_call("groq", "groq_completion"), "groq"),
    "embeddingGenerate": NodeType(Embedding),
    "promptTemplate": NodeType(PromptTemplate, _make_call("prompts", "prompt_template")),
    "llmRouter": NodeType(LlmRouter, ROUTER),
    "httpRequest": NodeType(HttpRequest, _make_call("http", "http_request")),
    "postgresQuery": NodeType(PostgresQuery, _make_call("postgres", "postgres_query"), "psycopg"),
    "condition": NodeType(Condition),
    "switch": NodeType(Switch),
    "parallel": NodeType(Parallel),
    "loop": NodeType(Loop),
    "delay": NodeType(Delay),
    "editFields": NodeType(EditFields, _make_call("data", "edit_fields")),
    "pythonFunction": NodeType(PythonFunction),
    "log": NodeType(Log),
    "earlyReturn": NodeType(EarlyReturn),
    "validate": NodeType(Validate, _make_call("data", "validate")),
}

_STREAMED: Final = "set the workflow's output to a stream, and `stream` of the model's node"
_OVER_HTTP: Final = "use an httpRequest node with the service's HTTP API"
NAMED_ONLY: Final = {
    "azureOpenaiCompletion": "use an openaiCompletion node and set OPENAI_BASE_URL",
    "agenticToolCall": "use a completion node with `tools`, and a pythonFunction node",
    "qdrantSearch": _OVER_HTTP,
    "qdrantUpsert": _OVER_HTTP,
    "qdrantScroll": _OVER_HTTP,
    "qdrantPayload": _OVER_HTTP,
    "directusQuery": _OVER_HTTP,
    "graphqlQuery": _OVER_HTTP,
    "graphqlMutation": _OVER_HTTP,
    "redisOperation": "use a pythonFunction node, or the node's own `cache`",
    "gmailOperation": _OVER_HTTP,
    "webhookSend": "use an httpRequest node with the method POST",
    "aggregate": "lead several edges to one node: it gets their outputs by node id",
    "javascriptFunction": "use a pythonFunction node",
    "jsonTransform": "use a pythonFunction or an editFields node",
    "mapArray": "use a loop, or a pythonFunction node",
    "filterArray": "use a pythonFunction node",
    "reduceArray": "use a pythonFunction node",
    "splitArray": "use a pythonFunction node",
    "streamStart": _STREAMED,
    "streamChunk": _STREAMED,
    "streamEnd": _STREAMED,
    "streamMerge": _STREAMED,
    "streamBuffer": _STREAMED,
    "cryptoGenerate": "use an expression with `uuid()` or `hash(…)`",
    "executionData": "use an expression with `execution.id` or `execution.timestamp`",
    "globalVariable": "use an expression with `global.NAME`",
    "metrics": "use a log node; each run's durations are recorded anyway",
    "rateLimit": "let a proxy before the workflow limit the rate",
    "errorHandler": "use the node's own `onError`",
    "retry": "use the node's own `retries`",
}
"""Types of the editor's palette that its generator can't generate either, with replacements."""

TRIGGERS: Final = {"httpEndpoint", "scheduledTask", "webhookReceiver", "manual"}
REFUSED_TRIGGERS: Final = {
    "subworkflowTrigger": "let an httpRequest node call an httpEndpoint",
    "websocketEndpoint": "use an httpEndpoint; a stream answers as `sse` or `ndjson`",
    "queueConsumer": "let the queue call an httpEndpoint or a webhookReceiver",
}
"""Triggers that Flightlog doesn't generate, with their replacements."""

SDKS: Final = REQUIREMENTS
"""The requirement line of each provider library."""

KEYS: Final = {
    "anthropicCompletion": "ANTHROPIC_API_KEY",
    "openaiCompletion": "OPENAI_API_KEY",
    "groqCompletion": "GROQ_API_KEY",
    "openai": "OPENAI_API_KEY",
    "voyage": "VOYAGE_API_KEY",
    "postgresQuery": "DATABASE_URL",
}
"""The environment variable with the key, by the type of node, or by an embedding's provider."""
