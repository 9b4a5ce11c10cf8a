"""What starts a workflow: definitions only; `web` and `schedule` serve them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias

from msgspec import Struct

JsonSchema: TypeAlias = Mapping[str, Any]


class Trigger(Struct, frozen=True):
    """The base of all triggers."""

    type: ClassVar[str] = "manual"
    """What the record calls it."""


class Manual(Trigger, frozen=True):
    """Started by a person: a test run, or `POST /workflows/ID`."""


class HttpEndpoint(Trigger, frozen=True, kw_only=True):
    """Started by a request."""

    type: ClassVar[str] = "httpEndpoint"

    method: str = "POST"
    """GET, POST, PUT, PATCH or DELETE."""
    path: str
    """`/orders/{orderId}`, or `/orders/:orderId`."""
    validation: Mapping[str, JsonSchema] | None = None
    """JSON Schemas of `body`, `query` and `headers` (names in small letters)."""
    authentication: Mapping[str, Any] | None = None
    """
    `{"type": "apiKey" | "bearer" | "basic", "secret": NAME, "header": "X-API-Key"}`; the secret of
    `basic` is `user:password`.
    """


class WebhookReceiver(Trigger, frozen=True, kw_only=True):
    """Started by another service's request, signed with HMAC-SHA256 of its body."""

    type: ClassVar[str] = "webhookReceiver"

    path: str | None = None
    """None is `/webhooks/ID`."""
    secret: str | None = None
    """The name of the secret that signs; None takes any request."""
    validation: Mapping[str, JsonSchema] | None = None
    """As of `HttpEndpoint`."""


class ScheduledTask(Trigger, frozen=True, kw_only=True):
    """Started by the clock."""

    type: ClassVar[str] = "scheduledTask"

    cron: str
    """Five fields: minute, hour, day, month, weekday (0 and 7 are Sunday)."""
    timezone: str = "UTC"
    """A name of the time zone database, e.g. `Europe/Berlin`."""
    prevent_overlap: bool = False
    """Whether a run is left out while the one before goes on."""
