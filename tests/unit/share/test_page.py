from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from datetime import UTC, datetime

from flightlog.record.model import WorkflowExecution
from flightlog.redaction import RedactionRules, Redactor
from flightlog.share import name_file, page, write_page
from support.records import record

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
REDACTOR = Redactor(b"key")
FAILURE = {
    "message": "card_declined: Your card was declined",
    "type": "CardDeclinedError",
    "nodeId": "charge",
    "stack": "Traceback\n  line 41",
}


def write(run: WorkflowExecution, redactor: Redactor = REDACTOR, **options: bool) -> str:
    """Write the page of a run."""
    return write_page(run, redactor, NOW, **options).decode()


def make_node(name: str, **fields: object) -> dict[str, object]:
    """Make a node execution."""
    return {"nodeId": name, "nodeName": name, "nodeType": "t", "status": "success", **fields}


def test_a_page_has_everything_of_a_run() -> None:
    """Facts, error, trigger, and each node's input, output, error and logs are on the page."""
    log = {
        "time": "2026-11-22T19:04:11.5Z",
        "level": "WARNING",
        "logger": "shop",
        "message": "slow",
    }
    run = record(
        "a run",
        status="error",
        error=FAILURE,
        tags={"shop": "berlin"},
        nodeExecutions=[
            make_node(
                "charge",
                status="error",
                error=FAILURE,
                input={"amount": 4200},
                output=[7],
                logs=[log],
            ),
        ],
    )
    text = re.sub("<[^>]*>", "", write(run))
    for part in (
        "a run",
        "Order intake",
        "✕ error",
        "1.5 s",
        "http",
        "shop=berlin",
        "22 Nov 2026 19:04:11.000 UTC",
        "CardDeclinedError: card_declined: Your card was declined",
        "line 41",
        "orderId",
        "amount",
        "4200",
        "[1] 7",
        "19:04:11.5",
        "WARNING shop: slow",
        "30 Nov 2026 12:00:00.000 UTC",
    ):
        assert part in text


def test_the_policy_allows_the_pages_own_style_alone() -> None:
    """The hash in the policy is that of the style sheet; nothing else can load or run."""
    html = write(record())
    style = re.search("<style>(.*?)</style>", html, re.DOTALL)
    policy = re.search('http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert style is not None
    assert policy is not None
    digest = b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy[1].replace("&#x27;", "'") == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    for refused in (
        "<script",
        "href=",
        "src=",
        "url(",
        "@import",
        " style=",
        "http://",
        "https://",
    ):
        assert refused not in html


def test_everything_is_redacted_by_the_rules_of_today() -> None:
    """A key that became secret after the run, and a token in any field, are not on the page."""
    token = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
    run = record(
        status="error",
        name=f"run {token}",
        error={"message": f"refused {token}", "stack": token},
        tags={"t": token},
        trigger={"type": "http", "data": {"badge": "visitor 7", "kept": "[REDACTED:9f2c44aa01be]"}},
        nodeExecutions=[make_node(f"n {token}", input={"x": token}, output=token)],
    )
    html = write(run, Redactor(b"key", RedactionRules(keys=("badge",))))
    # Redaction keeps ids, which no page of a node shows.
    assert token not in html
    assert "visitor 7" not in html
    assert "[REDACTED:9f2c44aa01be]" in html


def test_a_conversation_is_shown_and_redacted_when_joined() -> None:
    """A secret that is spread over the chunks of a stream is whole in the message, and removed."""
    token = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
    parts = ["Use <b>", token[:9], token[9:], " now"]
    chunks = [{"model": "m", "choices": [{"delta": {"content": part}}]} for part in parts]
    asked = {"messages": [{"role": "user", "content": "Which token?"}]}
    run = record(nodeExecutions=[make_node("ask", input=asked, output=chunks)])
    html = write(run)
    text = re.sub("<[^>]*>", "", html)
    assert "Conversation · m" in text
    assert '<div class="turn user"><b>user</b><pre>Which token?</pre></div>' in html
    assert '<div class="turn assistant"><b>assistant</b><pre>Use &lt;b&gt;' in html
    assert token not in text


def test_large_payloads_show_their_size() -> None:
    """A payload over the limit is not on the page."""
    big = "x" * (page.PAYLOAD_BYTES + 1)
    html = write(record(nodeExecutions=[make_node("big", output=big)]))
    assert "1.0 MB, too large for this file" in html
    assert big[:100] not in html


def test_failed_nodes_have_room_before_others() -> None:
    """The payloads of a run share a limit, which the nodes that failed take first."""
    size = page.RUN_BYTES // 10
    nodes = [make_node(f"n{number}", output=f"{number}" * size) for number in range(10)]
    nodes.append(make_node("last", status="error", output="the reason " + "z" * size))
    html = write(record(nodeExecutions=nodes, trigger=None))
    assert "the reason" in html
    assert html.count("too large for this file") >= 1
    assert len(html) < 3 * page.RUN_BYTES


def test_more_nodes_and_odd_names_are_said() -> None:
    """A page of the first nodes says so; a file name has harmless characters alone."""
    assert "1 node execution, the first of more" in re.sub(
        "<[^>]*>", "", write(record(), more_nodes=True)
    )
    assert name_file("../a b\n\u202e" + "x" * 200) == "flightlog-.._a_b_" + "x" * 73 + ".html"
