"""
Every error that Flightlog raises on purpose.

    FlightlogError
    ├── InvalidRecordError          a record that can't be read; says where and why
    ├── InvalidQueryError           a filter, cursor or argument that can't be used
    │   └── PlaceNotFoundError      a payload has nothing at that place, or another kind of value
    ├── InvalidSettingError         a setting with a value that can't be used
    ├── MissingExtraError           a library of an optional extra isn't installed
    ├── RequestRefusedError         a request from where none may come, or of a wrong kind
    ├── BodyTooLargeError           more bytes than the receiver takes at once
    ├── NotFoundError               no such execution or payload
    ├── PayloadTooLargeError        a payload too large for what was asked of it
    ├── ExecutionDeletedError       a late record of an execution that was deleted
    ├── PortInUseError              another program listens there
    ├── DemoFailedError             the demonstration could not go on
    ├── InvalidManifestError        a workflow manifest no workflow can be made of; says each place
    ├── GenerationFailedError       the code that was made isn't right, or can't be checked
    ├── FileNotOursError            a file in the way that Flightlog didn't make, or others changed
    ├── WorkflowError               a generated workflow can't be run, or a run can't go on
    │   ├── InvalidWorkflowError    its definition can't be run
    │   ├── InvalidExpressionError  a `{{ … }}` that can't be evaluated
    │   ├── UnusableSecretError     a secret is missing or too short
    │   ├── InvalidInputError       what a workflow or a node was given isn't what it asks for
    │   ├── TriggerRefusedError     a request without a valid signature, key or body
    │   ├── TimeLimitError          a node or a run took too long
    │   └── CallFailedError         another server refused a call, or could not be reached
    │       └── ProviderError       that server belongs to a model's provider
    └── StoreError                  the database refused
        ├── StoreBusyError          another process holds it (retryable)
        ├── StoreFullError          the disk is full (retryable)
        ├── StoreUnavailableError   it can't be opened, read or written
        ├── StoreGoneError          its file was removed, moved or replaced (retryable)
        ├── StoreUnsafeError        its file is another user's, or others can exchange it
        ├── StoreReadOnlyError      it was opened for reading only
        ├── StoreVersionError       made by a newer Flightlog
        ├── StoreForeignError       it isn't a database of ours
        └── StoreClosedError        used after close()

Each has a stable `code` (the last part of the problem type over HTTP), says whether the same
call may succeed later (`retryable`), and carries a `hint`: what the reader can do about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar


def printable(text: str) -> str:
    """
    Write text that can be encoded, with escapes for what is no UTF-8 in a file's name.

    Args:
        text: Any text; Python writes a byte that is no UTF-8 as a lone surrogate.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text


class FlightlogError(Exception):
    """
    The base of all errors of Flightlog.

    Attributes:
        code: Stable text that programs can rely on.
        retryable: Whether the same call, unchanged, may succeed later.
        hint: What the reader can do, one sentence.
    """

    code: ClassVar[str] = "flightlog_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str) -> None:
        # A file's name may be no UTF-8; a message with that name could be neither logged nor sent.
        message, hint = printable(message), printable(hint)
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"


class InvalidRecordError(FlightlogError):
    """
    A record can't be read; nothing of its request is stored.

    Attributes:
        reason: What is wrong, one sentence without the place.
        path: Where, as a JSON path from the record's root, e.g. `$.nodeExecutions[2].status`.
        line: The line of a many-record body, counted from 1; None for a single record.
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


class InvalidQueryError(FlightlogError):
    """
    A query can't be used as it is.

    Attributes:
        parameter: The name of the argument at fault.
    """

    code = "invalid_query"

    def __init__(self, parameter: str, reason: str, *, hint: str) -> None:
        super().__init__(f"`{parameter}` {reason}.", hint=hint)
        self.parameter = parameter


class PlaceNotFoundError(InvalidQueryError):
    """A payload has nothing at a place, or something else than what was asked for."""

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

    Also an `ImportError`, so that code which tries an import and goes on without it keeps working.

    Attributes:
        name: The library that is missing.
        extra: The extra that installs it.
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
    A request comes from where none may come, or its body is of a kind that isn't taken.

    Attributes:
        header: The header that decided it: `Host`, `Origin` or `Content-Type`.
        value: What that header said; None when it was missing.
    """

    code = "request_refused"

    def __init__(self, header: str, value: str | None, *, hint: str) -> None:
        said = "is missing" if value is None else f"is {value!r}"
        super().__init__(f"Refused: the request's `{header}` {said}.", hint=hint)
        self.header = header
        self.value = value


