"""The runs of a small shop: orders with retries and branches, a loop, a crashed import."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from browser.runs import Run, payload
from flightlog.record.model import ExecutionError, Trigger, WorkflowExecution

ORDERS: Final = ("order-intake", "Order intake")
SYNC: Final = ("nightly-sync", "Nightly sync")
MAILS: Final = ("send-mail", "Send mail")
IMPORT: Final = ("import-catalogue", "Import catalogue")
REPORTS: Final = ("weekly-report", "Weekly report")

VALIDATE: Final = ("validate", "Validate order", "validate")
USER: Final = ("fetch-user", "Fetch user", "httpRequest")
STOCK: Final = ("fetch-stock", "Fetch stock", "postgresQuery")
LARGE: Final = ("is-large", "Is it large?", "condition")
CHARGE: Final = ("charge", "Charge card", "httpRequest")
REVIEW: Final = ("review", "Ask for review", "log")
CONFIRM: Final = ("confirm", "Confirm order", "pythonFunction")
LOOP: Final = ("each-product", "Each product", "loop")
READ: Final = ("read-product", "Read product", "httpRequest")
WRITE: Final = ("write-product", "Write product", "postgresQuery")

STACK: Final = """Traceback (most recent call last):
  File "/usr/lib/python3.11/asyncio/runners.py", line 118, in run
    return self._loop.run_until_complete(task)
  File "/srv/shop/.venv/lib/python3.11/site-packages/flightlog/runtime/node.py", line 141, in call
    return await function(node)
  File "/srv/shop/app/order_intake.py", line 88, in charge_card
    receipt = await charge(order)
  File "/srv/shop/app/charge.py", line 41, in charge
    raise CardDeclinedError("card_declined: Your card was declined")
