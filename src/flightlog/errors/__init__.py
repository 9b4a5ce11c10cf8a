"""
Every error class that Flightlog defines.

    FlightlogError
    ├── InvalidRecordError          a record can't be read; the error says where and why
    ├── InvalidQueryError           a filter, cursor or argument can't be used
    │   └── PlaceNotFoundError      a payload has no value, or another type of value, at a path
    ├── InvalidSettingError         a setting's value can't be used
    ├── MissingExtraError           a library of an optional extra isn't installed
    ├── RequestRefusedError         a request's host, origin or type of body isn't allowed
    ├── BodyTooLargeError           a request's body exceeds the receiver's limit
    ├── NotFoundError               the execution or payload doesn't exist
    ├── PayloadTooLargeError        a payload is too large for the requested operation
    ├── PayloadDamagedError         a stored payload can't be read
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
        ├── StoreMigratingError     the receiver migrates the history (retryable)
        ├── StoreFullError          the disk is full (retryable)
        ├── StoreUnavailableError   the database can't be opened, read or written
        │   └── StoreDisconnectedError  the database's server can't be reached (retryable)
        ├── StoreCapabilityError    this kind of history can't do that
        ├── StoreLogFullError       a reader keeps the write-ahead log large (retryable)
        ├── StoreReadEndedError     one call read for too long (retryable)
        ├── StoreGoneError          the file was removed, moved or replaced (retryable)
        ├── StoreUnsafeError        another user owns the file or can replace the file
        ├── StoreReadOnlyError      the history was opened for reading only
        ├── StoreUnsupportedError   a command works on SQLite files only
        ├── StoreVersionError       a newer Flightlog made the database
        ├── StoreForeignError       the file isn't a Flightlog database
        └── StoreClosedError        the logger was used after close()

Each error has a stable `code`, which is also the last part of the problem type over HTTP. The
flag `retryable` says whether the same call may succeed later. The `hint` says what the reader can
do about the error.
"""

from __future__ import annotations

from flightlog.errors.base import (
    FlightlogError,
)
from flightlog.errors.requests import (
    BodyTooLargeError,
    DemoFailedError,
    ExecutionDeletedError,
    FileNotOursError,
    GenerationFailedError,
    InvalidManifestError,
    InvalidQueryError,
    InvalidRecordError,
    InvalidSettingError,
    MissingExtraError,
    NotFoundError,
    PayloadDamagedError,
    PayloadTooLargeError,
    PlaceNotFoundError,
    PortInUseError,
    QueryFault,
    RequestRefusedError,
)
from flightlog.errors.store import (
    StoreBusyError,
    StoreCapabilityError,
    StoreClosedError,
    StoreDisconnectedError,
    StoreError,
    StoreForeignError,
    StoreFullError,
    StoreGoneError,
    StoreLogFullError,
    StoreMigratingError,
    StoreReadEndedError,
    StoreReadOnlyError,
    StoreUnavailableError,
    StoreUnsafeError,
    StoreUnsupportedError,
    StoreVersionError,
)
from flightlog.errors.workflow import (
    CallFailedError,
    InvalidExpressionError,
    InvalidInputError,
    InvalidWorkflowError,
    MissingLibraryError,
    ProviderError,
    TimeLimitError,
    TriggerRefusedError,
    UnusableSecretError,
    WorkflowError,
)

__all__ = [
    "BodyTooLargeError",
    "CallFailedError",
    "DemoFailedError",
    "ExecutionDeletedError",
    "FileNotOursError",
    "FlightlogError",
    "GenerationFailedError",
    "InvalidExpressionError",
    "InvalidInputError",
    "InvalidManifestError",
    "InvalidQueryError",
    "InvalidRecordError",
    "InvalidSettingError",
    "InvalidWorkflowError",
    "MissingExtraError",
    "MissingLibraryError",
    "NotFoundError",
    "PayloadDamagedError",
    "PayloadTooLargeError",
    "PlaceNotFoundError",
    "PortInUseError",
    "ProviderError",
    "QueryFault",
    "RequestRefusedError",
    "StoreBusyError",
    "StoreCapabilityError",
    "StoreClosedError",
    "StoreDisconnectedError",
    "StoreError",
    "StoreForeignError",
    "StoreFullError",
    "StoreGoneError",
    "StoreLogFullError",
    "StoreMigratingError",
    "StoreReadEndedError",
    "StoreReadOnlyError",
    "StoreUnavailableError",
    "StoreUnsafeError",
    "StoreUnsupportedError",
    "StoreVersionError",
    "TimeLimitError",
    "TriggerRefusedError",
    "UnusableSecretError",
    "WorkflowError",
]

# Records of failed executions hold the names of these classes, so a name must not depend on the
# module that defines the class.
for _name in __all__:
    globals()[_name].__module__ = __name__
