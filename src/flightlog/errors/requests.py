"""Errors of records, queries, settings, requests, files and generated code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from flightlog.errors.base import FlightlogError

SAVED_QUERY: Final = "saved query"
"""How errors name a query that was saved."""


class InvalidRecordError(FlightlogError):
    """
    A record can't be read; nothing of its request is stored.

    Attributes:
        reason: The fault, one sentence without the place.
        path: The place as a JSON path from the record's root, e.g. `$.nodeExecutions[2].status`.
        line: The line of a body with many records, counted from 1; None for a single record.
    """

    code = "invalid_record"

    def __init__(self, reason: str, *, path: str = "$", line: int | None = None) -> None:
        place = f"`{path}`" if line is None else f"line {line}, `{path}`"
        super().__init__(
            f"The record can't be read at {place}: {reason}.",
            hint="Correct it and send it again; nothing of this request was stored.",
        )
        self.reason = reason
        self.path = path
        self.line = line


class QueryFault(NamedTuple):
    """The place at which a text of the query language can't be read."""

    text: str
    """The whole query."""
    column: int
    """The column of the fault, counted from 1 in characters."""
    length: int
    """The number of characters at fault; 0 if something is missing."""
    suggestion: str | None
    """The whole query that was probably meant; None if there is no guess."""


class InvalidQueryError(FlightlogError):
    """
    A query has an argument that can't be used.

    Attributes:
        parameter: The name of the argument at fault.
        fault: The place of the fault, if the argument is a text of the query language.
    """

    code = "invalid_query"

    def __init__(
        self, parameter: str, reason: str, *, hint: str, fault: QueryFault | None = None
    ) -> None:
        super().__init__(f"`{parameter}` {reason}.", hint=hint)
        self.parameter = parameter
        self.fault = fault


class PlaceNotFoundError(InvalidQueryError):
    """A payload has no value at the requested place, or a value of another type."""

    code = "no_such_place"


class InvalidSettingError(FlightlogError):
    """
    A setting has a value that can't be used.

    Attributes:
        setting: The setting's name.
    """

    code = "invalid_setting"

    def __init__(self, setting: str, reason: str, *, hint: str) -> None:
        super().__init__(f"`{setting}` {reason}.", hint=hint)
        self.setting = setting


class MissingExtraError(FlightlogError, ImportError):
    """
    A library of an optional extra isn't installed.

    The class is also an `ImportError`, so that code which tries an import and continues without the
    library still works.

    Attributes:
        name: The library that is missing.
        extra: The extra that installs the library.
    """

    code = "missing_extra"

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(
            f"This part of Flightlog needs {library}, which isn't installed.",
            hint=f"Run `pip install 'flightlog[{extra}]'`.",
        )
        self.name = library
        self.extra = extra


class RequestRefusedError(FlightlogError):
    """
    A request comes from a host, origin or site that isn't allowed, or its body isn't supported.

    Attributes:
        header: The header that caused the refusal: `Host`, `Origin`, `Sec-Fetch-Site`,
            `Content-Type` or `Content-Encoding`.
        value: The header's value; None when the header was missing.
    """

    code = "request_refused"

    def __init__(self, header: str, value: str | None, *, hint: str) -> None:
        said = "is missing" if value is None else f"is {value!r}"
        super().__init__(f"Refused: the request's `{header}` {said}.", hint=hint)
        self.header = header
        self.value = value


class BodyTooLargeError(FlightlogError):
    """
    A request's body is larger than the receiver's limit.

    Attributes:
        limit: The largest accepted number of units.
    """

    code = "body_too_large"

    def __init__(self, limit: int, unit: str = "bytes") -> None:
        super().__init__(
            f"The body has more than {limit:,} {unit}; nothing was stored.",
            hint="Send less at once, or start the receiver with a larger --max-body-bytes."
            if unit == "bytes"
            else "Send less at once.",
        )
        self.limit = limit


class NotFoundError(FlightlogError):
    """
    The execution does not exist, or has no such payload, or no saved query has the name.

    Attributes:
        execution_id: The id, or the name, that was asked for.
    """

    code = "not_found"

    def __init__(self, execution_id: str, *, what: str = "execution") -> None:
        shown = "`flightlog list` shows the executions"
        if what == SAVED_QUERY:
            shown = "`flightlog queries` shows the saved queries"
        super().__init__(
            f"There is no {what} {execution_id!r} in this history.",
            hint=f"{shown}; --db or --project chooses the history.",
        )
        self.execution_id = execution_id


class PayloadTooLargeError(FlightlogError):
    """
    A payload is too large for an operation that needs the whole payload in memory.

    Attributes:
        size_bytes: The size of the payload.
        limit_bytes: The largest size that the operation accepts.
    """

    code = "payload_too_large"

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(
            f"The payload has {size_bytes:,} bytes; JSONPath takes at most {limit_bytes:,}.",
            hint="Search it for a text, unfold it, or download it.",
        )
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes


class PayloadDamagedError(FlightlogError):
    """
    A stored payload can't be read; the rest of its execution can.

    Attributes:
        reason: The fault.
    """

    code = "payload_damaged"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The payload is damaged in the history's file: {reason}.",
            hint="Run `flightlog doctor`; a backup may hold the payload (`flightlog restore`).",
        )
        self.reason = reason


class ExecutionDeletedError(FlightlogError):
    """
    Every record of a request belongs to an execution that was deleted; nothing was stored.

    Attributes:
        execution_ids: The executions' ids.
    """

    code = "execution_deleted"

    def __init__(self, execution_ids: tuple[str, ...]) -> None:
        super().__init__(
            f"Deleted before, so not stored again: {', '.join(execution_ids)}.",
            hint="Don't send it again; a new run needs a new id.",
        )
        self.execution_ids = execution_ids


class PortInUseError(FlightlogError):
    """
    Another program listens on the port.

    Attributes:
        host: The address that was asked for.
        port: The port that was asked for.
    """

    code = "port_in_use"

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {host} is in use by another program.",
            hint="Choose another with --port N, or --port 0 for any free one.",
        )
        self.host = host
        self.port = port


class DemoFailedError(FlightlogError):
    """
    The demonstration could not continue.

    Attributes:
        said: The last lines that the demonstration's workflow printed.
    """

    code = "demo_failed"

    def __init__(self, message: str, said: Iterable[str] = ()) -> None:
        self.said = tuple(said)
        last = "\n".join(self.said)
        super().__init__(
            message,
            hint=f"It printed:\n{last}" if last else "Try again; nothing else was touched.",
        )


class InvalidManifestError(FlightlogError):
    """
    No workflow can be generated from a manifest; nothing was written.

    Attributes:
        problems: One sentence for each fault, with its place and what to do.
    """

    code = "invalid_manifest"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        if len(self.problems) == 1:
            super().__init__(self.problems[0], hint="Nothing was written.")
        else:
            super().__init__(
                f"The manifest has {len(self.problems)} problems; nothing was written.",
                hint="\n".join(f"- {problem}" for problem in self.problems),
            )


class GenerationFailedError(FlightlogError):
    """Generated code did not pass its own checks, or the checks can't run on this machine."""

    code = "generation_failed"


class FileNotOursError(FlightlogError):
    """
    Generated files would replace files that hold somebody's work.

    Attributes:
        paths: The existing files; none was changed, and nothing was written.
    """

    code = "file_not_ours"

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.paths = tuple(reasons)
        listed = "; ".join(f"{path} {reason}" for path, reason in reasons.items())
        super().__init__(
            f"Not replaced: {listed}. Nothing was written.",
            hint="Move it away, or choose another directory with --out.",
        )
