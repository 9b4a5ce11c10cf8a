"""
`flightlog run`: run a workflow of a manifest once, in a child process, and follow its nodes.

The child runs in test mode, as the editor runs a workflow. A receiver in this process stores the
child's records in the history, which reports each change.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Final

import msgspec
from cyclopts import Parameter
from msgspec import UNSET, Raw, Struct, UnsetType

from flightlog.cli.exit_codes import ExitCode, exit_at_sigterm, print_error
from flightlog.cli.generate import MANIFEST, print_notes
from flightlog.cli.history import HistoryChoice
from flightlog.cli.progress import Changes, Progress
from flightlog.cli.redacting import REDACTION_SETTINGS
from flightlog.cli.settings import choose
from flightlog.cli.terminal import make_error_console, make_output_console, write_json
from flightlog.clock import utc_now
from flightlog.errors import InvalidManifestError, InvalidSettingError
from flightlog.record.placeholders import END_MARKER, START_MARKER
from flightlog.record.surrogates import decode_around

if TYPE_CHECKING:
    from flightlog.codegen import Manifest
    from flightlog.logger import ExecutionLogger

INPUT: Final = Parameter(name="--input", metavar="FILE", allow_leading_hyphen=True)

_SETTINGS: Final = ("spool_dir", *REDACTION_SETTINGS)
_END_TIMEOUT_S: Final = 5.0
_RECORD_TIMEOUT_S: Final = 15.0
_START_TIMEOUT_S: Final = 3.0


class _Printed(Struct, frozen=True):
    id: str
    result: Raw | UnsetType = UNSET


def run(
    manifest: Annotated[Path, MANIFEST],
    workflow: Annotated[str | None, Parameter(name="WORKFLOW")] = None,
    /,
    *,
    input: Annotated[str | None, INPUT] = None,  # noqa: A002 - the option's name
    json: bool = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    Run a workflow of a manifest once, in test mode, and follow its nodes.

    A node with pinned data returns the data without running. The record marks the trigger as
    simulated. Keys in the manifest's nodes are set in the environment of the run. The exit code is
    1 if the workflow failed.

    Args:
        manifest: The manifest, or the directory of a project with the manifest in
            `.catalyst/manifest.json` or else in `.lowcode/manifest.json`.
        workflow: The workflow's id; may be left out if the manifest has only one workflow.
        input: The trigger's data, a file of JSON; `-` is standard input. `{}` by default.
        json: Print only JSON: {"executionId": ..., "status": ..., "result": ...}; the nodes are
            printed on standard error.
        history: The history to record in; made if missing.

    Returns:
        The exit code.

    Raises:
        InvalidManifestError: No workflow can be generated from the manifest.
        InvalidSettingError: The input is not JSON, or a setting can't be used.
        StoreError: The history can't be opened.
    """
    from flightlog.codegen import generate, load_manifest, write_files  # noqa: PLC0415 - lazy
    from flightlog.receiver import Receiver, ReceiverSettings  # noqa: PLC0415 - a web server

    history = history or HistoryChoice()
    data = _read(input)
    project = load_manifest(manifest)
    workflow = workflow if workflow is not None else _find_only_workflow(project)
    generated = generate(project, workflow)
    print_notes(generated.notes)
    settings = choose(history.collect_sources(), *_SETTINGS)
    with (
        exit_at_sigterm(),
        tempfile.TemporaryDirectory(prefix="flightlog-run-") as directory,
        history.open_or_make() as logger,
        # A receiver for one run must not collect spools that wait for a permanent receiver.
        Receiver(
            logger, ReceiverSettings(**settings, port=0), collects_orphans=False
        ).running() as receiver,
        _watch_changes(logger) as changes,
    ):
        write_files(generated.files, Path(directory))
        environment = {
            # As in the editor, a node's own key goes before the environment's.
            **generated.keys.get(workflow, {}),
            "FLIGHTLOG_URL": receiver.url,
            "CATALYST_EXECUTION_MODE": "test",
        }
        if "spool_dir" in settings:
            environment["FLIGHTLOG_SPOOL_DIR"] = str(settings["spool_dir"])
        module = Path(directory) / generated.modules[workflow]
        console = make_error_console() if json else make_output_console()
        progress = Progress(console, logger, workflow, utc_now())
        with _start_child(module, environment, data) as (child, printed):
            return _follow(child, printed, progress, changes, json=json)


