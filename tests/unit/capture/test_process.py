"""Recorders in processes that fork, exec, spawn, end early or are ending."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from flightlog.record.model import WorkflowExecution
from flightlog.spool import list_spools
from support.children import HEAD, run
from support.recordings import lines_in, merged, node, value


def executions_in(place: Path) -> dict[str, WorkflowExecution]:
    """Return the executions that dead processes left, by their trigger's type."""
    found = merged(lines_in(place))
    return {one.trigger.type if one.trigger else "": one for one in found}


def test_a_process_that_ends_leaves_its_records_for_the_next(tmp_path: Path) -> None:
    """Without a receiver, everything is in the spool when the process has ended."""
    run(
        tmp_path,
        """
        with recorder.execution() as execution, execution.node("a") as node:
            node.output = 1
        """,
    )
    (execution,) = executions_in(tmp_path).values()
    assert execution.status == "success"


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), 9)", "os.abort()"])
def test_what_was_appended_survives_every_end(tmp_path: Path, end: str) -> None:
    """A process that ends without any warning loses nothing that was recorded."""
    child = subprocess.run(
        [
            sys.executable,
            "-c",
            HEAD
            + textwrap.dedent(f"""
            with recorder.execution() as execution:
                for number in range(100):
                    with execution.node("n") as node:
                        node.output = number
                with execution.node("last"):
                    {end}
            """),
            str(tmp_path),
        ],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert b"Traceback" not in child.stderr
    (execution,) = executions_in(tmp_path).values()
    assert execution.status == "running"
    done = [one for one in execution.node_executions if one.status == "success"]
    assert [value(one.output) for one in done] == list(range(100))
    assert node(execution, "last").status == "running"


def test_a_forked_child_has_a_spool_of_its_own(tmp_path: Path) -> None:
    """Parent and child record at the same time, and share neither numbers nor files."""
    run(
        tmp_path,
        """
        with recorder.execution(trigger="before"):
            pass
        child = os.fork()
        kind = "parent" if child else "child"
        for _ in range(50):
            with recorder.execution(trigger=kind) as execution, execution.node("a"):
                pass
        if child:
            assert os.waitpid(child, 0)[1] == 0
        """,
    )
    assert len(list_spools(tmp_path)) == 2
    found = merged(lines_in(tmp_path))
    kinds = [one.trigger.type for one in found if one.trigger]
    assert (kinds.count("before"), kinds.count("parent"), kinds.count("child")) == (1, 50, 50)
    assert all(one.status == "success" for one in found)


def test_the_parents_lock_outlives_its_child(tmp_path: Path) -> None:
    """A child that ends releases no lock of its parent; a parent that ends is detected as dead."""
    printed = run(
        tmp_path,
        """
        import select
        from pathlib import Path
        from flightlog.spool import list_spools
        with recorder.execution():
            pass
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        print([spool.alive for spool in list_spools(Path(sys.argv[1]))])
        parent = os.pidfd_open(os.getpid())
        if os.fork() == 0:
            select.select([parent], [], [])
            spools = list_spools(Path(sys.argv[1]))
            print([spool.alive for spool in spools], flush=True)
            os._exit(0)
        sys.stdout.flush()
        os._exit(0)
        """,
    )
    assert printed.splitlines() == ["[True]", "[False]"]


def test_an_execution_goes_on_in_a_forked_child(tmp_path: Path) -> None:
    """Nodes that a child runs belong to the parent's execution, with places of their own."""
    run(
        tmp_path,
        """
        with recorder.execution() as execution:
            with execution.node("before"):
                pass
            child = os.fork()
            if child == 0:
                with execution.node("in-child"):
                    pass
                os._exit(0)
            with execution.node("in-parent"):
                pass
            os.waitpid(child, 0)
        """,
    )
    (execution,) = executions_in(tmp_path).values()
    assert execution.status == "success"
    assert {one.node_id for one in execution.node_executions} == {
        "before",
        "in-child",
        "in-parent",
    }
    assert len({one.sequence for one in execution.node_executions}) == 3
    assert all(one.status == "success" for one in execution.node_executions)


def test_a_fork_while_threads_record_does_not_hang(tmp_path: Path) -> None:
    """A child that is forked while other threads append can record at once."""
    run(
        tmp_path,
        """
        ending = threading.Event()
        def work():
            while not ending.is_set():
                with recorder.execution(trigger="thread") as execution, execution.node("a"):
                    pass
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        children = []
        for _ in range(10):
            child = os.fork()
            if child == 0:
                with recorder.execution(trigger="child"):
                    pass
                os._exit(0)
            children.append(child)
        for child in children:
            assert os.waitpid(child, 0)[1] == 0
        ending.set()
        for thread in threads:
            thread.join()
        """,
    )
    found = merged(lines_in(tmp_path))
    kinds = [one.trigger.type for one in found if one.trigger]
    assert kinds.count("child") == 10
    assert all(one.status == "success" for one in found)


def test_exec_leaves_the_spool_to_others(tmp_path: Path) -> None:
    """A process that becomes another program holds no lock, and its records stay."""
    printed = run(
        tmp_path,
        """
        with recorder.execution():
            pass
        script = (
            "import sys; from pathlib import Path; from flightlog.spool import list_spools; "
            "print([spool.alive for spool in list_spools(Path(sys.argv[1]))])"
        )
        os.execv(sys.executable, [sys.executable, "-c", script, sys.argv[1]])
        """,
    )
    assert printed.strip() == "[False]"
    assert len(executions_in(tmp_path)) == 1


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_records_in_its_children(tmp_path: Path, method: str) -> None:
    """Pools of every kind record the nodes that run in them."""
    script = tmp_path / "pool.py"
    script.write_text(
        HEAD
        + textwrap.dedent(f"""
        import multiprocessing

        @recorder.node("square")
        def square(number):
            return number * number

        if __name__ == "__main__":
            with multiprocessing.get_context("{method}").Pool(2) as pool:
                assert pool.map(square, range(20)) == [n * n for n in range(20)]
                pool.close()
                pool.join()
        """)
    )
    place = tmp_path / "spool"
    subprocess.run([sys.executable, str(script), str(place)], check=True, timeout=60)
    found = merged(lines_in(place))
    outputs = sorted(value(node(one, "square").output) for one in found)
    assert outputs == [number * number for number in range(20)]


def test_recording_at_the_very_end_works(tmp_path: Path) -> None:
    """Functions that run while the interpreter ends are recorded, too."""
    run(
        tmp_path,
        """
        import atexit
        def last():
            with recorder.execution(trigger="atexit"):
                pass
        atexit.register(last)
        with recorder.execution(trigger="before"):
            pass
        """,
    )
    assert set(executions_in(tmp_path)) == {"atexit", "before"}


def test_a_signal_handler_may_record(tmp_path: Path) -> None:
    """A handler that records in the middle of recording neither hangs nor loses."""
    printed = run(
        tmp_path,
        """
        import signal
        count = 0
        def handle(*_):
            global count
            count += 1
            with recorder.execution(trigger="signal") as execution, execution.node("s"):
                pass
            # Not at an interval: where the machine is slow, handlers would pile up on each other.
            if count < 50:
                signal.setitimer(signal.ITIMER_REAL, 0.001)
        signal.signal(signal.SIGALRM, handle)
        signal.setitimer(signal.ITIMER_REAL, 0.001)
        while count < 50:
            with recorder.execution(trigger="main") as execution, execution.node("m"):
                pass
        print(count, recorder.status().lost, recorder.status().swallowed)
        """,
    )
    count, lost, swallowed = map(int, printed.split())
    assert (lost, swallowed) == (0, 0)
    found = merged(lines_in(tmp_path))
    assert sum(one.trigger is not None and one.trigger.type == "signal" for one in found) == count
    assert all(one.status == "success" for one in found)


def test_a_workflow_near_its_recursion_limit_is_left_alone(tmp_path: Path) -> None:
    """If the stack is nearly used up, recording may fail, but the workflow doesn't."""
    printed = run(
        tmp_path,
        """
        def deeper(left):
            if left:
                return deeper(left - 1)
            return 1
        def at_depth():
            try:
                return at_depth()
            except RecursionError:
                with recorder.execution() as execution, execution.node("a", input={"b": [1]}):
                    return "went on"
        print(at_depth())
        """,
    )
    assert printed.strip() == "went on"


def test_what_a_child_leaves_by_does_not_end_what_its_parent_began(tmp_path: Path) -> None:
    """Executions, nodes and streams from before a fork end only in the parent."""
    run(
        tmp_path,
        """
        @recorder.node
        def rows():
            yield 1
            yield 2
        with recorder.execution() as execution, execution.node("outer"):
            stream = rows()
            next(stream)
            child = os.fork()
            if child == 0:
                sys.exit(0)
            assert os.waitpid(child, 0)[1] == 0
            assert list(stream) == [2]
        """,
    )
    (execution,) = executions_in(tmp_path).values()
    assert execution.status == "success"
    assert execution.error is None
    assert [one.status for one in execution.node_executions] == ["success", "success"]
    assert all(one.error is None for one in execution.node_executions)


def test_a_stream_that_outlives_the_program_does_not_hang_it(tmp_path: Path) -> None:
    """Finalizers that record at the interpreter's end start no thread; the records are kept."""
    run(
        tmp_path,
        """
        @recorder.node
        def rows():
            yield 1
        stream = rows()
        next(stream)
        """,
    )
    (execution,) = executions_in(tmp_path).values()
    assert execution.error is not None
    assert execution.error.kind == "canceled"


def test_what_is_recorded_when_nothing_can_be_imported_any_more_is_kept(tmp_path: Path) -> None:
    """A finalizer that runs as the very last code records times, values and errors as usual."""
    run(
        tmp_path,
        """
        import datetime, decimal
        class Last:
            def __init__(self):
                self.recorder = recorder
                self.sent = {"at": datetime.date(2026, 11, 25), "sum": decimal.Decimal("1.5")}
            def __del__(self):
                try:
                    with self.recorder.execution() as execution, execution.node("a") as node:
                        node.output = self.sent
                        raise ValueError("no more")
                except ValueError:
                    pass
        last = Last()
        """,
    )
    (execution,) = executions_in(tmp_path).values()
    (recorded,) = execution.node_executions
    assert recorded.error is not None
    assert recorded.error.message == "no more"
    assert value(recorded.output) == {
        "at": {"$flightlog": "date", "value": "2026-11-25"},
        "sum": {"$flightlog": "decimal", "value": "1.5"},
    }
    assert execution.status == "error"


def test_streams_may_be_collected_at_any_moment(tmp_path: Path) -> None:
    """A finalizer records wherever the garbage collector runs, in any code and in any thread."""
    run(
        tmp_path,
        """
        import gc
        @recorder.node
        def rows():
            yield 1
        class Ring:
            pass
        def leave():
            ring = Ring()
            ring.itself, ring.rows = ring, rows()
            next(ring.rows)
        gc.set_threshold(1)
        for _ in range(1500):
            leave()
        recorder.register_secret("correct horse battery")
        leave()
        gc.set_threshold(700)
        assert recorder.status().swallowed == 0
        """,
    )
    found = merged(lines_in(tmp_path))
    assert len(found) == 1501
    assert all(one.error is not None and one.error.kind == "canceled" for one in found)


def test_a_workflow_that_has_used_up_its_file_descriptors_is_recorded(tmp_path: Path) -> None:
    """If no further file can be opened, the open file grows."""
    printed = run(
        tmp_path,
        """
        import resource
        recorder = Recorder(
            "w", url="http://127.0.0.1:9", spool_dir=sys.argv[1], durability="power"
        )
        with recorder.execution(trigger="before"):
            pass
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        held = []
        try:
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            pass
        for _ in range(120):
            with recorder.execution(trigger="held") as execution:
                with execution.node("n", input="x" * 50_000):
                    pass
        status = recorder.status()
        print(status.lost, status.stripped, status.swallowed)
        os.closerange(held[0], held[-1] + 1)
        """,
    )
    assert printed.split() == ["0", "0", "0"]
    held = [one for one in merged(lines_in(tmp_path)) if one.trigger and one.trigger.type == "held"]
    assert len(held) == 120
    assert {one.status for one in held} == {"success"}
