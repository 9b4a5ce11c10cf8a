"""
The table of settings, and the source of a value: flag, environment, file or default.

Help texts and `docs/reference/cli.md` are generated from the table. The code that takes a value
defines its effect.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
import platformdirs
from msgspec import Struct

from flightlog.errors import InvalidSettingError
from flightlog.store.address import StorageAddress, parse_address

CONFIG_VARIABLE: Final = "FLIGHTLOG_CONFIG"


class Setting(Struct, frozen=True, kw_only=True):
    """One setting, by flag, environment variable or configuration file."""

    name: str
    """The name in the configuration file."""
    type: Any
    """The type of the value."""
    unit: str
    """The unit or the kind of the value."""
    default: str
    """The default, for people."""
    help: str
    """The help text, one line."""

    @property
    def flag(self) -> str:
        """The command line's option."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable."""
        return "FLIGHTLOG_" + self.name.upper()

    @property
    def summary(self) -> str:
        """The option's help text."""
        return f"{self.help} [default: {self.default}; {self.variable}]"


SETTINGS: Final = {
    setting.name: setting
    for setting in (
        Setting(
            name="db",
            type=StorageAddress,
            unit="file or URL",
            default="executions.db in the user's data directory",
            help="The history: a file, sqlite:FILE or postgresql://HOST/DATABASE.",
        ),
        Setting(
            name="project",
            type=Path,
            unit="directory",
            default="none",
            help="The project whose history it is, kept in DIR/.lowcode/executions.db.",
        ),
        Setting(
            name="host",
            type=str,
            unit="address",
            default="127.0.0.1",
            help="Where to listen; only this machine reaches the default.",
        ),
        Setting(
            name="port",
            type=int,
            unit="TCP port",
            default="3000",
            help="The port to listen on; 0 takes any free one.",
        ),
        Setting(
            name="socket",
            type=Path,
            unit="path",
            default="none",
            help="A Unix socket to listen on instead of the port; only its owner can use it.",
        ),
        Setting(
            name="max_body_bytes",
            type=int,
            unit="bytes",
            default="104857600",
            help="The largest request taken, in bytes.",
        ),
        Setting(
            name="allowed_hosts",
            type=tuple[str, ...],
            unit="host names",
            default="none",
            help="Names by which requests may call this receiver, beside its own.",
        ),
        Setting(
            name="allowed_origins",
            type=tuple[str, ...],
            unit="web origins",
            default="none",
            help="Web pages that may use this receiver, e.g. https://editor.example.",
        ),
        Setting(
            name="stall_timeout_s",
            type=float,
            unit="seconds",
            default="30",
            help="When to give up a request that stops arriving, in seconds.",
        ),
        Setting(
            name="spool_dir",
            type=Path,
            unit="directory",
            default="spool in the user's data directory",
            help="Where workflows on this machine leave their records until they are delivered.",
        ),
        Setting(
            name="lease_s",
            type=float,
            unit="seconds",
            default="60",
            help="When a process of another machine that is silent counts as crashed, in seconds.",
        ),
        Setting(
            name="redact_keys",
            type=tuple[str, ...],
            unit="keys",
            default="none",
            help="Keys whose values are secret, beside those that are known.",
        ),
        Setting(
            name="redact_patterns",
            type=tuple[str, ...],
            unit="RE2 patterns",
            default="none",
            help="What secrets look like, beside the forms that are known.",
        ),
        Setting(
            name="redact_except",
            type=tuple[str, ...],
            unit="paths",
            default="none",
            help="Where in payloads nothing is removed, e.g. output.**.session_token.",
        ),
        Setting(
            name="redact_rules",
            type=tuple[str, ...],
            unit="files and off:ID",
            default="none",
            help="Files of token rules to add, in gitleaks' format; off:ID leaves a rule out.",
        ),
        Setting(
            name="ingest_needs_right",
            type=bool,
            unit="true or false",
            default="false",
            help="Take records only with credentials, also from programs of this machine.",
        ),
        Setting(
            name="tls_certificate",
            type=Path,
            unit="file",
            default="none",
            help="The certificate and its chain, PEM; with it the receiver serves https.",
        ),
        Setting(
            name="tls_key",
            type=Path,
            unit="file",
            default="none",
            help="The certificate's key, PEM, if the certificate's file doesn't have it.",
        ),
        Setting(
            name="behind_proxy",
            type=bool,
            unit="true or false",
            default="false",
            help="A proxy that serves https passes the requests on; each needs credentials.",
        ),
        Setting(
            name="trust_user_header",
            type=str,
            unit="header",
            default="none",
            help="The header in which a proxy names the user who has signed in.",
        ),
        Setting(
            name="trusted_proxy",
            type=tuple[str, ...],
            unit="addresses",
            default="none",
            help="The addresses or networks of the proxies whose header is trusted.",
        ),
        Setting(
            name="user_rights",
            type=tuple[str, ...],
            unit="rights",
            default="read",
            help="The rights of the users that a proxy names: ingest, read, admin.",
        ),
        Setting(
            name="admin_users",
            type=tuple[str, ...],
            unit="names",
            default="none",
            help="The users that a proxy names and that have all rights.",
        ),
        Setting(
            name="max_size",
            type=str,
            unit="size",
            default="10GB",
            help="The history's size on disk, e.g. 2GB; the oldest go first. `none` is no limit.",
        ),
        Setting(
            name="keep_days",
            type=float,
            unit="days",
            default="no limit",
            help="The age at which executions are removed, in days.",
        ),
        Setting(
            name="keep_failed_days",
            type=float,
            unit="days",
            default="that of --keep-days",
            help="The age at which failed executions are removed, in days.",
        ),
        Setting(
            name="keep_executions",
            type=int,
            unit="number",
            default="no limit",
            help="How many of its newest executions each workflow keeps.",
        ),
        Setting(
            name="keep_status",
            type=str,
            unit="all, success or error",
            default="the manifest's logLevel, else all",
            help="Executions that end otherwise are removed.",
        ),
        Setting(
            name="search_index",
            type=str,
            unit="full, words or off",
            default="that of the history, full for a new one",
            help="The content of the search index: all, words alone, or nothing.",
        ),
        Setting(
            name="model_prices",
            type=Path,
            unit="file",
            default="none",
            help="A file of own prices of language models; docs/inspect/viewer.md shows its form.",
        ),
    )
}

