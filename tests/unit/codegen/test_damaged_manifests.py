from __future__ import annotations

import contextlib
import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flightlog.codegen import generate, manifest_from
from flightlog.errors import InvalidManifestError
from support.examples import examples
from support.manifests import chain, code, edge, http, manifest, node, workflow

EXAMPLES = Path(__file__).parents[3] / "examples"
FORMS = {
    "start": node("httpEndpoint", path="/api/chat", method="POST"),
    "ask": node("groqCompletion", prompt="{{message}}", apiKey="gsk_0", maxTokens=5, stream=True),
    "fill": node("promptTemplate", template="{{ a }}", variables='{"a": 1}'),
    "route": node("llmRouter", routingStrategy="cost", models='["gpt-4"]', fallbackModel="gpt-4"),
    "check": node("condition", condition='{{input.status}} == "active"'),
    "fork": node("parallel", failureStrategy="continue", maxConcurrency=2),
    "edit": node("editFields", operations='[{"field": "a", "value": "{{now}}"}]'),
    "query": node("postgresQuery", connectionString="postgres://x", query="{{ a }}", params="{}"),
    "embed": node("embeddingGenerate", provider="Voyage", text="t"),
    "note": node("log", level="warning", includeInput=True),
}
MANIFESTS = [
    manifest({"w": workflow(FORMS, chain(*FORMS), http("/api/New Workflow"))}),
    json.loads((EXAMPLES / "order-intake.json").read_text(encoding="utf-8")),
    manifest(
        {
            "w": workflow(
                {
                    "start": node("httpEndpoint"),
                    "call": node(
                        "httpRequest",
                        "Call",
                        {
                            "retries": 1,
                            "cache": {"enabled": True, "ttl": 5, "key": "{{ input.a }}"},
                            "onError": "fallback",
                            "fallbackValue": {"type": "static", "value": "{{"},
                            "pinnedData": {"enabled": True, "data": 1},
                        },
                        method="POST",
                        url="{{ env.URL }}",
                        headers={"a": {"type": "expression", "expression": "secrets.KEY"}},
                    ),
                    "both": node("parallel", mode="race", children=["a", "b"]),
                    "a": node("delay", ms=1),
                    "b": node("loop", items="{{ input.items }}", children=["c"]),
                    "c": code("return input"),
                    "s": node(
                        "switch",
                        value="{{ input.a }}",
                        cases=[{"value": 1, "target": "out"}],
                        default="ask",
                    ),
                    "out": node("earlyReturn", value={"a": None}),
                    "ask": node(
                        "llmRouter",
                        routes=[{"condition": "{{ true }}", "provider": "groq", "model": "m"}],
                        fallback={"provider": "openai", "model": "m"},
                        messages=[{"role": "user", "content": "{{ global.g }}"}],
                    ),
                    "e": node("embeddingGenerate", provider="openai", model="m", input="x"),
                    "p": node(
                        "promptTemplate",
                        messages=[{"role": "user", "content": "{{ v }}"}],
                        variables={"v": 1},
                    ),
                },
                [
                    *chain("start", "call", "both", "s"),
                    edge("ask", "e", condition="{{ nodes.call.output }}"),
                    edge("e", "p"),
                ],
                http(
                    "/w",
                    authentication={"type": "bearer", "secret": "KEY"},
                    validation={"body": {"type": "object"}},
                ),
                input={"a": {"type": "number"}},
                output={"type": "stream", "format": "sse"},
                executionConfig={"timeout": 5, "retryBackoff": "linear"},
            )
        },
        secrets={"KEY": {"required": True}},
        globalVariables={"g": 1},
    ),
]

junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["{{", "{{ x", "{{ 1 }}", "call", "both", "w", "httpRequest", "condition"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=4,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """List every container in a value, with each of its keys or positions."""
    if isinstance(value, dict):
        return [(value, key) for key in value] + [
            place for item in value.values() for place in places(item)
        ]
    if isinstance(value, list):
        return [(value, number) for number in range(len(value))] + [
            place for item in value for place in places(item)
        ]
    return []


@settings(max_examples=examples(250))
@given(st.sampled_from(MANIFESTS), st.data())
def test_a_damaged_manifest_is_generated_or_refused(whole: Any, data: st.DataObject) -> None:
    """Damage at any place gives valid code or a refusal, never another exception."""
    damaged = copy.deepcopy(whole)
    for _ in range(data.draw(st.integers(1, 2))):
        holder, key = data.draw(st.sampled_from(places(damaged)))
        if data.draw(st.booleans()):
            holder[key] = data.draw(junk)
        else:
            del holder[key]
    with contextlib.suppress(InvalidManifestError):
        generate(manifest_from(damaged))
