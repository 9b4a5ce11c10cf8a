"""The fields of queries: one table for the parser, its errors and docs/inspect/query.md."""

from __future__ import annotations

from difflib import get_close_matches
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from msgspec import Struct

Kind: TypeAlias = Literal[
    "words", "text", "part", "start", "choice", "duration", "number", "time", "payload"
]
"""
How a field's values are compared: free text, whole text, a part of a text, the beginning of a text,
one of several words, a length of time, a number, a time, or JSON.
"""
ORDERED: Final[frozenset[Kind]] = frozenset(("duration", "number", "time"))
"""The kinds whose values are only compared by order."""


class Field(Struct, frozen=True, kw_only=True):
    """A field of queries."""

    name: str
    """The name before the colon."""
    kind: Kind
    """How values are compared."""
    meaning: str
    """The meaning in one sentence, for docs and completion."""
    example: str
    """A query with the field."""
    choices: tuple[str, ...] = ()
    """The possible values of a choice."""
    known_values: tuple[str, ...] = ()
    """Frequent values of a field that takes any text."""
    of_node: bool = False
    """Whether the field belongs to a node execution."""
    takes_path: bool = False
    """Whether a path may follow the name."""
    stands_for: str | None = None
    """The comparison that a short form stands for, e.g. `started:>=`."""

    @property
    def reads_payloads(self) -> bool:
        """Whether payloads must be read for the field; tags are stored apart from payloads."""
        return self.kind == "words" or (self.kind == "payload" and self.name != "tag")


