"""Payloads of every kind: large, nested, marked, pictures, markdown, and attacks on a page."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import Raw

from browser.runs import Run, payload
from flightlog.record.model import ExecutionError, Trigger, WorkflowExecution

GALLERY: Final = ("payload-gallery", "Payload gallery")
HUGE: Final = ("many-nodes", "Many nodes")

_PIXEL: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FABJADveWkH6oAAAA"
    "AElFTkSuQmCC"
)
_SVG: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
    '<script>window.__xss = "svg"</script><circle cx="20" cy="20" r="15" fill="teal"/></svg>'
)
MARKDOWN: Final = """# Weekly report

Revenue is **up 12 %**, see [the figures](https://example.com/figures).

| product | sold |
|---|---|
| Oak chair | 41 |
| Desk lamp | 17 |

- [x] checked
- [ ] sent

> "Never better", says `sales@example.com`

```python
def total(rows):
    return sum(row["sold"] for row in rows)
```

<script>window.__xss = "markdown"</script>
<img src=x onerror="window.__xss = 'markdown image'">
[click](javascript:window.__xss='link')
"""
XSS: Final = (
    "<script>window.__xss=1</script>",
    "<img src=x onerror=window.__xss=2>",
    "<svg/onload=window.__xss=3>",
    '"><img src=x onerror=window.__xss=4>',
    "javascript:window.__xss=5",
    "'-(window.__xss=6)-'",
    "</script><script>window.__xss=7</script>",
    "{{constructor.constructor('window.__xss=8')()}}",
    "${window.__xss=9}",
    "<iframe srcdoc='<script>parent.__xss=10</script>'></iframe>",
    '<a href="javascript:window.__xss=11">click</a>',
    "<math><mtext></mtext><style><img src=x onerror=window.__xss=12></style></math>",
    "data:text/html,<script>window.__xss=13</script>",
    "\u202egnp.exe\u2066",
    "<details open ontoggle=window.__xss=14>",
)
"""Texts that run a script on a page that treats the text as markup; each text sets `__xss`."""


def marks() -> dict[str, Any]:
    """
    Make marks for values that JSON can't hold.

    Returns:
        The marks by name.
    """
    return {
        "nan": {"$flightlog": "float", "value": "NaN"},
        "when": {"$flightlog": "datetime", "value": "2026-11-22T19:04:11+00:00"},
        "price": {"$flightlog": "decimal", "value": "1.10"},
        "image": {"$flightlog": "bytes", "base64": _PIXEL},
        "tags": {"$flightlog": "set", "items": ["a", "b"]},
        "pairs": {"$flightlog": "dict", "items": [[1, "a"], ["b", None]]},
        "cart": {"$flightlog": "object", "type": "shop.Cart", "value": "Cart(3 items)"},
        "body": {"$flightlog": "truncated", "value": "The beginning of a long", "size": 48_211},
        "rows": [1, 2, 3, {"$flightlog": "truncated", "more": 958}],
        "rest": {"a": 1, "$flightlog": {"$flightlog": "truncated", "more": 12}},
        "dropped": {"$flightlog": "dropped", "reason": "there was no room for it", "size": 4_096},
        "failed": {"$flightlog": "redaction_failed"},
        "self": {"$flightlog": "cycle", "up": 1},
        "stream": {"$flightlog": "stream", "count": 3, "complete": True, "value": ["a", "b", "c"]},
    }


def scalars() -> dict[str, Any]:
    """
    Make extreme scalar values, which a page must show unchanged.

    Returns:
        The values by name.
    """
    return {
        "null": None,
        "false": False,
        "zero": 0,
        "empty text": "",
        "empty list": [],
        "empty object": {},
        "big": 12345678901234567890123456789,
        "small": 1e-300,
        "text": "naïve café — 日本語 🛩️",
        "lines": "one\ntwo\n\tthree",
        "long": "lorem ipsum dolor " * 600,
        "a/b~c": {"": {" ": "odd keys"}},
        "url": "https://example.com/a?b=c#d",
        "date": "2026-11-22T19:04:11Z",
    }


def large(size_bytes: int) -> Raw:
    """
    Make a list of similar objects of about the given size.

    Args:
        size_bytes: The approximate size.

    Returns:
        The list's JSON.
    """
    row = (
        '{{"id":{0},"sku":"SKU-{0:07d}","title":"Oak chair number {0}","price":{1},'
        '"tags":["wood","oak"],"stock":{{"berlin":{2},"paris":{3}}},"note":null}}'
    )
    count = size_bytes // len(row.format(1_000_000, 42.5, 7, 9))
    rows = ",".join(
        row.format(number, number % 900 / 10, number % 13, number % 17) for number in range(count)
    )
    return Raw(f'{{"rows":[{rows}],"total":{count},"needle":"in the haystack"}}'.encode())


def nested(depth: int) -> Raw:
    """
    Make objects in lists in objects, to the given depth.

    Args:
        depth: The number of levels.

    Returns:
        The JSON.
    """
    return Raw(b'{"in":[' * (depth // 2) + b'"bottom"' + b"]}" * (depth // 2))


def gallery_run(started_at: datetime, large_bytes: int) -> WorkflowExecution:
    """
    Make an execution with a node for each kind of payload.

    Args:
        started_at: The start of the run.
        large_bytes: The size of the large output.

    Returns:
        The execution.
    """
    svg = "data:image/svg+xml;base64," + base64.b64encode(_SVG.encode()).decode()
    table = [
        {"id": number, "name": f"row {number}", "ok": number % 3 == 0, "more": {"n": number}}
        | ({"only": "here"} if number % 10 == 0 else {})
        for number in range(250)
    ]
    secret = {"user": "bob", "password": "[REDACTED:3f9a1c0b7d24]", "token": "[REDACTED:9f2c]"}
    outputs: dict[str, Any] = {
        "scalars": scalars(),
        "marks": marks(),
        "secrets": secret,
        "table": table,
        "numbers": list(range(5_000)),
        "matrix": [[row * 10 + column for column in range(10)] for row in range(40)],
        "markdown": MARKDOWN,
        "html": {"contentType": "text/html", "body": "<h1>Hello</h1><script>__xss='html'</script>"},
        "image": {"picture": f"data:image/png;base64,{_PIXEL}", "vector": svg},
        "nested": nested(120),
        "text": "A plain text.",
        "none": None,
        "xss": {text: text for text in XSS},
        "large": large(large_bytes),
    }
    trigger = Trigger(type="manual", data=payload({"gallery": True, **secret}), is_simulated=True)
    run = Run("gallery", GALLERY, started_at, trigger=trigger, execution_mode="test")
    for name, value in outputs.items():
        run.node(
            (name, name.capitalize(), "pythonFunction"), 20, given={"wanted": name}, returned=value
        )
    return run.record(tags={"kind": "gallery"})


def xss_runs(started_at: datetime) -> list[WorkflowExecution]:
    """
    Make executions with an attack in every text field.

    Args:
        started_at: The start of the runs.

    Returns:
        The executions.
    """
    runs = []
    for number, text in enumerate(XSS):
        error = ExecutionError(
            message=f"{text}\n{text}", type=text, kind=text, node_id=text, stack=f"{text}\n{text}"
        )
        clean = "".join(character for character in text if character.isprintable())
        run = Run(
            f"xss-{number} {clean}"[:128],
            (f"xss {text}", f"Attack {text}"),
            started_at - timedelta(seconds=number),
            trigger=Trigger(type=text, data=payload({text: text})),
            project_id=text,
        )
        run.node((text, text, text), 5, given={text: [text]}, returned=text)
        run.node(
            (text, text, text), 5, given=text, returned={text: text}, status="error", error=error
        )
        runs.append(run.record("error", error=error, tags={text: text}, retry_of=text))
    return runs


def many_nodes_run(started_at: datetime, count: int) -> WorkflowExecution:
    """
    Make an execution of many nodes: batches of twenty in parallel; one node in 400 fails.

    Args:
        started_at: The start of the run.
        count: The number of nodes.

    Returns:
        The execution.
    """
    run = Run(f"nodes-{count}", HUGE, started_at)
    value = json.loads(json.dumps({"batch": 0, "rows": list(range(20))}))
    for number in range(count):
        failed = number % 400 == 399
        error = ExecutionError(message=f"Row {number} is odd", type="ValueError")
        run.node(
            (f"step-{number % 250}", f"Step {number % 250}", "pythonFunction"),
            15 + number % 30,
            at_ms=run.now_ms,
            given={**value, "batch": number},
            returned={"sum": number},
            status="error" if failed else "success",
            error=error if failed else None,
        )
        if number % 20 == 19:
            run.now_ms += 50
    return run.record()
