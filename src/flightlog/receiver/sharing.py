"""Serve a run as one HTML file, for people who have no access to the history."""

from __future__ import annotations

import threading
from typing import Final, TypeAlias
from urllib.parse import unquote

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, SkipValidation

from flightlog.receiver.payloads import NEVER_A_PAGE
from flightlog.receiver.routing import Logger, route
from flightlog.redaction import Redactor
from flightlog.share import name_file, share_run

CurrentRedactor: TypeAlias = NamedDependency[SkipValidation[Redactor]]

_HTML: Final = "text/html"
# A page takes up to 100 MB of memory and seconds of a processor while it is made.
_one_at_a_time: Final = threading.Lock()


@route(get, "/api/executions/{execution_id:str}/share", "not_found", media_type=_HTML)
def share_execution(
    logger: Logger, redactor: CurrentRedactor, execution_id: FromPath[str]
) -> Response[bytes]:
    """Read one execution as an HTML file without scripts, redacted once more, as an attachment."""
    with _one_at_a_time:
        page = share_run(logger.reader, unquote(execution_id), redactor)
    name = name_file(unquote(execution_id))
    return Response(
        page,
        media_type=_HTML,
        headers={**NEVER_A_PAGE, "content-disposition": f'attachment; filename="{name}"'},
    )


SHARE_ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (share_execution,)