app.charge.CardDeclinedError: card_declined: Your card was declined"""
DECLINED: Final = ExecutionError(
    message="card_declined: Your card was declined",
    type="app.charge.CardDeclinedError",
    kind="exception",
    node_id="charge",
    stack=STACK,
)
TIMEOUT: Final = ExecutionError(
    message="No answer from https://stock.example.com within 5,000 ms",
    type="httpx.ReadTimeout",
    kind="timeout",
    node_id="fetch-stock",
)
CRASH: Final = ExecutionError(
    message="The process ended before the execution did.", kind="crashed", node_id="read-product"
)


def order(number: int) -> dict[str, Any]:
    """
    Make the order that a customer sends.

    Args:
        number: The number of the order.

    Returns:
        The order, as JSON values.
    """
    return {
        "orderId": number,
        "amount": 1_000 + 37 * (number % 300),
        "currency": "EUR",
        "customer": {"id": 7_000 + number % 50, "email": "[REDACTED:3f9a1c0b7d24]"},
        "items": [
            {"sku": f"SKU-{number % 97:05d}", "quantity": 1 + number % 3, "title": "Oak chair"},
            {"sku": f"SKU-{number % 89:05d}", "quantity": 2, "title": "Desk lamp"},
        ],
    }


def order_run(
    execution_id: str,
    started_at: datetime,
    *,
    number: int = 7,
    attempts: int = 1,
    ending: str = "success",
    slow: float = 1.0,
    **more: Any,
) -> WorkflowExecution:
    """
    Make a run of an order: a check, two parallel calls, a charge, a confirmation.

    Args:
        execution_id: The execution's id.
        started_at: The start of the run.
        number: The number of the order.
        attempts: The number of attempts of the charge.
        ending: `success`, `declined`, or `timeout`.
        slow: The factor on the usual duration.
        more: Further fields of the record.

    Returns:
        The execution.
    """
    given = order(number)
    trigger = Trigger(type="httpEndpoint", data=payload({"method": "POST", "body": given}))
    run = Run(execution_id, ORDERS, started_at, trigger=trigger, **more)
    run.node(VALIDATE, 12 * slow, given=given, returned={**given, "ok": True})
    began = run.now_ms
    user = {"id": given["customer"]["id"], "name": "Ada Lovelace", "vip": number % 5 == 0}
    run.node(
        USER, 180 * slow, at_ms=began, given={"url": "https://users.example.com"}, returned=user
    )
    if ending == "timeout":
        run.node(
            STOCK,
            5_000,
            given={"query": "SELECT …"},
            status="error",
            error=TIMEOUT,
        )
        for node in (LARGE, CHARGE, REVIEW, CONFIRM):
            run.node(node, status="skipped")
        return run.record("error", error=TIMEOUT)
    rows = [{"sku": item["sku"], "left": 40 - number % 7} for item in given["items"]]
    run.node(STOCK, 320 * slow, given={"query": "SELECT …"}, returned={"rows": rows})
    large = given["amount"] > 9_000
    run.node(LARGE, 0.4, given=given, returned={"result": large, "handle": str(large).lower()})
    call = {
        "method": "POST",
        "url": f"https://api.example.com/charges/{number}",
        "headers": {"Authorization": "Bearer [REDACTED:9f2c44aa01be]"},
        "body": {"amount": given["amount"]},
    }
    for attempt in range(1, attempts + 1):
        last = attempt == attempts
        failed = not last or ending == "declined"
        run.node(
            CHARGE,
            (700 + 150 * attempt) * slow,
            given=call,
            returned={"status": 402, "error": {"code": "card_declined"}}
            if failed
            else {"status": 200, "receipt": f"ch_{number:06d}"},
            status="error" if failed else "success",
            error=DECLINED if failed else None,
            attempt=attempt if attempts > 1 else None,
        )
        run.now_ms += 0 if last else 250.0 * 2**attempt
    if ending == "declined":
        run.node(REVIEW, status="skipped")
        run.node(CONFIRM, status="skipped")
        return run.record("error", error=DECLINED)
    run.node(REVIEW, 3 if large else None, status="success" if large else "skipped")
    run.node(CONFIRM, 45 * slow, given={"orderId": number}, returned={"confirmed": True})
    return run.record()


def sync_run(
    execution_id: str, started_at: datetime, products: int, **more: Any
) -> WorkflowExecution:
    """
    Make a loop that reads and writes products, of which a few fail and are retried.

    Args:
        execution_id: The execution's id.
        started_at: The start of the run.
        products: The number of products.
        more: Further fields of the record.

    Returns:
        The execution.
    """
    trigger = Trigger(type="scheduledTask", data=payload({"cron": "0 3 * * *"}))
    run = Run(execution_id, SYNC, started_at, trigger=trigger, **more)
    names = [f"product-{number}" for number in range(products)]
    with run.within(LOOP, given=names, returned={"written": products}) as loop:
        for number, name in enumerate(names):
            given = {"item": name, "index": number}
            if number % 50 == 17:
                error = ExecutionError(message="429: slow down", type="httpx.HTTPStatusError")
                run.node(READ, 90, given=given, status="error", error=error, attempt=1, parent=loop)
                run.now_ms += 500
            returned = {"name": name, "price": 4.2 + number, "stock": number % 13}
            again = 2 if number % 50 == 17 else None
            run.node(
                READ, 60 + number % 40, given=given, returned=returned, attempt=again, parent=loop
            )
            run.node(WRITE, 8 + number % 5, given=returned, returned={"rows": 1}, parent=loop)
    return run.record()


def mail_run(execution_id: str, started_at: datetime, parent: str) -> WorkflowExecution:
    """
    Make a sub-workflow of another run.

    Args:
        execution_id: The execution's id.
        started_at: The start of the run.
        parent: The id of the parent execution.

    Returns:
        The execution.
    """
    trigger = Trigger(type="subworkflowTrigger", data=payload({"to": "ada@example.com"}))
    run = Run(execution_id, MAILS, started_at, trigger=trigger, parent_execution_id=parent)
    run.node(("template", "Fill template", "promptTemplate"), 4, returned="Dear Ada, …")
    run.node(("send", "Send", "httpRequest"), 210, returned={"status": 202})
    return run.record()


def crashed_run(execution_id: str, started_at: datetime) -> WorkflowExecution:
    """
    Make an import whose process was killed while a node ran.

    Args:
        execution_id: The execution's id.
        started_at: The start of the run.

    Returns:
        The execution.
    """
    trigger = Trigger(type="manual", data=payload({"file": "catalogue.csv"}), is_simulated=True)
    run = Run(
        execution_id, IMPORT, started_at, trigger=trigger, execution_mode="test", project_id="lab"
    )
    run.node(("open", "Open file", "pythonFunction"), 30, returned={"rows": 12_000})
    run.node(READ, 400, returned={"name": "Oak chair"})
    run.node(READ, None, given={"row": 2}, status="error", error=CRASH)
    return run.record("error", error=CRASH, completed_at=None, duration_ms=None)


def usual_day(now: datetime, count: int, rng: Random) -> Iterator[WorkflowExecution]:
    """
    Make runs of all kinds over the last two days, the newest five minutes ago.

    Args:
        now: The end of the two days.
        count: The number of runs.
        rng: The source of random choices.

    Yields:
        A run.
    """
    for number in range(count):
        started = now - timedelta(minutes=5, seconds=number * 172_000 / count + rng.random() * 30)
        kind = rng.random()
        execution_id = f"run-{number:05d}-{rng.randrange(16**6):06x}"
        if kind < 0.72:
            chance = rng.random()
            yield order_run(
                execution_id,
                started,
                number=number,
                attempts=3 if chance < 0.05 else 2 if chance < 0.12 else 1,
                ending="declined" if chance < 0.08 else "timeout" if chance > 0.97 else "success",
                slow=0.7 + rng.random() * (4 if chance > 0.9 else 0.8),
                execution_mode="test" if chance > 0.94 else "production",
            )
        elif kind < 0.88:
            yield sync_run(execution_id, started, rng.randrange(3, 12))
        else:
            run = Run(
                execution_id,
                REPORTS,
                started,
                project_id="lab" if kind < 0.95 else None,
                trigger=Trigger(type="webhookReceiver", data=payload({"week": number % 52})),
                tags={"customer": f"c{number % 9}"},
            )
            run.node(("collect", "Collect figures", "postgresQuery"), 900 + rng.random() * 600)
            run.node(("render", "Render report", "anthropicCompletion"), 4_000 * rng.random() + 800)
            yield run.record()
