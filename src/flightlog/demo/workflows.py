"""
Two workflows as a user writes them: functions with decorators, run by `python -m`.

The program takes orders, then tickets. The last ticket kills its process in the middle of a node,
to show that a record survives.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeAlias

from flightlog.capture import Recorder

Record: TypeAlias = dict[str, Any]

STOCK: Final = {"chair": 12, "desk": 3, "lamp": 0}
PRICES_CENTS: Final = {"chair": 8_900, "desk": 34_900, "lamp": 4_200}
CARD_LIMIT_CENTS: Final = 100_000
LARGE_BYTES: Final = 400_000

shop = Recorder("order-intake", "Order intake", mode="production")
support = Recorder("ticket-triage", "Ticket triage", mode="test")


log = logging.getLogger("shop")
log.setLevel(logging.INFO)


class CardDeclinedError(Exception):
    """The bank declined the card."""


class UnreachableError(Exception):
    """The customer database did not answer."""


@shop.node("validate", "Validate order", "validate")
def validate(order: Record) -> Record:
    """Check an order, and drop the fields that the shop doesn't know."""
    return {name: order[name] for name in ("item", "quantity", "customer")}


@shop.node("stock", "Check stock", "postgresQuery")
def check_stock(order: Record) -> Record:
    """Look the item up in the stock."""
    time.sleep(0.03)
    return {"item": order["item"], "inStock": STOCK[order["item"]] >= order["quantity"]}


@shop.node("price", "Price", "function")
def price(order: Record) -> Record:
    """Compute the price."""
    time.sleep(0.015)
    return {"totalCents": PRICES_CENTS[order["item"]] * order["quantity"], "currency": "EUR"}


@shop.node("charge", "Charge card", "httpRequest")
def charge(customer: str, total_cents: int, card_token: str) -> Record:
    """Charge the customer's card, up to the card's limit."""
    log.info("charging %.2f EUR to %s", total_cents / 100, customer)
    time.sleep(0.05)
    if total_cents > CARD_LIMIT_CENTS:
        raise CardDeclinedError(
            f"{total_cents / 100:,.2f} EUR exceed the limit of {CARD_LIMIT_CENTS / 100:,.2f} EUR"
        )
    return {"customer": customer, "paid": True, "receipt": f"r-{len(card_token)}-{total_cents}"}


@shop.node("confirm", "Confirm", "function")
def confirm(order: Record, stock: Record, payment: Record) -> Record:
    """Write the confirmation for the customer."""
    when = "today" if stock["inStock"] else "in two weeks"
    return {"message": f"Thank you, {order['customer']}! It leaves {when}.", "payment": payment}


@shop.workflow(trigger="http", tags={"customer": "{order.customer}"})
def take_order(order: Record) -> Record:
    """Take one order; stock and price are found at the same time."""
    checked = validate(order)
    with ThreadPoolExecutor(2) as pool:
        stock, cost = pool.submit(check_stock, checked), pool.submit(price, checked)
    payment = charge(order["customer"], cost.result()["totalCents"], card_token=order["token"])
    return confirm(checked, stock.result(), payment)


@support.node("classify", "Classify", "llm")
async def classify(text: str) -> AsyncIterator[str]:
    """Stream words about the ticket, as a language model does."""
    for word in (
        "urgent" if "fire" in text else "normal",
        "billing" if "invoice" in text else "it",
    ):
        await asyncio.sleep(0.01)
        yield word


@support.node("customer", "Find customer", "postgresQuery")
async def find_customer(name: str, attempt: int) -> Record:
    """Ask the customer database, which does not answer at the first attempt."""
    await asyncio.sleep(0.02)
    if attempt == 1:
        log.warning("no answer from the customer database")
        raise UnreachableError("the connection was reset")
    return {"name": name, "plan": "gold"}


async def find_customer_again(name: str) -> Record:
    """Ask the customer database, and ask once more if it does not answer."""
    try:
        return await find_customer(name, attempt=1)
    except UnreachableError:
        return await find_customer(name, attempt=2)


@support.node("escalate", "Escalate", "httpRequest")
def escalate(text: str) -> None:
    """Call the team, and lose the process on the way."""
    log.error("calling the team: %s", text)
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


@support.node("reply", "Reply", "function")
def reply(customer: Record, words: list[str]) -> str:
    """Write the answer."""
    return f"Hello {customer['name']}, we handle this as {' '.join(words)}."


@support.workflow(trigger="webhook")
async def triage(ticket: Record) -> str:
    """Sort one ticket, and answer it."""
    words = [word async for word in classify(ticket["text"])]
    customer = await find_customer_again(ticket["customer"])
    if "urgent" in words:
        escalate(ticket["text"])
    return reply(customer, words)


def orders() -> list[Record]:
    """
    List the orders of the demonstration.

    Returns:
        Six orders: one has a large text in several scripts, and one fails.
    """
    sentence = "Grüße aus Zürich, bitte klingeln — 配送メモ: 玄関に置いてください 📦 "
    note = sentence * (LARGE_BYTES // len(sentence.encode()) + 1)
    token = "tok_" + "4fK9" * 6
    return [
        {"item": "chair", "quantity": 1, "customer": "Ada", "token": token},
        {"item": "lamp", "quantity": 2, "customer": "Grace", "token": token},
        {"item": "chair", "quantity": 4, "customer": "Edsger", "token": token},
        {"item": "desk", "quantity": 1, "customer": "Łukasz 李", "token": token, "note": note},
        {"item": "desk", "quantity": 3, "customer": "Barbara", "token": token},
        {"item": "desk", "quantity": 1, "customer": "Alan", "token": token},
    ]


def tickets() -> list[Record]:
    """
    List the tickets of the demonstration.

    Returns:
        Three tickets: one has a secret in its text, and one kills its process.
    """
    return [
        {"customer": "Ada", "text": "the invoice is wrong"},
        {"customer": "Grace", "text": "login error, my token is ghp_" + "0aB1" * 9},
        {"customer": "Edsger", "text": "all is on fire"},
    ]


def main() -> None:
    """Take every order and every ticket; the last ticket ends the process."""
    for order in orders():
        try:
            take_order(order)
        except CardDeclinedError:
            continue
    shop.flush()
    for ticket in tickets():
        asyncio.run(triage(ticket))


if __name__ == "__main__":
    main()