def _find_only_workflow(project: Manifest) -> str:
    if len(project.workflows) == 1:
        return next(iter(project.workflows))
    known = ", ".join(map(repr, project.workflows)) or "none"
    raise InvalidManifestError([f"Name the workflow to run. There are: {known}."])


def _read(name: str | None) -> bytes:
    if name is None:
        return b"{}"
    data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    try:
        msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        where = "standard input" if name == "-" else name
        raise InvalidSettingError(
            "input", f"is no JSON ({where}: {error})", hint="Give the trigger's data as JSON."
        ) from error
    return data


@contextmanager
def _watch_changes(logger: ExecutionLogger) -> Iterator[Changes]:
    changes: Changes = queue.SimpleQueue()
    end = logger.reader.subscribe(changes.put)
    try:
        yield changes
    finally:
        end()


@contextmanager
def _start_child(
    module: Path, environment: dict[str, str], data: bytes
) -> Iterator[tuple[subprocess.Popen[bytes], queue.SimpleQueue[bytes]]]:
    child = subprocess.Popen(  # noqa: S603 - our own interpreter, and what was just generated
        [sys.executable, str(module)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | environment,
        # Start the child in a new session, because the terminal's Ctrl-C would otherwise reach the
        # child besides our SIGINT. A second SIGINT ends the child before it has recorded the run.
        start_new_session=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    printed: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threads = [
        threading.Thread(target=_write_input, args=(child.stdin, data)),
        threading.Thread(target=_read_output, args=(child.stdout, printed)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield child, printed
    finally:
        _end(child)
        for thread in threads:
            thread.join()
        child.stdout.close()


def _write_input(stdin: IO[bytes], data: bytes) -> None:
    # A child that ended early reads nothing, so the pipe is broken.
    try:
        with stdin:
            stdin.write(data)
    except BrokenPipeError:
        return


def _read_output(stdout: IO[bytes], printed: queue.SimpleQueue[bytes]) -> None:
    printed.put(stdout.read())


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is not None:
        return
    child.send_signal(signal.SIGINT)
    try:
        child.wait(_END_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _follow(
    child: subprocess.Popen[bytes],
    printed: queue.SimpleQueue[bytes],
    progress: Progress,
    changes: Changes,
    *,
    json: bool,
) -> int:
    def wait() -> None:
        child.wait()
        changes.put(None)

    waiting = threading.Thread(target=wait)
    waiting.start()
    try:
        while (ids := changes.get()) is not None:
            progress.show(ids)
    except KeyboardInterrupt:
        print_error("Interrupted; the workflow's process was ended.")
        return ExitCode.INTERRUPTED
    finally:
        _end(child)
        waiting.join()
    return _conclude(_record(printed.get()), child.returncode, progress, changes, json=json)


def _record(printed: bytes) -> _Printed | None:
    start, end = printed.find(START_MARKER), printed.rfind(END_MARKER)
    if start < 0 or end < start:
        return None
    record, decode = printed[start + len(START_MARKER) : end], msgspec.json.Decoder(_Printed).decode
    try:
        return decode(record)
    except msgspec.DecodeError:
        return decode_around(record, decode)


def _conclude(
    printed: _Printed | None, code: int, progress: Progress, changes: Changes, *, json: bool
) -> int:
    # Wait longer for a process that died, because the receiver takes its last records from its
    # spool.
    patience_s = _RECORD_TIMEOUT_S if code < 0 else _START_TIMEOUT_S
    execution_id = printed.id if printed else progress.wait_for_start(changes, patience_s)
    if execution_id is None:
        print_error(f"The workflow's process ended with code {code} and recorded nothing.")
        return ExitCode.FAILED
    record = progress.wait_for_end(execution_id, changes, _RECORD_TIMEOUT_S)
    if record is None:
        print_error(f"The record of {execution_id} did not come.", "`flightlog doctor` says why.")
        return ExitCode.FAILED
    result = printed.result if printed else UNSET
    if json:
        answer: dict[str, Any] = {"executionId": record.id, "status": record.status}
        if result is not UNSET:
            answer["result"] = result
        write_json(msgspec.json.encode(answer))
    else:
        # A process that printed its record has already printed the reason on standard error.
        written = None if result is UNSET else bytes(result)
        progress.conclude(record, written, with_reason=printed is None)
    return ExitCode.OK if record.status == "success" else ExitCode.FAILED
