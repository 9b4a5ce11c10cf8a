# ruff: noqa: BLE001, D103, PLR2004, RUF006, T201, TRY300 - as the editor generates it, faults too
"""
An order workflow in the form that the Catalyst editor generates: FastAPI, and one POST at the end.

The workflow imports nothing of Flightlog. Like any workflow of the editor, the
workflow reports its executions to `CATALYST_EDITOR_URL`.
"""

import asyncio
import os
import traceback
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import FastAPI, Request

app = FastAPI()

# Catalyst editor URL (for logging)
CATALYST_EDITOR_URL = os.getenv("CATALYST_EDITOR_URL", "http://localhost:3000")

STOCK = {"chair": 12, "desk": 3, "lamp": 0}
PRICES_CENTS = {"chair": 8_900, "desk": 34_900, "lamp": 4_200}


def utcnow() -> datetime:
    # Returns the same as the deprecated datetime.utcnow(): UTC without an offset.
    return datetime.now(UTC).replace(tzinfo=None)


async def log_execution(execution_data: dict[str, Any]) -> None:
    """Send execution data back to Catalyst editor for logging."""
    try:
        async with httpx.AsyncClient() as client:
            await client.post(
                f"{CATALYST_EDITOR_URL}/api/executions", json=execution_data, timeout=2.0
            )
    except Exception as e:
        # Don't fail workflow if logging fails
        print(f"Warning: Failed to log execution: {e}")


async def validate_order(order: dict[str, Any]) -> dict[str, Any]:
    if order["quantity"] < 1:
        raise ValueError(f"quantity must be at least 1, not {order['quantity']}")
    return {"item": order["item"], "quantity": order["quantity"], "customer": order["customer"]}


async def check_stock(order: dict[str, Any]) -> dict[str, Any]:
    await asyncio.sleep(0.02)
    return order | {"inStock": STOCK[order["item"]] >= order["quantity"]}


async def price_order(order: dict[str, Any]) -> dict[str, Any]:
    total_cents = PRICES_CENTS[order["item"]] * order["quantity"]
    return order | {"totalCents": total_cents, "currency": "EUR"}


async def charge_card(order: dict[str, Any]) -> dict[str, Any]:
    await asyncio.sleep(0.05)
    if order["totalCents"] > 100_000:
        raise RuntimeError("card_declined: Your card was declined (limit 1,000.00 EUR)")
    return order | {"paymentId": f"pay_{uuid.uuid4().hex[:12]}"}


async def confirm_order(order: dict[str, Any]) -> dict[str, Any]:
    return {
        "message": f"Thank you, {order['customer']}!",
        "paymentId": order["paymentId"],
        "backorder": not order["inStock"],
    }


NODES: list[tuple[str, str, str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]]] = [
    ("node_validate", "Validate order", "validate", validate_order),
    ("node_stock", "Check stock", "postgresQuery", check_stock),
    ("node_price", "Price", "editFields", price_order),
    ("node_charge", "Charge card", "httpRequest", charge_card),
    ("node_confirm", "Confirm", "pythonFunction", confirm_order),
]


async def execute_nodes(order: dict[str, Any], execution_data: dict[str, Any]) -> dict[str, Any]:
    value = order
    for node_id, node_name, node_type, node in NODES:
        started = utcnow()
        node_execution: dict[str, Any] = {
            "nodeId": node_id,
            "nodeName": node_name,
            "nodeType": node_type,
            "status": "running",
            "startedAt": started.isoformat(),
            "input": value,
        }
        execution_data["nodeExecutions"].append(node_execution)
        try:
            value = await node(value)
            node_execution["status"] = "success"
            node_execution["output"] = value
        except Exception as e:
            node_execution["status"] = "error"
            node_execution["error"] = {"message": str(e), "stack": traceback.format_exc()}
            raise
        finally:
            completed = utcnow()
            node_execution["completedAt"] = completed.isoformat()
            node_execution["durationMs"] = int((completed - started).total_seconds() * 1000)
    return value


# Wrap workflow execution with logging
@app.post("/api/workflow")
async def execute_workflow(request: Request) -> dict[str, Any]:
    execution_id = str(uuid.uuid4())
    started_at = utcnow().isoformat()
    order = await request.json()

    execution_data: dict[str, Any] = {
        "id": execution_id,
        "workflowId": "order-intake",
        "workflowName": "Order intake",
        "status": "running",
        "startedAt": started_at,
        "trigger": {"type": "http", "data": order},
        "nodeExecutions": [],
    }

    try:
        # Execute workflow nodes...
        result = await execute_nodes(order, execution_data)

        # Mark success
        execution_data["status"] = "success"
        execution_data["completedAt"] = utcnow().isoformat()
        execution_data["durationMs"] = int(
            (
                datetime.fromisoformat(execution_data["completedAt"])
                - datetime.fromisoformat(started_at)
            ).total_seconds()
            * 1000
        )

        # Log asynchronously (don't block response)
        asyncio.create_task(log_execution(execution_data))

        return result

    except Exception as e:
        # Mark error
        execution_data["status"] = "error"
        execution_data["completedAt"] = utcnow().isoformat()
        execution_data["error"] = {"message": str(e), "stack": traceback.format_exc()}

        asyncio.create_task(log_execution(execution_data))
        raise
