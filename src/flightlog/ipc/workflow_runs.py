"""
`WorkflowRuns`: the editor's Run button, and generation from a manifest in memory.

A run is a process that runs the generated module in test mode, as the editor does. Its records go
to this process's receiver while it runs. `run_process` has what concerns the process alone, and
`generator` makes the module in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from msgspec import Raw, Struct
from uuid_utils import uuid7

from flightlog.editor_output import FoundRecord, read_test_run
from flightlog.ipc.projects import OpenProject, OpenProjects
from flightlog.ipc.responses import NodeProgress, RunProgress, write_execution
from flightlog.ipc.run_process import (
    SHOWN_STDERR,
    RunError,
    ask_generator,
    choose_timeout_s,
    communicate,
    interrupt,
)
from flightlog.record.decoding import make_payload
from flightlog.record.model import ExecutionError, Trigger, WorkflowExecution

OUTPUT_DIRECTORY: Final = ".catalyst/generated"

Store = Callable[[WorkflowExecution, OpenProject], None]


class _Active(Struct):
    workflow_id: str
    home: OpenProject
    process: subprocess.Popen[bytes] | None = None
    is_stopped: bool = False


class WorkflowRuns:
    """
    Generates workflows, runs them, and knows the runs under way.

    Several threads may use one object.

    Args:
        histories: The histories.
        store: Removes secrets from a record, and stores it in a history.
        assign: Makes the receiver store an execution in a history.
        environment: Returns the variables by which a run finds the receiver.
    """

    def __init__(
        self,
        histories: OpenProjects,
        store: Store,
        assign: Callable[[str, OpenProject], None],
        environment: Callable[[], Mapping[str, str]],
    ) -> None:
        self._histories = histories
        self._store = store
        self._assign = assign
        self._environment = environment
        self._lock = threading.Lock()
        self._active: dict[str, _Active] = {}

    def list_active(self) -> dict[str, Any]:
        """
        List the runs under way.

        Returns:
            The answer of `workflow:get-active`.
        """
        with self._lock:
            return {"success": True, "data": list(self._active)}

    def read_progress(self, execution_id: str) -> RunProgress | None:
        """
        Read the progress of a run under way.

        Args:
            execution_id: The run's execution.

        Returns:
            The progress; None if the run is not under way or not recorded yet.
        """
        with self._lock:
            active = self._active.get(execution_id)
        if active is None:
            return None
        with self._histories.lend_reopened(active.home) as history:
            outline = history.reader.read_outline(execution_id)
        if outline is None:
            return None
        return RunProgress(
            execution_id=execution_id,
            workflow_id=active.workflow_id,
            status=outline.execution.status,
            nodes=tuple(
                NodeProgress(
                    node_id=node.node_id,
                    node_name=node.node_name,
                    sequence=node.sequence,
                    status=node.status,
                )
                for node in outline.nodes
            ),
        )

    def stop(self, execution_id: str | None) -> dict[str, Any]:
        """
        Stop a run.

        Args:
            execution_id: The run's execution.

        Returns:
            The answer of `workflow:stop`.
        """
        with self._lock:
            active = self._active.get(execution_id or "")
            if active is not None:
                active.is_stopped = True
                interrupt(active.process)
        return {"success": True, "data": {"stopped": active is not None}}

    def stop_all(self) -> None:
        """Stop all runs."""
        with self._lock:
            for active in self._active.values():
                active.is_stopped = True
                interrupt(active.process)

    def generate(self, request: Any) -> dict[str, Any]:
        """
        Write a workflow's Python file into the project.

        Args:
            request: `projectPath`, `workflowId` and `manifest`.

        Returns:
            The answer of `workflow:generate-python`.
        """
        given = request if isinstance(request, dict) else {}
        for name in ("projectPath", "workflowId", "manifest"):
            if not given.get(name):
                return {"success": False, "error": f"Missing {name} in generation request"}
        directory = Path(given["projectPath"]) / OUTPUT_DIRECTORY
        made = ask_generator(
            {
                "manifest": given["manifest"],
                "workflowId": given["workflowId"],
                "directory": str(directory),
                "backUp": True,
            }
        )
        if made["errors"]:
            return {"success": False, "error": "\n".join(made["errors"])}
        data = {name: made[name] for name in ("filepath", "nodeCount", "dependencies", "warnings")}
        return {"success": True, "data": {**data, "filename": made["module"]}}

    def validate(self, request: Any) -> dict[str, Any]:
        """
        Check whether a workflow can be generated.

        Args:
            request: `workflow`.

        Returns:
            The answer of `workflow:validate`.
        """
        workflow = request.get("workflow") if isinstance(request, dict) else None
        if not workflow:
            missing = "Missing workflow in validation request"
            return {"success": False, "data": None, "errors": [missing]}
        made = ask_generator({"workflow": workflow})
        if made["errors"]:
            return {"success": False, "data": None, "errors": made["errors"]}
        return {"success": True, "data": workflow, "errors": None, "warnings": made["warnings"]}

    def preview(self, request: Any) -> dict[str, Any]:
        """
        Generate a workflow's code without writing it.

        Args:
            request: `workflow`.

        Returns:
            The answer of `workflow:get-code-preview`.
        """
        workflow = request.get("workflow") if isinstance(request, dict) else None
        if not workflow:
            return {"success": False, "error": "Missing workflow in preview request"}
        made = ask_generator({"workflow": workflow})
        if made["errors"]:
            return {"success": False, "error": "\n".join(made["errors"])}
        return {"success": True, **{n: made[n] for n in ("code", "dependencies", "warnings")}}

    def execute(
        self, workflow_id: str, data: Any, manifest: Any, home: OpenProject
    ) -> dict[str, Any]:
        """
        Run a workflow of a manifest once, in test mode, and wait for its end.

        A run that could not start, died, was stopped or took too long is recorded as failed.

        Args:
            workflow_id: The workflow.
            data: The trigger's data.
            manifest: The manifest.
            home: The history of the run.

        Returns:
            The answer of `workflow:execute`.
        """
        workflow = _find_workflow(manifest, workflow_id)
        if workflow is None:
            return _make_failure(f"Workflow {workflow_id} not found in manifest")
        execution_id = str(uuid7())
        started_at = datetime.now(UTC).isoformat()
        self._assign(execution_id, home)
        with self._lock:
            self._active[execution_id] = _Active(workflow_id, home)
        try:
            record = self._run(execution_id, workflow_id, workflow, data, manifest)
            return {"success": True, "data": self._read_recorded(record, home)}
        except RunError as error:
            if not self._is_recorded(execution_id, home):
                name = workflow.get("name")
                failed = WorkflowExecution(
                    id=execution_id,
                    workflow_id=workflow_id,
                    workflow_name=name if isinstance(name, str) and name else workflow_id,
                    status="error",
                    execution_mode="test",
                    started_at=started_at,
                    completed_at=datetime.now(UTC).isoformat(),
                    trigger=Trigger(type="http", data=make_payload(data), is_simulated=True),
                    error=ExecutionError(message=str(error)),
                )
                self._store(failed, home)
            return _make_failure(str(error), name=type(error).__name__)
        finally:
            with self._lock:
                del self._active[execution_id]

    def _run(
        self,
        execution_id: str,
        workflow_id: str,
        workflow: Mapping[str, Any],
        data: Any,
        manifest: Any,
    ) -> WorkflowExecution:
        with tempfile.TemporaryDirectory(prefix="flightlog-run-") as directory:
            made = ask_generator(
                {"manifest": manifest, "workflowId": workflow_id, "directory": directory}
            )
            if made["errors"]:
                raise RunError("\n".join(made["errors"]))
            environment = {
                **os.environ,
                # As in the editor, a node's own key goes before the environment's.
                **made["keys"],
                **self._environment(),
                "CATALYST_EXECUTION_MODE": "test",
                "CATALYST_EXECUTION_ID": execution_id,
            }
            with self._process(execution_id, made["filepath"], environment) as process:
                out, err = communicate(
                    process, json.dumps(data).encode(), choose_timeout_s(workflow)
                )
        return self._read_printed(execution_id, process.returncode, out, err)

    @contextmanager
    def _process(
        self, execution_id: str, module: str, environment: Mapping[str, str]
    ) -> Iterator[subprocess.Popen[bytes]]:
        with self._lock:
            active = self._active[execution_id]
            if active.is_stopped:
                raise RunError("The execution was stopped.")
            active.process = process = subprocess.Popen(  # noqa: S603 - our interpreter and module
                [sys.executable, module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def _read_printed(
        self, execution_id: str, code: int, out: bytes, err: bytes
    ) -> WorkflowExecution:
        with self._lock:
            is_stopped = self._active[execution_id].is_stopped
        if is_stopped:
            raise RunError("The execution was stopped.")
        for found in read_test_run(out):
            if isinstance(found, FoundRecord):
                return found.record
        said = err.decode("utf-8", "replace")[-SHOWN_STDERR:]
        raise RunError(f"Python process exited with code {code}\n\nStderr: {said}")

    def _read_recorded(self, record: WorkflowExecution, home: OpenProject) -> Raw:
        # The receiver has the record already, unless the delivery did not end in time.
        if not self._is_recorded(record.id, home):
            self._store(record, home)
        with self._histories.lend_reopened(home) as history:
            return write_execution(history.get_execution(record.id) or record)

    def _is_recorded(self, execution_id: str, home: OpenProject) -> bool:
        with self._histories.lend_reopened(home) as history:
            known = history.get_execution(execution_id)
        return known is not None and known.status != "running"


def _find_workflow(manifest: Any, workflow_id: str) -> Mapping[str, Any] | None:
    workflows = manifest.get("workflows") if isinstance(manifest, dict) else None
    found = workflows.get(workflow_id) if isinstance(workflows, dict) else None
    return found if isinstance(found, dict) else None


def _make_failure(message: str, name: str = "Error") -> dict[str, Any]:
    return {"success": False, "error": {"message": message, "name": name}}
