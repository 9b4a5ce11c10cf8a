"""
Every error class that Flightlog defines.

    FlightlogError
    ├── InvalidRecordError          a record can't be read; the error says where and why
    ├── InvalidQueryError           a filter, cursor or argument can't be used
    │   └── PlaceNotFoundError      a payload has no value, or another type of value, at a path
    ├── InvalidSettingError         a setting's value can't be used
    ├── MissingExtraError           a library of an optional extra isn't installed
    ├── RequestRefusedError         a request's host, origin or content type isn't allowed
    ├── BodyTooLargeError           a request's body exceeds the receiver's limit
    ├── NotFoundError               the execution or payload doesn't exist
    ├── PayloadTooLargeError        a payload is too large for the requested operation
    ├── ExecutionDeletedError       a late record belongs to a deleted execution
    ├── PortInUseError              another program listens on the port
    ├── DemoFailedError             the demonstration could not continue
    ├── InvalidManifestError        no workflow can be generated from a workflow manifest
    ├── GenerationFailedError       generated code fails its checks, or the checks can't run
    ├── FileNotOursError            Flightlog didn't write a file in the way, or it was changed
    ├── WorkflowError               a generated workflow can't run, or its run can't continue
    │   ├── InvalidWorkflowError    the workflow's definition can't be run
    │   ├── MissingLibraryError     the nodes need libraries that aren't installed
    │   ├── InvalidExpressionError  a `{{ … }}` can't be evaluated
    │   ├── UnusableSecretError     a secret is missing or too short
    │   ├── InvalidInputError       the input of a workflow or a node has the wrong shape
    │   ├── TriggerRefusedError     a request has no valid signature, key or body
    │   ├── TimeLimitError          a node or a run exceeded its time limit
    │   └── CallFailedError         another server refused a call, or could not be reached
    │       └── ProviderError       the other server belongs to a model's provider
    └── StoreError                  a database operation failed
        ├── StoreBusyError          another process holds the database (retryable)
        ├── StoreFullError          the disk is full (retryable)
        ├── StoreUnavailableError   the database can't be opened, read or written
        ├── StoreGoneError          the file was removed, moved or replaced (retryable)
        ├── StoreUnsafeError        another user owns the file or can replace the file
        ├── StoreReadOnlyError      the history was opened for reading only
        ├── StoreVersionError       a newer Flightlog made the database
        ├── StoreForeignError       the file isn't a Flightlog database
        └── StoreClosedError        the logger was used after close()

Each error has a stable `code`, which is also the last part of the problem type over HTTP. The
flag `retryable` says whether the same call may succeed later. The `hint` says what the reader can
do about the error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar


def printable(text: str) -> str:
    """
    Escape the parts of a text that can't be encoded as UTF-8.

    Python represents a byte that is not UTF-8, for example in a file's name, as a lone surrogate.

    Args:
        text: Any text.

    Returns:
        The same text; each lone surrogate is replaced by a backslash escape.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text


class FlightlogError(Exception):
    """
    The base class of all errors of Flightlog.

    Attributes:
        code: Stable text that programs can rely on.
        retryable: Whether the same call, unchanged, may succeed later.
        message: The fault and the value at fault, without the hint.
        hint: One sentence on what the reader can do.
    """

    code: ClassVar[str] = "flightlog_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str) -> None:
        # A file's name may hold bytes that are not UTF-8. Escape them, because a message with such
        # a name could be neither logged nor sent.
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


class InvalidQueryError(FlightlogError):
    """
    A query has an argument that can't be used.

    Attributes:
        parameter: The name of the argument at fault.
    """

    code = "invalid_query"

    def __init__(self, parameter: str, reason: str, *, hint: str) -> None:
        super().__init__(f"`{parameter}` {reason}.", hint=hint)
        self.parameter = parameter


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
    A request comes from a host or origin that isn't allowed, or its body has an unsupported type.

    Attributes:
        header: The header that caused the refusal: `Host`, `Origin` or `Content-Type`.
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
        limit_bytes: The largest accepted body, bytes.
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
    The execution does not exist, or has no such payload.

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
        told = "; ".join(f"{path} {reason}" for path, reason in reasons.items())
        super().__init__(
            f"Not replaced: {told}. Nothing was written.",
            hint="Move it away, or choose another directory with --out.",
        )


class WorkflowError(FlightlogError):
    """A generated workflow can't run, or its run can't continue."""

    code = "workflow_error"


class InvalidWorkflowError(WorkflowError):
    """A workflow's definition can't be run."""

    code = "invalid_workflow"


class MissingLibraryError(WorkflowError):
    """
    A workflow's nodes need libraries that aren't installed.

    Attributes:
        names: The libraries that are missing.
    """

    code = "missing_library"

    def __init__(self, names: Sequence[str], command: str) -> None:
        super().__init__(
            f"The workflow's nodes need {', '.join(names)}, which can't be found.",
            hint=f"Run `{command}`.",
        )
        self.names = tuple(names)


class InvalidExpressionError(WorkflowError):
    """
    A `{{ … }}` can't be evaluated.

    Attributes:
        expression: The text of the expression.
    """

    code = "invalid_expression"

    def __init__(self, expression: str, reason: str, *, hint: str) -> None:
        super().__init__(f"The expression {expression!r} {reason}.", hint=hint)
        self.expression = expression


class UnusableSecretError(WorkflowError):
    """
    A secret from the environment is missing, or can't be kept out of records.

    Attributes:
        name: The environment variable of the secret.
    """

    code = "unusable_secret"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"The secret {name} {reason}.", hint=f"Set the environment variable {name}."
        )
        self.name = name


class InvalidInputError(WorkflowError):
    """
    The input of a workflow or a node doesn't have the declared shape.

    Attributes:
        path: The place in the input.
    """

    code = "invalid_input"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"`{path}` {reason}.", hint="Correct it and send it again.")
        self.path = path


class TriggerRefusedError(WorkflowError):
    """
    A request is refused before its run starts.

    Attributes:
        status: The HTTP status of the answer.
    """

    code = "trigger_refused"

    def __init__(self, status: int, message: str, *, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class TimeLimitError(WorkflowError, TimeoutError):
    """
    A node or a run exceeded its time limit.

    Attributes:
        limit_ms: The time limit, milliseconds.
    """

    code = "time_limit"

    def __init__(self, what: str, limit_ms: float) -> None:
        super().__init__(
            f"{what} took longer than {limit_ms:,.0f} ms.", hint="Give it a longer timeout."
        )
        self.limit_ms = limit_ms


class CallFailedError(WorkflowError):
    """
    Another server refused a call, or could not be reached.

    Attributes:
        status: The HTTP status of the server's answer; None when there was no answer.
        body: The body of the server's answer, if any.
    """

    code = "call_failed"

    def __init__(self, message: str, *, hint: str, status: int | None, body: object) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.body = body


class ProviderError(CallFailedError):
    """
    A model's provider refused a call, or could not be reached.

    Attributes:
        provider: The provider's name.
        type: The provider's type of error; None when the provider named none.
        provider_message: The provider's own message.
    """

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
    A database operation failed.

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
    """The disk is full; nothing was stored and the stored data is intact."""

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
    The opened file is no longer at its path, and nothing can be stored there yet.

    Nothing of the call was stored. As soon as a file is at the path again, the store opens that
    file, so the same call may succeed later.
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
    """The store doesn't write, because another user owns the database or can replace its files."""

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
    A newer Flightlog made the database.

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
    """The file is not a SQLite database, or is a database of another program."""

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