_FIELDS: Final = (
    Field(
        name="text",
        kind="words",
        meaning="Free text, the same as without a field: the beginning of the id, a part of a name "
        "or an error, and whole words in payloads, logs and tags.",
        example='text:"card declined"',
    ),
    Field(
        name="id",
        kind="start",
        meaning="The beginning of the execution's id.",
        example="id:0193a7",
    ),
    Field(
        name="workflow",
        kind="text",
        meaning="The workflow's name or id.",
        example='workflow:"Order intake"',
    ),
    Field(
        name="name",
        kind="text",
        meaning="The run's own name.",
        example='name:"POST /orders*"',
    ),
    Field(
        name="project",
        kind="text",
        meaning="The project's id.",
        example="project:shop",
    ),
    Field(
        name="status",
        kind="choice",
        choices=("running", "success", "error", "crashed"),
        meaning="The status; `error` includes crashed executions.",
        example="status:(error,running)",
    ),
    Field(
        name="is",
        kind="choice",
        choices=("crashed", "starred", "running", "failed", "simulated", "retry", "child"),
        meaning="A property of the execution.",
        example="is:starred",
    ),
    Field(
        name="mode",
        kind="choice",
        choices=("test", "production"),
        meaning="The mode of the execution.",
        example="mode:production",
    ),
    Field(
        name="started",
        kind="time",
        meaning="The start of the execution.",
        example="started:2026-11-01..2026-11-05",
    ),
    Field(
        name="after",
        kind="time",
        meaning="Short for `started:>=`.",
        example="after:-7d",
        stands_for=">=",
    ),
    Field(
        name="since",
        kind="time",
        meaning="Short for `started:>=`.",
        example="since:yesterday",
        stands_for=">=",
    ),
    Field(
        name="before",
        kind="time",
        meaning="Short for `started:<`.",
        example="before:2026-11-05",
        stands_for="<",
    ),
    Field(
        name="ended",
        kind="time",
        meaning="The end of the execution.",
        example="ended:today",
    ),
    Field(
        name="duration",
        kind="duration",
        meaning="How long the execution took.",
        example="duration:>2s",
    ),
    Field(
        name="error",
        kind="part",
        meaning="A part of the error's message, of the execution or of a node.",
        example='error:"timed out"',
    ),
    Field(
        name="error.kind",
        kind="text",
        meaning="The kind of the execution's error: `exception`, `timeout`, `canceled`, `crashed`.",
        example="error.kind:timeout",
        known_values=("exception", "timeout", "canceled", "crashed"),
    ),
    Field(
        name="error.type",
        kind="part",
        meaning="A part of the name of the exception's class.",
        example="error.type:ConnectionError",
    ),
    Field(
        name="error.node",
        kind="text",
        meaning="The id of the node at which the execution failed.",
        example="error.node:charge",
    ),
    Field(
        name="node",
        kind="text",
        meaning="The name or id of a node that ran. Terms about inputs, outputs and logs beside "
        "this term mean that node.",
        example="node:Charge output.status:>=500",
        of_node=True,
    ),
    Field(
        name="node.type",
        kind="text",
        meaning="The type of a node that ran.",
        example="node.type:httpRequest",
        of_node=True,
    ),
    Field(
        name="node.status",
        kind="choice",
        choices=("pending", "running", "success", "error", "skipped"),
        meaning="The status of a node execution.",
        example="node:Charge node.status:skipped",
        of_node=True,
    ),
    Field(
        name="node.duration",
        kind="duration",
        meaning="How long a node execution took.",
        example="node.duration:>500ms",
        of_node=True,
    ),
    Field(
        name="tag",
        kind="payload",
        meaning="A tag's value, or a value of the tag that is named after the point.",
        example="tag.customer:acme",
        takes_path=True,
    ),
    Field(
        name="model",
        kind="text",
        meaning="The name of a language model that was called.",
        example="model:gpt-5*",
    ),
    Field(
        name="tokens",
        kind="number",
        meaning="The tokens of all calls of language models, input and output, also as `12k` or "
        "`1.5M`.",
        example="tokens:>10k",
    ),
    Field(
        name="cost",
        kind="number",
        meaning="The known cost of all calls of language models, US dollars, by today's prices.",
        example="cost:>0.05",
    ),
    Field(
        name="trigger.type",
        kind="text",
        meaning="The type of the trigger.",
        example="trigger.type:http",
    ),
    Field(
        name="parent",
        kind="text",
        meaning="The id of the execution that started this one.",
        example="parent:0193a7*",
    ),
    Field(
        name="retry",
        kind="text",
        meaning="The id of the execution that this one repeats.",
        example="retry:0193a7*",
    ),
    Field(
        name="trigger",
        kind="payload",
        meaning="A value in the trigger's data.",
        example="trigger.body.email:jane@example.com",
        takes_path=True,
    ),
    Field(
        name="input",
        kind="payload",
        meaning="A value in a node's input.",
        example="input.orderId:7021",
        of_node=True,
        takes_path=True,
    ),
    Field(
        name="output",
        kind="payload",
        meaning="A value in a node's output.",
        example="output.items[].sku:A-17",
        of_node=True,
        takes_path=True,
    ),
    Field(
        name="logs",
        kind="payload",
        meaning="A value in a node's log records.",
        example='logs.message:~"declined by"',
        of_node=True,
        takes_path=True,
    ),
    Field(
        name="any",
        kind="payload",
        meaning="A value in the trigger's data, an input or an output, at any depth.",
        example="any.customerId:7021",
        takes_path=True,
    ),
)
FIELDS: Final = MappingProxyType({field.name: field for field in _FIELDS})
"""The fields by name."""

_SYNONYMS: Final = MappingProxyType(
    {
        "failed": "error",
        "failure": "error",
        "fail": "error",
        "ok": "success",
        "succeeded": "success",
        "completed": "success",
        "done": "success",
        "active": "running",
        "prod": "production",
        "state": "status",
        "took": "duration",
        "until": "before",
        "tags": "tag",
        "kind": "error.kind",
        "flow": "workflow",
        "step": "node",
        "star": "starred",
        "price": "cost",
        "usd": "cost",
        "llm": "model",
        "favorite": "starred",
    }
)


def suggest(word: str, known: tuple[str, ...]) -> str | None:
    """
    Find the known word that was probably meant.

    Args:
        word: The word that is not known.
        known: The known words.

    Returns:
        The known word; None if none is similar.
    """
    meant = _SYNONYMS.get(word.lower())
    if meant in known:
        return meant
    return next(iter(get_close_matches(word.lower(), known, n=1, cutoff=0.6)), None)
