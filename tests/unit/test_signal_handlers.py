"""A signal handler's exception in the middle of recording belongs to the workflow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from flightlog.signal_handlers import is_interruption
from support.children import run
from support.recordings import lines_in, merged

STRIKES = 60


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        *(
            (handler, kind)
            for handler in ("handle", "Handler().handle", "Handler()", "lambda *_: handle(0, 0)")
            for kind in ("KeyboardInterrupt", "SystemExit", "TimeoutError", "ValueError")
        ),
        ("handle_without_arguments", "TimeoutError"),
        ("functools.partial(functools.partial(handle_with_more, 7), 8)", "TimeoutError"),
        ("Handler().handle_without_arguments", "ValueError"),
        ("functools.partial(Handler().handle_without_arguments)", "TimeoutError"),
        ("CallableHandler()", "TimeoutError"),
        ("handle_and_restore", "TimeoutError"),
    ],
)
def test_what_a_signal_handler_raises_reaches_the_workflow(
    tmp_path: Path, kind: str, handler: str
) -> None:
    """The exception is neither stopped nor changed, wherever it is raised, and costs no message."""
    printed = run(
        tmp_path,
        f"""
        import functools, random, signal
        def handle(number, frame):
            raise {kind}("struck")
        def handle_without_arguments(number, frame):
            del number, frame
            raise {kind}("struck")
        def handle_with_more(first, second, number, frame):
            del number, frame
            handle(first, second)
        def handle_and_restore(number, frame):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            raise {kind}("struck")
        class Handler:
            def handle(self, number, frame):
                handle(0, 0)
            def handle_without_arguments(self, number, frame):
                del number, frame
                handle(0, 0)
            __call__ = handle
        class CallableHandler:
            __call__ = Handler.handle_without_arguments
        value = {{"rows": [1, 2, 3] * 50, "set": {{1, 2}}, "bytes": b"raw", "error": OSError("x")}}
        caught = 0
        # What the standard library does with its own at the start of a thread is not ours to mend.
        with recorder.execution(trigger="struck"):
            pass
        for _ in range({STRIKES}):
            try:
                signal.signal(signal.SIGALRM, {handler})
                with recorder.execution(trigger="struck") as execution:
                    signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, 0.002))
                    for _ in range(5000):
                        with execution.node("n", input=value) as node:
                            node.output = value
            except {kind} as error:
                caught += error.args == ("struck",)
        print(caught, recorder.status().swallowed, recorder.status().lost)
        """,
        measured=False,
    )
    assert printed.split() == [str(STRIKES), "0", "0"]
    lines = lines_in(tmp_path)
    numbers = {json.loads(line)["message"]["number"] for line in lines}
    assert numbers == set(range(1, len(numbers) + 1))
    executions = merged(lines)
    assert sorted(one.status for one in executions) == ["error"] * STRIKES + ["success"]


def test_the_interrupt_of_python_itself_reaches_the_workflow(tmp_path: Path) -> None:
    """Ctrl-C has no Python handler that a traceback could show."""
    printed = run(
        tmp_path,
        f"""
        import random, signal
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        value = {{"set": {{1, 2}}, "bytes": b"raw", "error": OSError("x"), "more": [object()] * 50}}
        caught = 0
        with recorder.execution():
            pass
        for _ in range({STRIKES}):
            try:
                with recorder.execution() as execution:
                    signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, 0.002))
                    for _ in range(5000):
                        with execution.node("n", input=value):
                            pass
            except KeyboardInterrupt:
                caught += 1
        print(caught, recorder.status().swallowed)
        """,
        measured=False,
    )
    assert printed.split() == [str(STRIKES), "0"]


def test_the_first_record_lets_interruptions_through(tmp_path: Path) -> None:
    """A handler's TimeoutError while the spool is made is not mistaken for a disk error."""
    printed = run(
        tmp_path,
        """
        import signal
        def handle(number, frame):
            raise TimeoutError("struck")
        signal.signal(signal.SIGALRM, handle)
        caught = []
        def strike(event, args):
            # Just before each call that makes, opens or locks a file of the spool.
            if armed and event in {"os.mkdir", "open", "fcntl.flock"}:
                armed.pop()
                signal.raise_signal(signal.SIGALRM)
        sys.addaudithook(strike)
        for number in range(3):
            new = Recorder("w", url="http://127.0.0.1:9", spool_dir=f"{sys.argv[1]}/{number}/a")
            armed = [None]
            try:
                with new.execution():
                    pass
            except TimeoutError as error:
                caught.append(error.args)
            armed = []
            new.close(0)
        print(len(caught), caught[0])
        """,
        measured=False,
    )
    assert printed == "3 ('struck',)\n"


def fault() -> None:
    """Raise like a value's own code."""
    raise KeyboardInterrupt


def with_a_frame(frame: object) -> None:
    """Raise in a function that gets a frame but no signal."""
    raise TimeoutError(frame)


@pytest.mark.parametrize("code", [fault, lambda: with_a_frame(None), lambda: 1 // 0])
def test_what_code_raises_by_itself_is_no_interruption(code: Callable[[], object]) -> None:
    """Values may raise anything while they are encoded, and the workflow sees none of it."""
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - any exception
        code()
    assert not is_interruption(caught.value)
