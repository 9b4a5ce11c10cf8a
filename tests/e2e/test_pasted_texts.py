"""Anything that is pasted into the search box finds its run, without quotation marks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from support.records import record

# Each text, and the payload of its run; None is an object with the text as a value.
PASTED: list[tuple[str, Any]] = [
    # Identifiers.
    ("0193a7c2-7f3e-7b1a-9d55-3f2a8c6e1b04", "0193a7c2-7f3e-7b1a-9d55-3f2a8c6e1b04"),
    ("cus_NffrFeUfNV2Hib", {"customer": "cus_NffrFeUfNV2Hib"}),
    ("ORD-2026-000123", {"order": "ORD-2026-000123"}),
    ("01HZXA3R9V4W8K2N5Q7T6Y1B3C", "01HZXA3R9V4W8K2N5Q7T6Y1B3C"),
    ("#4711", {"ticket": "#4711"}),
    ("A/B/C-17", {"part": "A/B/C-17"}),
    ("arn:aws:s3:::bucket/key.json", "arn:aws:s3:::bucket/key.json"),
    ("urn:isbn:0451450523", "urn:isbn:0451450523"),
    ("sha256:9f86d081884c7d65", {"image": "sha256:9f86d081884c7d65"}),
    ("registry.example.com:5000/app:1.4.2", {"image": "registry.example.com:5000/app:1.4.2"}),
    ("user:7021:profile", {"key": "user:7021:profile"}),
    ("+49 30 901820", {"phone": "+49 30 901820"}),
    ("DE89 3704 0044 0532 0130 00", {"iban": "DE89 3704 0044 0532 0130 00"}),
    ("978-3-16-148410-0", {"isbn": "978-3-16-148410-0"}),
    ("12345678901234567890123", 12345678901234567890123),
    ("-17.25", {"balance": -17.25}),
    ("1e-7", {"rate": 1e-7}),
    ("$1,299.00", {"price": "$1,299.00"}),
    ("v2.14.0-rc.1+build.5", "v2.14.0-rc.1+build.5"),
    ("00:1B:44:11:3A:B7", {"mac": "00:1B:44:11:3A:B7"}),
    ("2001:db8::8a2e:370:7334", {"ip": "2001:db8::8a2e:370:7334"}),
    ("10.0.0.12:5432", {"peer": "10.0.0.12:5432"}),
    ("localhost:8080", {"host": "localhost:8080"}),
    ("db-1.internal:5432", {"host": "db-1.internal:5432"}),
    # Addresses and names.
    ("jane.doe+test@example.com", {"email": "jane.doe+test@example.com"}),
    ("Jane Doe <jane@example.org>", {"from": "Jane Doe <jane@example.org>"}),
    ("mailto:john@example.net", {"link": "mailto:john@example.net"}),
    ("@octocat", {"user": "@octocat"}),
    ("O'Brien", {"name": "O'Brien"}),
    ("Müller-Lüdenscheidt", {"name": "Müller-Lüdenscheidt"}),
    ("注文番号", {"label": "注文番号"}),
    ("заказ", {"label": "заказ"}),
    ("🚀 shipped", {"note": "🚀 shipped"}),
    # URLs and paths.
    ("https://example.com/orders/17", {"url": "https://example.com/orders/17"}),
    (
        "https://api.example.com:8443/v1/a?b=c&d=%20e#f",
        {"url": "https://api.example.com:8443/v1/a?b=c&d=%20e#f"},
    ),
    ("http://[::1]:3000/x", {"url": "http://[::1]:3000/x"}),
    ("s3://bucket/2026/11/22.parquet", {"uri": "s3://bucket/2026/11/22.parquet"}),
    ("postgres://app@db:5432/shop", {"dsn": "postgres://app@db:5432/shop"}),
    ("www.example.com/a_(b)", {"url": "www.example.com/a_(b)"}),
    ("/var/log/app/error.log", {"file": "/var/log/app/error.log"}),
    (r"C:\Users\jane\orders.csv", {"file": r"C:\Users\jane\orders.csv"}),
    ("src/app/charge.py:42", {"at": "src/app/charge.py:42"}),
    ("~/orders.csv", {"file": "~/orders.csv"}),
    # JSON and code.
    ('"sku": "A-17"', {"item": {"sku": "A-17"}}),
    ('"amount": 4200,', {"amount": 4200}),
    ('{"sku": "B-18", "n": 2}', {"items": [{"sku": "B-18", "n": 2, "more": True}]}),
    ('["alpha", 1, null]', {"list": ["alpha", 1, None]}),
    ('"nested": {"a": [1, 2]}', {"nested": {"a": [1, 2], "b": 3}}),
    ('"paid": false', {"paid": False}),
    ("null", {"nothing": None}),
    ("order['items'][0]", {"code": "order['items'][0]"}),
    ("lambda x: x + 1", {"code": "lambda x: x + 1"}),
    ("SELECT * FROM orders WHERE id = 17;", {"sql": "SELECT * FROM orders WHERE id = 17;"}),
    # Sentences and lines of logs.
    ("The card was declined (code 51).", None),
    ('He said "stop" and left', None),
    ("Error: connection refused", None),
    ("Warning: 3 of 5 retries, waiting 2s...", None),
    ("2026-11-22T19:04:11.123Z ERROR [worker-3] job=17 failed", None),
    ("ValueError: invalid literal for int() with base 10: 'x'", None),
    ('  File "app/charge.py", line 42, in charge', None),
    ('404 "NOT FOUND"', {"text": "404 NOT FOUND"}),
    ("this AND that OR neither", None),
    ("and/or", None),
    ('File "app/models.py', {"text": 'File "app/models.py", line 3'}),
    ("status: 402 Payment Required", None),
    ("name: Jane, id: 7", None),
    (":-)", {"text": "all good :-)"}),
    ("100%", {"text": "done 100%"}),
    ("a)", {"text": "see a) and b)"}),
    ("((unbalanced", {"text": "see ((unbalanced"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Serve a history in which each text is in one run."""
    with ExecutionLogger(tmp_path_factory.mktemp("history") / "history.db") as logger:
        logger.log_executions(
            [
                record(
                    f"run-{number:02d}",
                    trigger={"type": "t", "data": {"text": text} if data is None else data},
                    nodeExecutions=[],
                )
                for number, (text, data) in enumerate(PASTED)
            ]
        )
        settings = ReceiverSettings(port=0)
        with (
            Receiver(logger, settings).running() as receiver,
            httpx.Client(base_url=receiver.url, timeout=60) as client,
        ):
            yield client


@pytest.mark.parametrize(
    ("number", "text"), [(number, text) for number, (text, _) in enumerate(PASTED)]
)
def test_a_pasted_text_finds_its_run(number: int, text: str, client: httpx.Client) -> None:
    """The run is found by the text as it is, and says where it matches."""
    answer = client.get("/api/summaries", params={"q": text, "limit": 500}).json()
    assert "summaries" in answer, answer
    found = {summary["id"]: summary for summary in answer["summaries"]}
    assert f"run-{number:02d}" in found, json.dumps(answer["summaries"])[:500]
    assert found[f"run-{number:02d}"]["matches"]
