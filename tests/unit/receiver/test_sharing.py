from __future__ import annotations

from pathlib import Path

import httpx

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from support.records import record


def test_a_run_is_served_as_an_attachment(client: httpx.Client, logger: ExecutionLogger) -> None:
    """The page is a file, and no browser runs it as a page of the receiver."""
    logger.log_executions([record("shared/1", trigger={"type": "http", "data": "<script>"})])
    answer = client.get("/api/executions/shared%2F1/share")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    name = answer.headers["content-disposition"]
    assert name == 'attachment; filename="flightlog-shared_1.html"'
    assert "&lt;script&gt;" in answer.text
    assert "<script" not in answer.text
    assert client.get("/api/executions/missing/share").json()["code"] == "not_found"


def test_the_receivers_rules_redact_once_more(tmp_path: Path) -> None:
    """A value of a key that the receiver's settings name is not in the file."""
    settings = ReceiverSettings(port=0, redact_keys=("orderId",))
    with (
        ExecutionLogger(tmp_path / "executions.db") as logger,
        Receiver(logger, settings).running() as receiver,
        httpx.Client(base_url=receiver.url, timeout=60) as client,
    ):
        logger.log_executions([record("r", trigger={"type": "http", "data": {"orderId": 70707}})])
        page = client.get("/api/executions/r/share").text
    assert "70707" not in page
    assert "REDACTED" in page