class BodyTooLargeError(FlightlogError):
    """
    A request's body is larger than the receiver takes.

    Attributes:
        limit_bytes: The largest body taken.
    """

    code = "body_too_large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            f"The body is larger than {limit_bytes:,} bytes; nothing was stored.",
            hint="Send less at once, or start the receiver with a larger --max-body-bytes.",
        )
        self.limit_bytes = limit_bytes


class NotFoundError(FlightlogError):
    """
    There is no such execution, or no such payload in it.

    Attributes:
        execution_id: The id that was asked for.
    """

    code = "not_found"

    def __init__(self, execution_id: str, *, what: str = "execution") -> None:
        super().__init__(
            f"There is no {what} {execution_id!r} in this history.",
            hint="`flightlog list` shows the executions; --db or --project chooses the history.",
        )
        self.execution_id = execution_id


class PayloadTooLargeError(FlightlogError):
    """
    A payload is too large for a question that needs all of it at once.

    Attributes:
        size_bytes: How large it is.
        limit_bytes: How large it may be.
    """

    code = "payload_too_large"

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(
            f"The payload has {size_bytes:,} bytes; JSONPath takes at most {limit_bytes:,}.",
            hint="Search it for a text, unfold it, or download it.",
        )
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes


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
    The demonstration could not go on.

    Attributes:
        said: The last lines that its workflow printed.
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
    No workflow can be made of a manifest; nothing was written.

    Attributes:
        problems: Each thing that is wrong, one sentence with its place and what to do.
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
    """The code made of a manifest did not pass its own checks, or they can't be made here."""

    code = "generation_failed"


class FileNotOursError(FlightlogError):
    """
    Files stand where generated ones would go, and replacing them would lose somebody's work.

    Attributes:
        paths: The files; none was touched, and nothing was written.
    """

    code = "file_not_ours"

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.paths = tuple(reasons)
        told = "; ".join(f"{path} {reason}" for path, reason in reasons.items())
        super().__init__(
            f"Not replaced: {told}. Nothing was written.",
            hint="Move it away, or choose another directory with --out.",
        )


class WorkflowError(FlightlogError):
    """A generated workflow can't be run, or a run of it can't go on."""

    code = "workflow_error"


class InvalidWorkflowError(WorkflowError):
    """A workflow's definition can't be run."""

    code = "invalid_workflow"


class InvalidExpressionError(WorkflowError):
    """A `{{ … }}` can't be evaluated; `expression` is its text."""

    code = "invalid_expression"

    def __init__(self, expression: str, reason: str, *, hint: str) -> None:
        super().__init__(f"The expression {expression!r} {reason}.", hint=hint)
        self.expression = expression


class UnusableSecretError(WorkflowError):
    """A secret of the environment is missing, or can't be kept out of records; has its `name`."""

    code = "unusable_secret"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"The secret {name} {reason}.", hint=f"Set the environment variable {name}."
        )
        self.name = name


class InvalidInputError(WorkflowError):
    """What a workflow or a node was given isn't what it asks for; `path` says where."""

    code = "invalid_input"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"`{path}` {reason}.", hint="Correct it and send it again.")
        self.path = path


