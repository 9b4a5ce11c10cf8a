"""Serve the calls of language models of an execution: conversations, tokens and costs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final
from urllib.parse import unquote

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from msgspec import Struct
from msgspec.structs import replace

from flightlog.errors import NotFoundError
from flightlog.models import (
    ModelCall,
    Price,
    UsageSum,
    choose_counted,
    list_limits,
    measure_call,
    read_node_call,
    sum_by_model,
    sum_usage,
)
from flightlog.receiver.filters import CHOSEN, Chosen
from flightlog.receiver.routing import MAX_NODES, MAX_OFFSET, Logger, NodesCursor, Prices, route
from flightlog.record.model import NodeExecution
from flightlog.store.query import NODE_CURSOR

_SEQUENCE: Final = QueryParameter(
    description="Only this node execution, with its conversation.",
    # Litestar leaves a limit of 0 out of the document where the parameter may be absent.
    schema_extra={"minimum": 0},
    ge=0,
    le=MAX_OFFSET,
)


class NodeModelCall(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The call of a model in a node execution."""

    sequence: int
    """The node execution."""
    node_id: str
    """The node."""
    call: ModelCall
    """The call; without `turns` if calls of the whole execution are read."""
    cost_usd: float | None = None
    """The cost in US dollars by the table of prices; absent if no price is known."""


class ModelCalls(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The calls of models in an execution."""

    calls: tuple[NodeModelCall, ...]
    """The calls in the order of their node executions."""
    input_tokens: int
    """The sum of the input tokens that are known; an answer of several nodes counts once."""
    output_tokens: int
    """The sum of the output tokens that are known."""
    cost_usd: float
    """The sum of the costs that are known, US dollars."""
    unpriced: int
    """The number of calls whose cost isn't known."""
    next_nodes_cursor: str | None = None
    """Continues with later node executions, whose calls aren't in the sums; absent at the end."""


class UsageAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The tokens and the cost of models' calls in many executions."""

    total: UsageSum | None = None
    """The sum; absent without calls."""
    models: tuple[UsageSum, ...] = ()
    """The sum of each model, the model with the most tokens first."""
    searched_to: str | None = None
    """
    The start time that the search reached, canonical time; absent if all executions were counted.
    """


@route(get, "/api/executions/{execution_id:str}/models", "not_found", "invalid_query")
def list_model_calls(
    logger: Logger,
    prices: Prices,
    execution_id: FromPath[str],
    sequence: Annotated[int | None, _SEQUENCE] = None,
    nodes_cursor: NodesCursor = None,
) -> ModelCalls:
    """Read the calls of language models in an execution, with tokens and costs."""
    if sequence is not None:
        # Begin at this node, because it may be far behind the first page.
        nodes_cursor = NODE_CURSOR.write(sequence, "")
    record = logger.reader.read_page(unquote(execution_id), MAX_NODES, nodes_cursor)
    if record is None:
        raise NotFoundError(unquote(execution_id))
    nodes = record.node_executions
    if sequence is not None:
        nodes = tuple(node for node in nodes if node.sequence == sequence)
    calls = tuple(_read_calls(nodes, prices, whole=sequence is not None))
    counted = choose_counted([each.call for each in calls])
    known = [each for each, counts in zip(calls, counted, strict=True) if counts]
    return ModelCalls(
        calls=calls,
        input_tokens=sum(each.call.input_tokens or 0 for each in known),
        output_tokens=sum(each.call.output_tokens or 0 for each in known),
        cost_usd=sum(each.cost_usd or 0.0 for each in known),
        unpriced=sum(each.cost_usd is None for each in known),
        next_nodes_cursor=record.next_nodes_cursor if sequence is None else None,
    )


@route(get, "/api/usage", "invalid_query", dependencies=CHOSEN)
def get_usage(logger: Logger, prices: Prices, chosen: Chosen) -> UsageAnswer:
    """Add up the tokens and the cost of models' calls, of the newest 20,000 executions."""
    found = logger.reader.sum_usage(chosen, list_limits(prices))
    return UsageAnswer(
        total=sum_usage(found.usages, prices),
        models=sum_by_model(found.usages, prices),
        searched_to=found.searched_to,
    )


MODEL_ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (list_model_calls, get_usage)


def _read_calls(
    nodes: Iterable[NodeExecution], prices: tuple[Price, ...], *, whole: bool
) -> Iterable[NodeModelCall]:
    for node in nodes:
        call = read_node_call(node)
        if call is None:
            continue
        yield NodeModelCall(
            sequence=node.sequence or 0,
            node_id=node.node_id,
            call=call if whole else replace(call, turns=()),
            cost_usd=measure_call(call).compute_cost(prices),
        )
