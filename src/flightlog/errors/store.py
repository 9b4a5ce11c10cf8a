"""Errors of the history's database."""

from __future__ import annotations

from flightlog.errors.base import FlightlogError


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
    """Other processes keep the database, or its server, too busy; nothing was stored."""

    code = "store_busy"
    retryable = True

    def __init__(self, path: str, busy_timeout_ms: int = 0, *, reason: str = "") -> None:
        super().__init__(
            path,
            reason or f"was held by another process for more than {busy_timeout_ms} ms",
            hint="Try again; if it lasts, look for a program that keeps it open for writing.",
        )


class StoreMigratingError(StoreError):
    """
    The receiver migrates the history to the current schema; nothing was stored or read.

    Attributes:
        from_schema: The schema version of the history; 0 is the editor's own schema.
        to_schema: The schema version that the history gets.
        step: The current step: `copying` or `converting`.
        share: The part of the step that is done, 0 to 1.
    """

    code = "store_migrating"
    retryable = True

    def __init__(
        self, path: str, *, from_schema: int, to_schema: int, step: str, share: float
    ) -> None:
        found = f"schema {from_schema}" if from_schema else "the editor's own schema"
        done = "the old file is copied" if step == "copying" else "the tables are converted"
        super().__init__(
            path,
            f"is being migrated from {found} to schema {to_schema}: {share:.0%} of the step in "
            f"which {done}",
            hint="Send the request again later; workflows keep their records until then.",
        )
        self.from_schema = from_schema
        self.to_schema = to_schema
        self.step = step
        self.share = share


class StoreFullError(StoreError):
    """The disk is full; nothing was stored and the stored data is intact."""

    code = "store_full"
    retryable = True

    def __init__(self, path: str) -> None:
        super().__init__(
            path, "can't grow: the disk is full", hint="Free some space, then try again."
        )


class StoreLogFullError(StoreError):
    """
    The write-ahead log has reached its limit, because a reader keeps it; nothing was stored.

    Attributes:
        log_bytes: The size of the log.
    """

    code = "store_log_full"
    retryable = True

    def __init__(self, path: str, log_bytes: int, holders: str) -> None:
        super().__init__(
            path,
            f"has a write-ahead log of {log_bytes // 2**20:,} MiB, which can't be emptied while "
            f"{holders or 'another program'} reads it",
            hint="End that program, or its transaction; the records wait until then.",
        )
        self.log_bytes = log_bytes


class StoreReadEndedError(StoreError):
    """A call read for so long that the write-ahead log could not be emptied; the call was ended."""

    code = "store_read_ended"
    retryable = True

    def __init__(self, path: str) -> None:
        super().__init__(
            path,
            "was read for too long by one call",
            hint="Ask for less at once, e.g. a shorter time or fewer executions, or try later.",
        )


class StoreUnavailableError(StoreError):
    """The database can't be opened, read or written."""

    code = "store_unavailable"


class StoreDisconnectedError(StoreUnavailableError):
    """
    The database's server can't be reached, or the connection to it was lost.

    Unless the connection was lost while the transaction ended, nothing of the call was stored.
    Records may be sent again in any case, because storing them twice changes nothing.
    """

    code = "store_disconnected"
    retryable = True

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            path,
            f"can't be reached ({reason.rstrip('.')})",
            hint="Start the server, or check its address; the records wait until then.",
        )


class StoreCapabilityError(StoreError):
    """
    The history is in a database that can't do what was asked.

    Attributes:
        capability: The missing capability, as `flightlog.store.reader` names it.
    """

    code = "store_capability"

    def __init__(self, path: str, capability: str) -> None:
        super().__init__(
            path,
            f"is in a database that can't do this yet: {capability}",
            hint="A history in SQLite can; `flightlog copy` copies a history.",
        )
        self.capability = capability


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


class StoreUnsupportedError(StoreError):
    """
    A command works on SQLite files only, and the history is a server's database.

    Attributes:
        purpose: The command or the part of it.
    """

    code = "store_unsupported"

    def __init__(self, path: str, purpose: str) -> None:
        super().__init__(
            path,
            f"is no SQLite file, and {purpose} works on SQLite files only",
            hint="Use the server's own tools, or `flightlog copy` the history into a file first.",
        )
        self.purpose = purpose


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