Source: TypeAlias = tuple[str, Mapping[str, Any]]
"""The name of a source of settings, and the settings of the source."""


def find_default_config() -> Path:
    """
    Return the path of the default configuration file.

    Returns:
        `flightlog.toml` in the user's configuration directory, e.g. `~/.config/flightlog`.
    """
    return platformdirs.user_config_path("flightlog", appauthor=False) / "flightlog.toml"


def collect_sources(
    flags: Mapping[str, Any], config: Path | None, environ: Mapping[str, str] = os.environ
) -> list[Source]:
    """
    Collect the chosen settings of all sources.

    Args:
        flags: The command line's settings; None is not chosen.
        config: The configuration file from the command line, if any.
        environ: The environment.

    Returns:
        The sources, the strongest first.

    Raises:
        InvalidSettingError: A value, a name or the configuration file can't be used.
    """
    named = config or (Path(environ[CONFIG_VARIABLE]) if environ.get(CONFIG_VARIABLE) else None)
    return [
        ("the command line", {name: value for name, value in flags.items() if value is not None}),
        ("the environment", _read_environment(environ)),
        _read_file(named or find_default_config(), must_exist=named is not None),
    ]


def choose(found: list[Source], *names: str) -> dict[str, Any]:
    """
    Take each named setting from the strongest source that has it.

    Args:
        found: The result of `sources`.
        names: The names of the settings.

    Returns:
        The values by name; a setting without a chosen value is left out.
    """
    return {
        name: value
        for _, values in reversed(found)
        for name, value in values.items()
        if name in names
    }


def _read_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    chosen = {}
    for setting in SETTINGS.values():
        text = environ.get(setting.variable, "").strip()
        if text:
            lists = setting.type == tuple[str, ...]
            chosen[setting.name] = _convert(
                setting, text.split() if lists else text, setting.variable
            )
    return chosen


def _read_file(path: Path, *, must_exist: bool) -> Source:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if must_exist:
            raise InvalidSettingError(
                "config",
                f"names {path}, which does not exist",
                hint=f"Correct --config or {CONFIG_VARIABLE}, or make the file.",
            ) from None
        return str(path), {}
    except (OSError, ValueError) as error:
        raise InvalidSettingError(
            "config", f"names {path}, which can't be read ({error})", hint="Correct the TOML file."
        ) from error
    chosen = {}
    for name, value in table.items():
        if name not in SETTINGS:
            close = difflib.get_close_matches(name, SETTINGS, n=1)
            hint = (
                f"Did you mean `{close[0]}`?"
                if close
                else "docs/reference/cli.md lists the settings."
            )
            raise InvalidSettingError(name, f"in {path} is no setting", hint=hint)
        converted = _convert(SETTINGS[name], value, f"{name} in {path}")
        chosen[name] = _read_member(path.parent, name, converted)
    return str(path), chosen


def _read_member(folder: Path, name: str, value: Any) -> Any:
    # Relative paths in a file start at the file.
    if name == "redact_rules":
        return tuple(
            entry if entry.startswith("off:") else str(folder / Path(entry).expanduser())
            for entry in value
        )
    if isinstance(value, StorageAddress):
        return value.resolve_in(folder)
    return folder / value if isinstance(value, Path) else value


def _convert(setting: Setting, value: Any, where: str) -> Any:
    if setting.type is Path and isinstance(value, str):
        return Path(value).expanduser()
    if setting.type is StorageAddress and isinstance(value, str):
        return parse_address(value, where)
    try:
        return msgspec.convert(value, setting.type, strict=not isinstance(value, str))
    except msgspec.ValidationError as error:
        raise InvalidSettingError(
            where, f"is {value!r}, which is no {setting.unit}", hint=setting.help
        ) from error
