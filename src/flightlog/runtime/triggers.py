"""The definitions of triggers, which start workflows; `web` and `schedule` serve the triggers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final, TypeAlias
from urllib.parse import unquote

from msgspec import Struct
from msgspec.structs import force_setattr

from flightlog.errors import InvalidWorkflowError

JsonSchema: TypeAlias = Mapping[str, Any]

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
VALIDATED: Final = ("body", "query", "headers")
AUTHENTICATION: Final = ("apiKey", "bearer", "basic")
EDITOR_PREFIX: Final = "/workflow/"
"""Where the editor serves every workflow, whatever path its trigger names."""
_COLON: Final = re.compile(r"(?<=/):([A-Za-z_]\w*)", re.ASCII)
PARAMETER: Final = re.compile(r"\{([A-Za-z_]\w*)(?::(\w+))?\}", re.ASCII)
"""A parameter of a path: `{id}`, or with a converter: `{rest:path}`."""
_CONVERTERS: Final = (None, "str", "path", "int", "float", "uuid")
_UNSAFE: Final = re.compile(r"[^\w.~-]+")
_NO_IDENTIFIER: Final = re.compile(r"[^a-z0-9]+")


class Trigger(Struct, frozen=True):
    """The base of all triggers."""

    type: ClassVar[str] = "manual"
    """The trigger's type in the record."""


class Manual(Trigger, frozen=True):
    """A start by a person: a test run, or `POST /workflows/ID`."""


class HttpEndpoint(Trigger, frozen=True, kw_only=True):
    """A start by an HTTP request."""

    type: ClassVar[str] = "httpEndpoint"

    method: str = "POST"
    """GET, POST, PUT, PATCH or DELETE."""
    path: str | None = None
    """`/orders/{orderId}` or `/orders/:orderId`; None means `/workflow/NAME` alone."""
    validation: Mapping[str, JsonSchema] | None = None
    """JSON Schemas of `body`, `query` and `headers` (header names in lower case)."""
    authentication: Mapping[str, Any] | None = None
    """
    `{"type": "apiKey" | "bearer" | "basic", "secret": NAME, "header": "X-API-Key"}`; the secret for
    `basic` is `user:password`.
    """

    def __post_init__(self) -> None:
        force_setattr(self, "method", self.method.upper())
        if self.method not in METHODS:
            raise InvalidWorkflowError(
                f"The method {self.method!r} can't be served.", hint=f"Use {', '.join(METHODS)}."
            )
        if self.path is not None:
            force_setattr(self, "path", normalize_path(self.path))
        _check_validation(self.validation)
        kind = (self.authentication or {}).get("type")
        if self.authentication is not None and kind not in AUTHENTICATION:
            raise InvalidWorkflowError(
                f"The authentication {kind!r} is unknown.", hint=f"Use {', '.join(AUTHENTICATION)}."
            )
        if self.authentication is not None and not self.authentication.get("secret"):
            raise InvalidWorkflowError(
                "The authentication names no `secret`.", hint="Name one of the workflow's secrets."
            )


class WebhookReceiver(Trigger, frozen=True, kw_only=True):
    """A start by another service's request, which is signed with HMAC-SHA256 of its body."""

    type: ClassVar[str] = "webhookReceiver"

    path: str | None = None
    """The request's path; None means `/webhooks/ID`."""
    secret: str | None = None
    """The name of the secret that signs requests; None accepts unsigned requests."""
    validation: Mapping[str, JsonSchema] | None = None
    """JSON Schemas of the request's parts, as in `HttpEndpoint`."""

    def __post_init__(self) -> None:
        if self.path is not None:
            force_setattr(self, "path", normalize_path(self.path))
        _check_validation(self.validation)


class ScheduledTask(Trigger, frozen=True, kw_only=True):
    """A start by a schedule."""

    type: ClassVar[str] = "scheduledTask"

    cron: str
    """Minute, hour, day, month, weekday (0 and 7 are Sunday); a field for seconds may precede."""
    timezone: str | None = None
    """A name of the time zone database, e.g. `Europe/Berlin`; None means UTC."""
    prevent_overlap: bool = False
    """Whether a run is skipped while the previous run continues."""
    enabled: bool = True
    """Whether the clock starts the workflow; requests start it either way."""

    def __post_init__(self) -> None:
        # Import late because only scheduled workflows need the scheduler.
        from flightlog.runtime.cron import make_cron_trigger  # noqa: PLC0415

        make_cron_trigger(self.cron, self.timezone)


def make_default_path(workflow_id: str, *, webhook: bool) -> str:
    """
    Make the path of a workflow that names no path: `/webhooks/ID`, or `/workflows/ID`.

    Args:
        workflow_id: The workflow's id.
        webhook: Whether a webhook starts the workflow.

    Returns:
        The path.
    """
    return f"/{'webhooks' if webhook else 'workflows'}/{_UNSAFE.sub('-', workflow_id)}"


def make_editor_path(workflow_name: str) -> str:
    """
    Make the path at which the editor serves a workflow: `/workflow/NAME`.

    Args:
        workflow_name: The workflow's name for people.

    Returns:
        The path; the name becomes lower-case ASCII letters and digits with `_` between them.
    """
    identifier = _NO_IDENTIFIER.sub("_", workflow_name.lower()).strip("_")
    return f"{EDITOR_PREFIX}{identifier or 'workflow'}"


def make_editor_paths(workflow_names: Iterable[str]) -> list[str]:
    """
    Make the editor's paths of several workflows of one application.

    Args:
        workflow_names: The workflows' names for people.

    Returns:
        The paths; a path that an earlier workflow has gets a number: `/workflow/NAME_2`.
    """
    paths: dict[str, None] = {}
    for name in workflow_names:
        base = path = make_editor_path(name)
        number = 1
        while path in paths:
            number += 1
            path = f"{base}_{number}"
        paths[path] = None
    return list(paths)


def normalize_path(path: str) -> str:
    """
    Normalize a path to the form `/orders/{id}`; any other character stands for itself.

    Args:
        path: The path, with parameters as `{id}`, `{rest:path}` or `:id`. Requests name the path
            percent-encoded, and the path may be written either way.

    Returns:
        The normalized path, decoded.

    Raises:
        InvalidWorkflowError: A parameter is there twice, or has an unknown converter.
    """
    written = unquote(path if path.startswith("/") else f"/{path}")
    written = _COLON.sub(r"{\1}", written)
    names = [found[1] for found in PARAMETER.finditer(written)]
    converters = [found[2] for found in PARAMETER.finditer(written)]
    if len(set(names)) < len(names):
        raise InvalidWorkflowError(
            f"The path {path!r} can't be served: it has a parameter twice.",
            hint="Give each parameter a name of its own, like /orders/{orderId}/items/{itemId}.",
        )
    if not set(converters) <= set(_CONVERTERS):
        raise InvalidWorkflowError(
            f"The path {path!r} can't be served: it has an unknown converter.",
            hint=f"Write {{name}}, or use one of {', '.join(filter(None, _CONVERTERS))}.",
        )
    return written


def _check_validation(validation: Mapping[str, Any] | None) -> None:
    from flightlog.runtime.schemas import make_validator  # noqa: PLC0415 - as above

    for part, schema in (validation or {}).items():
        if part not in VALIDATED:
            raise InvalidWorkflowError(
                f"The validation of {part!r} is unknown.", hint=f"Use {', '.join(VALIDATED)}."
            )
        make_validator(schema, f"validation.{part}")
