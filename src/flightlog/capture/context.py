"""
Owns the objects that all executions of one recorder share, and turns values into payloads.

`flightlog.capture.encoding` encodes the values, and `flightlog.redaction` removes secrets.
"""

from __future__ import annotations

from types import TracebackType
from typing import Literal

from msgspec import Struct

from flightlog.capture.copies import CopiedAsItself, RecorderSettings
from flightlog.capture.encoded_cache import EncodedCache
from flightlog.capture.encoding import encode_value
from flightlog.capture.ids import RedactedNames
from flightlog.capture.messages import Append
from flightlog.capture.pipeline import Pipeline
from flightlog.capture.settings import CaptureSettings
from flightlog.redaction import Redactor


class FaultBarrier(CopiedAsItself):
    """
    Stands between recording and the workflow, so that no fault of recording reaches the workflow.

    The barrier is a reusable context manager that counts and reports the exceptions it stops. A
    KeyboardInterrupt, a SystemExit or another exception that a signal handler raised belongs to the
    workflow and passes the barrier.

    Args:
        pipeline: The pipeline, which counts and reports the faults.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        # Don't call a method here, because there may be no stack for a call.
        if kind is RecursionError or kind is MemoryError:
            self._pipeline.exhausted += 1
        elif error is not None:
            self._pipeline.swallow(error)
        return True


class CaptureContext(Struct, frozen=True, kw_only=True):
    """The objects that all executions of one recorder share."""

    workflow_id: str
    workflow_name: str
    project_id: str | None
    pipeline: Pipeline
    append: Append
    redactor: Redactor
    settings: CaptureSettings
    barrier: FaultBarrier
    encoded_cache: EncodedCache
    names: RedactedNames
    recorder: RecorderSettings

    def payload(self, value: object, root: Literal["trigger", "input", "output"]) -> bytes:
        """
        Encode a value as it is now and remove secrets.

        Args:
            value: Any value.
            root: The value's member in the record, for paths excepted from redaction.

        Returns:
            JSON.
        """
        known = self.encoded_cache.find(value)
        if known is not None:
            return known
        json = encode_value(value, self.settings.max_payload_bytes)
        redacted = self.redactor.payload(json, root)
        if redacted is json:
            self.encoded_cache.remember(value, json)
        return redacted
