from __future__ import annotations

from pathlib import Path

from flightlog.receiver.changes import MAX_ENTRIES, MAX_IDS, ChangeRing


def test_a_ring_is_bounded() -> None:
    """The event buffer is bounded; a client that was away for too long gets a reset."""
    ring = ChangeRing()
    ring.note(("a",))
    first = ring.find_newest()
    assert ring.list_after(first) == ()
    assert ring.list_after(first + 5) is None
    for number in range(MAX_ENTRIES * MAX_IDS):
        ring.note((f"run-{number}",))
    assert ring.list_after(first) is not None
    ring.note(("one more",))
    assert ring.list_after(first) is None
    newest = ring.find_newest()
    assert len(ring.list_after(newest - 3) or ()) == 3
    ring.note_unknown()
    entries = ring.list_after(newest)
    assert entries is not None
    assert [entry.ids for entry in entries] == [None]


def test_a_ring_tells_once_of_many_changes(tmp_path: Path) -> None:
    """Many changes wake a listener once; the listener then asks to be woken again."""
    ring, woken = ChangeRing(), list[int]()
    ring.wake_once(lambda: woken.append(1))
    for number in range(5):
        ring.note((f"run-{number}",))
    assert woken == [1]
    ring.wake_once(lambda: woken.append(2))
    assert woken == [1, 2]
    ring.find_newest()
    ring.wake_once(lambda: woken.append(3))
    ring.note_unknown()
    assert woken == [1, 2, 3]
