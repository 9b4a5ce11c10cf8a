"""
A workflow that records itself with `flightlog.capture`: it triages support tickets.

It has what an HTTP POST at the end can't tell of: nodes within nodes, branches that run at the same
time, attempts, streams, a branch that is not taken, and a run that the death of its process ends.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI

from flightlog.capture import Recorder

recorder = Recorder("ticket-triage", "Ticket triage")
app = FastAPI(lifespan=recorder.lifespan)

WORDS = {"billing": ("invoice", "charge", "refund"), "technical": ("error", "crash", "login")}
lookups = 0


@recorder.node("classify", "Classify", "switch")
def classify(text: str) -> str:
    """Say what a ticket is about, by its words."""
    found = (topic for topic, words in WORDS.items() if any(word in text for word in words))
    return next(found, "other")


@recorder.node("customer", "Find customer", "postgresQuery")
async def find_customer(name: str, *, db_password: str) -> dict[str, Any]:
    """Look the customer up; every other look-up fails at first, as databases do."""
    global lookups  # noqa: PLW0603 - the database of this demonstration
    lookups += 1
    await asyncio.sleep(0.01)
    if lookups % 2:
        raise ConnectionError("the database closed the connection")
    return {"name": name, "plan": "pro", "openTickets": len(db_password) % 5}


@recorder.node("draft", "Draft an answer", "anthropicCompletion")
async def draft(topic: str, customer: dict[str, Any]) -> AsyncIterator[str]:
    """Write an answer word by word, as a language model does."""
    for word in f"Hello {customer['name']}, we look into your {topic} question.".split():
        await asyncio.sleep(0.005)
        yield f"{word} "


@recorder.node("escalate", "Escalate", "httpRequest")
async def escalate(ticket: dict[str, Any]) -> None:  # noqa: ARG001 - its input, as recorded
    """Call somebody; here that is the end of this process."""
    await asyncio.sleep(0.02)
    os.kill(os.getpid(), signal.SIGKILL)


async def find_customer_in_the_end(name: str) -> dict[str, Any]:
    """Try again until it works."""
    while True:
        try:
            return await find_customer(name, db_password="correct-horse-battery-staple")  # noqa: S106 - made up, and removed from the record
        except ConnectionError:
            continue


@app.post("/api/workflow")
async def triage(ticket: dict[str, Any]) -> dict[str, Any]:
    """Triage one ticket."""
    async with recorder.execution(trigger={"type": "http", "data": ticket}) as execution:
        async with execution.node("understand", "Understand", "parallel", input=ticket) as node:
            topic, customer = await asyncio.gather(
                asyncio.to_thread(classify, ticket["text"]),
                find_customer_in_the_end(ticket["customer"]),
            )
            node.output = {"topic": topic, "customer": customer}
        if ticket.get("urgent"):
            execution.skip("draft", "Draft an answer", "anthropicCompletion")
            await escalate(ticket)
        answer = "".join([word async for word in draft(topic, customer)])
        return {"topic": topic, "answer": answer.strip()}