class TriggerRefusedError(WorkflowError):
    """A request is refused before its run; `status` is what it is answered with."""

    code = "trigger_refused"

    def __init__(self, status: int, message: str, *, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class TimeLimitError(WorkflowError, TimeoutError):
    """A node or a run took longer than it may: `limit_ms`."""

    code = "time_limit"

    def __init__(self, what: str, limit_ms: float) -> None:
        super().__init__(
            f"{what} took longer than {limit_ms:,.0f} ms.", hint="Give it a longer timeout."
        )
        self.limit_ms = limit_ms


class CallFailedError(WorkflowError):
    """Another server refused a call or wasn't reached; has its `status` (None) and its `body`."""

    code = "call_failed"

    def __init__(self, message: str, *, hint: str, status: int | None, body: object) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.body = body


class ProviderError(CallFailedError):
    """A model's provider refused a call; has its `provider`, `status` and `type` of error too."""

    code = "provider_error"

    def __init__(
        self,
        provider: str,
        message: str,
        *,
        hint: str,
        status: int | None,
        type: str | None,  # noqa: A002 - the providers' own word
    ) -> None:
        answered = "could not be reached" if status is None else f"answered {status}"
        kind = f" ({type})" if type else ""
        super().__init__(
            f"{provider} {answered}{kind}: {message}", hint=hint, status=status, body=None
        )
        self.provider = provider
        self.type = type
        self.provider_message = message


class StoreError(FlightlogError):
    """
    The database refused.

    Attributes:
        path: The database's file.
    """

    code = "store_error"

    def __init__(self, path: str, reason: str, *, hint: str) -> None:
        super().__init__(f"The history {path} {reason}.", hint=hint)
        self.path = path


class StoreBusyError(StoreError):
    """Another process held the database for longer than `busy_timeout_ms`; nothing was stored."""

    code = "store_busy"
    retryable = True

    def __init__(self, path: str, busy_timeout_ms: int) -> None:
        super().__init__(
            path,
            f"was held by another process for more than {busy_timeout_ms} ms",
            hint="Try again; if it lasts, look for a program that keeps it open for writing.",
        )


class StoreFullError(StoreError):
    """The disk is full; nothing was stored and what was there is unharmed."""

    code = "store_full"
    retryable = True

    def __init__(self, path: str) -> None:
        super().__init__(
            path, "can't grow: the disk is full", hint="Free some space, then try again."
        )


class StoreUnavailableError(StoreError):
    """The database can't be opened, read or written."""

    code = "store_unavailable"


class StoreGoneError(StoreError):
    """
    The file that was opened is no longer at its path, and nothing can be stored there yet.

    Nothing of the call was stored. The store opens the file that is at the path as soon as there
    is one, so the same call may succeed later.
    """

    code = "store_gone"
    retryable = True

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            path,
            reason,
            hint="Put the file back, or make its directory again; the records wait until then.",
        )


class StoreUnsafeError(StoreError):
    """The database isn't written: it belongs to another user, or others can exchange its files."""

    code = "store_unsafe"


class StoreReadOnlyError(StoreError):
    """The history was opened for reading only; nothing was changed."""

    code = "store_read_only"

    def __init__(self, path: str) -> None:
        super().__init__(
            path,
            "is open for reading only",
            hint="Send this to a receiver that was started without --read-only.",
        )


class StoreVersionError(StoreError):
    """
    The database was made by a newer Flightlog than this one.

    Attributes:
        found: The schema version of the file.
        supported: The newest schema version that this program knows.
    """

    code = "store_version"

    def __init__(self, path: str, found: int, supported: int) -> None:
        super().__init__(
            path,
            f"has schema version {found}, newer than the {supported} that this program knows",
            hint="Upgrade with `pip install -U flightlog`; the file was not touched.",
        )
        self.found = found
        self.supported = supported


class StoreForeignError(StoreError):
    """The file is not a SQLite database, or one of another program."""

    code = "store_foreign"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            path, reason, hint="Choose another file with --db; this one was not touched."
        )


class StoreClosedError(StoreError):
    """The logger was used after `close()`."""

    code = "store_closed"

    def __init__(self, path: str) -> None:
        super().__init__(path, "is closed", hint="Open it again with ExecutionLogger(path).")
