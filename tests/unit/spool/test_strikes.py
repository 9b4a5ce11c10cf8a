"""Exceptions at every line of the spool, once and several times in a row."""

from __future__ import annotations

import threading
from pathlib import Path
from types import ModuleType

import pytest

import flightlog
from flightlog.delivery import DeliveryWorker
from flightlog.delivery.destination import DeliveryResult
from flightlog.spool import SpoolLimits, SpoolWriter, list_spools, name_fallback_spool_dir
from support.recordings import lines_in
from support.spools import numbers_in
from support.strikes import build, load

FOLDER = str(Path(flightlog.__file__).parent)
SMALL = SpoolLimits(segment_bytes=300, reserve_bytes=300)
WAIT_S = 30.0


@pytest.fixture(scope="module")
def striking(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """Return the trace function that raises."""
    module = build(tmp_path_factory.mktemp("striking"))
    if module is None:
        pytest.skip("a trace function in C needs a compiler and the headers of Python")
    return load(module)


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("kind", [RecursionError, MemoryError, KeyboardInterrupt, TimeoutError])
def test_an_exception_at_any_line_leaves_no_lock_held_and_loses_nothing(
    tmp_path: Path,
    striking: ModuleType,
    kind: type[BaseException],
    times: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every appended message is there, no number is missing, and other threads append."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    spool = SpoolWriter(tmp_path / "spools", "http://localhost:3000", SMALL)
    kept: list[str] = []
    delivered: list[bytes] = []
    for number in range(1, 400):
        name = f"{number}-struck"
        # An interrupted append begins like a completed one.
        striking.arm(FOLDER, kind, number % 130 + 1, times)
        try:
            spool.append(b'{"id":"%b"}' % name.encode())
            kept.append(name)
            if number % 3 == 0:
                spool.sync()
                spool.restore()
            if number % 7 == 0 and (batch := spool.pending(400)) is not None:
                delivered += batch.lines
                spool.confirm(batch)
        except kind:
            pass
        finally:
            striking.disarm()
        _append_elsewhere(spool, f"{number}-other")
        kept.append(f"{number}-other")
    assert spool.lost == 0
    _close(spool)
    places = (tmp_path / "spools", name_fallback_spool_dir())
    lines = [*delivered, *(line for place in places for line in lines_in(place))]
    found = b"".join(lines)
    assert [name for name in kept if b'"%b"' % name.encode() not in found] == []
    numbers = set(numbers_in(lines))
    assert numbers == set(range(1, max(numbers) + 1))


def _append_elsewhere(spool: SpoolWriter, name: str) -> None:
    thread = threading.Thread(
        target=lambda: spool.append(b'{"id":"%b"}' % name.encode()), daemon=True
    )
    thread.start()
    thread.join(WAIT_S)
    assert not thread.is_alive(), f"{name} waits for a lock that nobody holds"


def _close(spool: SpoolWriter) -> None:
    thread = threading.Thread(target=spool.close, daemon=True)
    thread.start()
    thread.join(WAIT_S)
    assert not thread.is_alive()


@pytest.mark.parametrize("kind", [RecursionError, KeyboardInterrupt, ValueError])
def test_an_exception_in_a_move_to_another_directory_loses_nothing(
    tmp_path: Path,
    striking: ModuleType,
    kind: type[BaseException],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Messages whose file was deleted are copied before they are dropped."""
    for number in range(1, 90):
        fallback = tmp_path / f"fallback-{number}"
        fallback.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(fallback))
        place = tmp_path / str(number)
        spool = SpoolWriter(place, "http://localhost:3000", SMALL)
        for _ in range(5):
            spool.append(b'{"id":"x"}')
        assert spool.directory is not None
        for path in spool.directory.iterdir():
            path.unlink()
        striking.arm(FOLDER, kind, number, 1)
        try:
            spool.restore()
        except kind:
            pass
        finally:
            striking.disarm()
        spool.restore()
        spool.append(b'{"id":"x"}')
        _close(spool)
        lines = [*lines_in(place), *lines_in(name_fallback_spool_dir())]
        assert set(numbers_in(lines)) == {1, 2, 3, 4, 5, 6}


class _Nowhere:
    """A destination that accepts everything."""

    def send(self, lines: object) -> DeliveryResult:
        return DeliveryResult(outcome="delivered")

    def report_process(self, process_id: str, *, last_number: int, ended: bool) -> bool:
        return True

    def close(self) -> None:
        return None


@pytest.mark.parametrize("times", [1, 2])
def test_an_interrupted_flush_leaves_delivery_working(
    tmp_path: Path, striking: ModuleType, times: int
) -> None:
    """Ctrl-C while a workflow waits for delivery blocks neither the worker nor the next flush."""
    spool = SpoolWriter(tmp_path, "http://localhost:3000", SMALL)
    worker = DeliveryWorker(
        spool,
        "http://localhost:3000",
        connect=_Nowhere,
        is_busy=lambda: False,
        report_running=lambda: None,
        report_refused=lambda _: None,
        report=lambda _: None,
    )
    worker.start()
    for number in range(1, 25):
        spool.append(b'{"id":"x"}')
        striking.arm(FOLDER, KeyboardInterrupt, number, times)
        try:
            worker.flush(WAIT_S)
        except KeyboardInterrupt:
            pass
        finally:
            striking.disarm()
        assert worker.flush(WAIT_S)
    worker.stop(WAIT_S)
    _close(spool)
    assert list_spools(tmp_path) == []
