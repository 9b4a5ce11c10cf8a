"""`flightlog serve`: run the receiver. `flightlog.receiver` implements its routes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.browser import open_browser
from flightlog.cli.exit_codes import ExitCode, print_error
from flightlog.cli.history import HistoryChoice
from flightlog.cli.retention import choose_policy
from flightlog.cli.settings import SETTINGS, choose
from flightlog.cli.terminal import make_output_console
from flightlog.errors import PortInUseError


def _take_several(setting: str, metavar: str) -> Parameter:
    return Parameter(
        help=SETTINGS[setting].summary, metavar=f"{metavar}...", consume_multiple=(1, None)
    )


def serve(
    *,
    host: Annotated[str | None, Parameter(help=SETTINGS["host"].summary)] = None,
    port: Annotated[int | None, Parameter(help=SETTINGS["port"].summary)] = None,
    socket: Annotated[
        Path | None, Parameter(help=SETTINGS["socket"].summary, metavar="PATH")
    ] = None,
    max_body_bytes: Annotated[
        int | None, Parameter(help=SETTINGS["max_body_bytes"].summary)
    ] = None,
    allowed_hosts: Annotated[tuple[str, ...] | None, _take_several("allowed_hosts", "HOST")] = None,
    allowed_origins: Annotated[
        tuple[str, ...] | None, _take_several("allowed_origins", "ORIGIN")
    ] = None,
    stall_timeout_s: Annotated[
        float | None, Parameter(help=SETTINGS["stall_timeout_s"].summary)
    ] = None,
    spool_dir: Annotated[
        Path | None, Parameter(help=SETTINGS["spool_dir"].summary, metavar="DIR")
    ] = None,
    lease_s: Annotated[float | None, Parameter(help=SETTINGS["lease_s"].summary)] = None,
    redact_keys: Annotated[tuple[str, ...] | None, _take_several("redact_keys", "KEY")] = None,
    redact_patterns: Annotated[
        tuple[str, ...] | None, _take_several("redact_patterns", "PATTERN")
    ] = None,
    redact_except: Annotated[tuple[str, ...] | None, _take_several("redact_except", "PATH")] = None,
    redact_rules: Annotated[tuple[str, ...] | None, _take_several("redact_rules", "FILE")] = None,
    max_size: Annotated[
        str | None, Parameter(help=SETTINGS["max_size"].summary, metavar="SIZE")
    ] = None,
    keep_days: Annotated[
        float | None, Parameter(help=SETTINGS["keep_days"].summary, metavar="DAYS")
    ] = None,
    keep_failed_days: Annotated[
        float | None, Parameter(help=SETTINGS["keep_failed_days"].summary, metavar="DAYS")
    ] = None,
    keep_executions: Annotated[
        int | None, Parameter(help=SETTINGS["keep_executions"].summary, metavar="N")
    ] = None,
    keep_status: Annotated[
        str | None, Parameter(help=SETTINGS["keep_status"].summary, metavar="STATUS")
    ] = None,
    search_index: Annotated[
        str | None, Parameter(help=SETTINGS["search_index"].summary, metavar="CONTENT")
    ] = None,
    model_prices: Annotated[
        Path | None, Parameter(help=SETTINGS["model_prices"].summary, metavar="FILE")
    ] = None,
    ingest_needs_right: Annotated[
        bool | None, Parameter(help=SETTINGS["ingest_needs_right"].summary)
    ] = None,
    tls_certificate: Annotated[
        Path | None, Parameter(help=SETTINGS["tls_certificate"].summary, metavar="FILE")
    ] = None,
    tls_key: Annotated[
        Path | None, Parameter(help=SETTINGS["tls_key"].summary, metavar="FILE")
    ] = None,
    behind_proxy: Annotated[bool | None, Parameter(help=SETTINGS["behind_proxy"].summary)] = None,
    trust_user_header: Annotated[
        str | None, Parameter(help=SETTINGS["trust_user_header"].summary, metavar="HEADER")
    ] = None,
    trusted_proxy: Annotated[
        tuple[str, ...] | None, _take_several("trusted_proxy", "ADDRESS")
    ] = None,
    user_rights: Annotated[tuple[str, ...] | None, _take_several("user_rights", "RIGHT")] = None,
    admin_users: Annotated[tuple[str, ...] | None, _take_several("admin_users", "NAME")] = None,
    read_only: bool = False,
    open: bool = False,  # noqa: A002 - the option's name
    history: HistoryChoice | None = None,
) -> int:
    """
    Accept records from workflows and serve the history over HTTP, until Ctrl-C.

    The command prints the URL of the viewer, the URL for workflows and the path of the database.
    Without --open, the viewer's URL has a code that lets the page in. The code can be used once,
    within 15 minutes; the page then stays in for seven days. If Flightlog already runs on the port,
    the command says so and ends. With an address that other machines reach, e.g. `--host 0.0.0.0`,
    the receiver needs `--tls-certificate` or `--behind-proxy`, and requests of other machines need
    a token or the installation's key. The `Host` of a request must be an address of this machine or
    one of `--allowed-hosts`; other requests get 403.

    Args:
        host: See the settings.
        port: See the settings.
        socket: See the settings.
        max_body_bytes: See the settings.
        allowed_hosts: See the settings.
        allowed_origins: See the settings.
        stall_timeout_s: See the settings.
        spool_dir: See the settings.
        lease_s: See the settings.
        redact_keys: See the settings.
        redact_patterns: See the settings.
        redact_except: See the settings.
        redact_rules: See the settings.
        ingest_needs_right: See the settings.
        tls_certificate: See the settings.
        tls_key: See the settings.
        behind_proxy: See the settings.
        trust_user_header: See the settings.
        trusted_proxy: See the settings.
        user_rights: See the settings.
        admin_users: See the settings.
        max_size: See the settings.
        keep_days: See the settings.
        keep_failed_days: See the settings.
        keep_executions: See the settings.
        keep_status: See the settings.
        search_index: See the settings.
        model_prices: See the settings.
        read_only: Only serve the history, which may be another user's or an older one: accept no
            records, collect no spools, change nothing.
        open: Open the viewer in the browser.
        history: The history to serve; made if missing, unless read_only.

    Returns:
        The exit code.

    Raises:
        PortInUseError: Another program listens on the port.
        InvalidSettingError: A setting can't be used.
        StoreError: The history can't be opened.
    """
    from flightlog.cli.receivers import build_local_url, is_running  # noqa: PLC0415 - a web server
    from flightlog.cli.serve_here import serve_here  # noqa: PLC0415 - as above
    from flightlog.receiver import ReceiverSettings  # noqa: PLC0415 - as above
    from flightlog.receiver.histories import SingleHistory  # noqa: PLC0415 - as above
    from flightlog.receiver.opening import OpeningHistory  # noqa: PLC0415 - as above

    history = history or HistoryChoice()
    flags = {
        "host": host,
        "port": port,
        "socket": socket,
        "max_body_bytes": max_body_bytes,
        "allowed_hosts": allowed_hosts,
        "allowed_origins": allowed_origins,
        "stall_timeout_s": stall_timeout_s,
        "spool_dir": spool_dir,
        "lease_s": lease_s,
        "redact_keys": redact_keys,
        "redact_patterns": redact_patterns,
        "redact_except": redact_except,
        "redact_rules": redact_rules,
        "search_index": search_index,
        "model_prices": model_prices,
        "ingest_needs_right": ingest_needs_right,
        "tls_certificate": tls_certificate,
        "tls_key": tls_key,
        "behind_proxy": behind_proxy,
        "trust_user_header": trust_user_header,
        "trusted_proxy": trusted_proxy,
        "user_rights": user_rights,
        "admin_users": admin_users,
    }
    limits = {
        "max_size": max_size,
        "keep_days": keep_days,
        "keep_failed_days": keep_failed_days,
        "keep_executions": keep_executions,
        "keep_status": keep_status,
    }
    sources = history.collect_sources(**flags, **limits)
    policy = choose_policy(sources, history.chosen_project())
    settings = ReceiverSettings(**choose(sources, *flags), retention=policy)
    try:
        if read_only:
            with history.open() as logger:
                serve_here(SingleHistory(logger), settings, in_browser=open)
        else:
            with OpeningHistory(history.find_address(), history.open_or_make) as opening:
                serve_here(opening, settings, in_browser=open)
    except PortInUseError:
        url = build_local_url(settings)
        if not is_running(url):
            raise
        return _report_running(url, in_browser=open)
    return ExitCode.OK


def _report_running(url: str, *, in_browser: bool) -> ExitCode:
    if in_browser:
        from flightlog.cli.receivers import build_page_url, request_code  # noqa: PLC0415 - lazy

        make_output_console().print(Text(f"Flightlog is already running at {url}"), soft_wrap=True)
        open_browser(build_page_url(url, code=request_code(url)))
        return ExitCode.OK
    print_error(
        f"Flightlog is already running at {url}",
        "`flightlog open` shows it; --port N serves another history beside it.",
    )
    return ExitCode.FAILED
