"""Writes a workflow's trigger as code; the runtime's trigger classes check the config."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from flightlog import runtime
from flightlog.codegen.conversion import convert
from flightlog.codegen.literals import Code, write_literal
from flightlog.codegen.manifest_model import Workflow
from flightlog.codegen.nodes import refuse_trigger
from flightlog.codegen.problems import Problems, format_place
from flightlog.codegen.values import to_plain
from flightlog.errors import FlightlogError
from flightlog.runtime.triggers import make_editor_path

_SECRET: Final = re.compile(r"\{\{\s*secrets\.(\w+)\s*\}\}")
_NO_AUTHENTICATION: Final = "none"
_NOT_NAMED: Final = (
    "names no secret of the manifest",
    "declare one in `secrets` and write {{ secrets.NAME }} here",
)


class _Authentication(Struct, frozen=True, kw_only=True):
    type: str
    secret: Any = None
    header: str | None = None


class _Http(Struct, frozen=True, kw_only=True, rename="camel"):
    method: str = "POST"
    path: str | None = None
    authentication: _Authentication | None = None
    rate_limit: dict[str, Any] | None = None
    validation: dict[str, Any] | None = None


class _Scheduled(Struct, frozen=True, kw_only=True, rename="camel"):
    cron: str
    timezone: str | None = None
    prevent_overlap: bool | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class _Webhook(Struct, frozen=True, kw_only=True, rename="camel"):
    secret: str | dict[str, Any] | None = None
    validation: dict[str, Any] | None = None
    path: str | None = None


class _Manual(Struct, frozen=True, kw_only=True):
    pass


_CLASSES: Final[dict[str, tuple[str, type[Struct]]]] = {
    "httpEndpoint": ("HttpEndpoint", _Http),
    "scheduledTask": ("ScheduledTask", _Scheduled),
    "webhookReceiver": ("WebhookReceiver", _Webhook),
    "manual": ("Manual", _Manual),
}


class TriggerCode(Struct, frozen=True, kw_only=True):
    """A trigger's code in the module."""

    name: str
    """The name of the runtime's class."""
    code: Code
    """The call that makes the trigger."""
    secrets: frozenset[str]
    """The names of the secrets that the trigger needs."""


def write_trigger(
    workflow: Workflow, secrets: Collection[str], problems: Problems, notes: list[str]
) -> TriggerCode | None:
    """
    Write the code of a workflow's trigger.

    Args:
        workflow: The workflow.
        secrets: The names of the secrets that the manifest declares.
        problems: Collects the trigger's faults.
        notes: Collects notes on ignored fields.

    Returns:
        The code; None when there is a fault.
    """
    place = format_place("workflows", workflow.id, "trigger")
    if workflow.trigger.type not in _CLASSES:
        refuse_trigger(workflow.trigger.type, f"{place}.type", problems)
        return None
    name, kind = _CLASSES[workflow.trigger.type]
    given = _trigger_config(workflow, f"{place}.config", notes)
    config = convert(given, kind, f"{place}.config", problems, notes)
    if config is None:
        return None
    arguments = {}
    for field in msgspec.structs.fields(kind):
        value = getattr(config, field.name)
        if value is not None and value is not UNSET and (field.name, value) != ("enabled", True):
            arguments[field.name] = value
    if not _name_secrets(arguments, f"{place}.config", secrets, problems, notes):
        return None
    try:
        getattr(runtime, name)(**arguments)
    except FlightlogError as error:
        what = f"can't be used: {error.message.rstrip('.')}"
        problems.add(f"{place}.config", what, error.hint.rstrip("."))
        return None
    return TriggerCode(
        name=name,
        code=Code(f"{name}({', '.join(f'{n}={write_literal(v)}' for n, v in arguments.items())})"),
        secrets=frozenset(_find_secrets(arguments)),
    )


def _trigger_config(workflow: Workflow, place: str, notes: list[str]) -> dict[str, Any]:
    kind = workflow.trigger.type
    config = {name: value for name, value in workflow.trigger.config.items() if value != ""}
    for node in workflow.nodes.values():
        # The editor's form writes to the trigger's node alone.
        if node.type == kind:
            config = {name: value for name, value in node.config.items() if value != ""} | config
    config.pop("description", None)
    if "schedule" in config:
        schedule = config.pop("schedule")
        if config.setdefault("cron", schedule) != schedule:
            notes.append(f"`{place}.schedule` is ignored, because `cron` is set, too.")
    if kind == "httpEndpoint":
        config.setdefault("path", f"/api/{workflow.id}")
        _drop_unservable(workflow, config, place, notes)
    return config


def _drop_unservable(
    workflow: Workflow, config: dict[str, Any], place: str, notes: list[str]
) -> None:
    # The editor serves a workflow by its name, whatever the trigger says.
    for name in ("path", "method"):
        given: dict[str, Any] = {"path": "/", name: config.get(name)}
        if not isinstance(given[name], str):
            continue
        try:
            runtime.HttpEndpoint(**given)
        except FlightlogError as error:
            notes.append(
                f"`{place}.{name}` is ignored: {error.message.rstrip('.')}. The workflow is served "
                f"at POST {make_editor_path(workflow.name)} alone."
            )
            config.update(path=None, method="POST")
            return


def _name_secrets(
    arguments: dict[str, Any],
    place: str,
    secrets: Collection[str],
    problems: Problems,
    notes: list[str],
) -> bool:
    # The code contains only a secret's name, because a file must never contain the secret.
    found = Problems()
    if arguments.pop("rate_limit", None) is not None:
        notes.append(
            f"`{place}.rateLimit` is ignored: generated workflows don't limit rates. Let a proxy "
            "before the workflow do so."
        )
    authentication = arguments.get("authentication")
    if authentication is not None and authentication.type == _NO_AUTHENTICATION:
        del arguments["authentication"]
    elif authentication is not None:
        named = _find_secret_name(authentication.secret, secrets)
        if named is None:
            found.add(f"{place}.authentication.secret", *_NOT_NAMED)
        elif named not in secrets:
            notes.append(_describe_undeclared(f"{place}.authentication.secret", named))
        options = {"type": authentication.type, "secret": named, "header": authentication.header}
        arguments["authentication"] = {
            name: option for name, option in options.items() if option is not None
        }
    if "secret" in arguments:
        arguments["secret"] = named = _find_secret_name(arguments["secret"], secrets)
        if named is None:
            found.add(f"{place}.secret", *_NOT_NAMED)
        elif named not in secrets:
            notes.append(_describe_undeclared(f"{place}.secret", named))
    problems.extend(found)
    return not found


def _find_secret_name(value: Any, secrets: Collection[str]) -> str | None:
    text = to_plain(value)
    if not isinstance(text, str):
        return None
    found = _SECRET.fullmatch(text.strip())
    if found:
        return found[1]
    return text if text in secrets else None


def _describe_undeclared(place: str, name: str) -> str:
    return (
        f"`{place}` names the secret {name}, which the manifest doesn't declare; it comes from "
        f"the environment variable {name}."
    )


def _find_secrets(arguments: dict[str, Any]) -> Iterator[str]:
    for holder in (arguments, arguments.get("authentication") or {}):
        if isinstance(name := holder.get("secret"), str):
            yield name
