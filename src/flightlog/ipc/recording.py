"""
`RecordingRules`: which executions a project keeps, by its manifest's and the editor's settings.

The rules apply to all records that come through this process. Another receiver does not know them.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from flightlog.clock import Clock
from flightlog.ipc.channels import erase_older
from flightlog.ipc.responses import RecordingSettings
from flightlog.logger import ExecutionLogger
from flightlog.record.model import WorkflowExecution
from flightlog.store.query import MAX_IDS, ExecutionQuery
from flightlog.store.results import LogResult

MANIFESTS: Final = (".catalyst/manifest.json", ".lowcode/manifest.json")
"""The places of a project's manifest, the first one that exists counts."""
_MAX_MANIFEST_BYTES: Final = 64 * 1024 * 1024


class _Manifest(Struct, rename="camel"):
    execution_logging: Any = None


class RecordingRules:
    """
    Applies the settings to records on their way to a history.

    Several threads may use one object.

    Args:
        clock: The clock by which the ages of executions are computed.
    """

    def __init__(self, clock: Clock) -> None:
        self.settings = RecordingSettings()
        """The editor's settings, for projects whose manifest has none."""
        self._clock = clock
        self._lock = threading.Lock()
        self._manifests: dict[str, tuple[tuple[Path, int, int] | None, RecordingSettings | None]]
        self._manifests = {}

    def find_settings(self, project: str | None) -> RecordingSettings:
        """
        Find the settings of a project.

        Args:
            project: The project's directory; None for a history without a project.

        Returns:
            The settings.
        """
        if project is None or self.settings.overrides_manifest:
            return self.settings
        return self._from_manifest(project) or self.settings

    def keeps_everything(self, project: str | None) -> bool:
        """
        Determine whether a project keeps every record.

        Args:
            project: The project's directory; None for a history without a project.

        Returns:
            Whether `store` would store all records and erase none.
        """
        settings = self.find_settings(project)
        return (
            settings.enabled
            and settings.log_level == "all"
            and not settings.max_executions_per_workflow
        )

    def _from_manifest(self, project: str) -> RecordingSettings | None:
        state = _read_manifest_state(project)
        with self._lock:
            known = self._manifests.get(project)
            if known is None or known[0] != state:
                known = state, None if state is None else _read_settings(state[0])
                self._manifests[project] = known
            return known[1]

    def store(
        self, history: ExecutionLogger, project: str | None, records: Sequence[WorkflowExecution]
    ) -> LogResult:
        """
        Store the wanted ones of some records, and erase those that turn out to be unwanted.

        A run that is wanted only if it fails is stored from its start, and erased when it succeeds.

        Args:
            history: The project's history.
            project: The project's directory; None for a history without a project.
            records: The records.

        Returns:
            The outcome of storing.
        """
        settings = self.find_settings(project)
        if not settings.enabled:
            records = _select_known_runs(history, records)
        unwanted = {
            record.id: record.message is None and record.process_id is None
            for record in records
            if settings.log_level != "all" and record.status not in {"running", settings.log_level}
        }
        # The only record of a run is not stored at all. Other runs are stored and erased, so that
        # a late record does not bring a run back.
        kept = [record for record in records if not unwanted.get(record.id, False)]
        result = history.log_executions(kept) if kept else LogResult()
        if unwanted:
            history.writer.delete_many([*unwanted])
        if settings.max_executions_per_workflow and result.created:
            for workflow in {record.workflow_id for record in kept}:
                _prune(history, workflow, settings.max_executions_per_workflow)
        return result

    def clean(self, history: ExecutionLogger, project: str | None) -> int:
        """
        Erase the executions of a history that are older than the settings allow.

        Args:
            history: The project's history.
            project: The project's directory; None for a history without a project.

        Returns:
            How many executions were erased.
        """
        return erase_older(history, self.find_settings(project).retention_days, self._clock)


def _select_known_runs(
    history: ExecutionLogger, records: Sequence[WorkflowExecution]
) -> list[WorkflowExecution]:
    # A run that began while recording was enabled must not stay `running` for ever.
    ids = list(dict.fromkeys(record.id for record in records))
    known = set()
    for start in range(0, len(ids), MAX_IDS):
        query = ExecutionQuery(ids=tuple(ids[start : start + MAX_IDS]))
        known |= {summary.id for summary in history.reader.list_summaries(query).summaries}
    return [record for record in records if record.id in known]


def _prune(history: ExecutionLogger, workflow: str, most: int) -> None:
    if history.get_stats(workflow).total <= most:
        return
    page = history.query(ExecutionQuery(workflow_ids=(workflow,), offset=most, limit=MAX_IDS))
    old = [record.id for record in page.executions if record.status != "running"]
    starred = {record.id for record in page.executions if record.starred}
    history.writer.delete_many([name for name in old if name not in starred])


def _read_manifest_state(project: str) -> tuple[Path, int, int] | None:
    for name in MANIFESTS:
        path = Path(project) / name
        try:
            found = path.stat()
        except OSError:
            continue
        return path, found.st_mtime_ns, found.st_size
    return None


def read_project_settings(project: str) -> RecordingSettings | None:
    """
    Read the settings in a project's manifest.

    Args:
        project: The project's directory.

    Returns:
        The settings; None if there is no readable manifest, or it has no settings.
    """
    state = _read_manifest_state(project)
    return None if state is None else _read_settings(state[0])


def _read_settings(path: Path) -> RecordingSettings | None:
    try:
        if path.stat().st_size > _MAX_MANIFEST_BYTES:
            return None
        given = msgspec.json.decode(path.read_bytes(), type=_Manifest).execution_logging
    except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError):
        # A manifest that is being written is read at the next record.
        return None
    return read_settings(given) if isinstance(given, dict) else None


def read_settings(given: dict[str, Any]) -> RecordingSettings:
    """
    Read settings as the editor writes them; a value that is no setting counts as absent.

    Args:
        given: The settings by name.

    Returns:
        The settings.
    """
    kept = {}
    for field in msgspec.structs.fields(RecordingSettings):
        if field.encode_name in given:
            try:
                kept[field.name] = msgspec.convert(given[field.encode_name], field.type)
            except msgspec.ValidationError:
                continue
    return RecordingSettings(**kept)
