"""What all executions of one recorder share: journal, redactor, limits; and making payloads."""

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
    What stands between recording and the workflow: no exception passes it outwards.

    A reusable context manager. What it stops is counted and reported; a KeyboardInterrupt,
    SystemExit, or whatever else a signal handler raised is the workflow's own, and passes.

    Args:
        journal: Counts and reports.
    """

    def __init__(self, journal: Pipeline) -> None:
        self._journal = journal

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        # Without a call, for which there may be no stack.
        if kind is RecursionError or kind is MemoryError:
            self._journal.exhausted += 1
        elif error is not None:
            self._journal.swallow(error)
        return True


class CaptureContext(Struct, frozen=True, kw_only=True):
    """What all executions of one recorder share."""

    workflow_id: str
    workflow_name: str
    project_id: str | None
    journal: Pipeline
    append: Append
    redactor: Redactor
    settings: CaptureSettings
    wall: FaultBarrier
    recent: EncodedCache
    identities: RedactedNames
    recorder: RecorderSettings

    def payload(self, value: object, root: Literal["trigger", "input", "output"]) -> bytes:
        """
        Take a value as it is now: encoded, and without secrets.

        Args:
            value: Anything.
            root: What it will be in the record, for paths excepted from redaction.

        Returns:
            JSON.
        """
        known = self.recent.again(value)
        if known is not None:
            return known
        json = encode_value(value, self.settings.max_payload_bytes)
        redacted = self.redactor.payload(json, root)
        if redacted is json:
            self.recent.remember(value, json)
        return redacted
