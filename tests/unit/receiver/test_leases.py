from __future__ import annotations

from flightlog.receiver.leases import MAX_LEASES, Leases


def after(leases: Leases, seconds: float, start: float = 0.0) -> list[str]:
    """Let these seconds pass, one at a time, and list the processes whose leases ran out."""
    for second in range(int(seconds) + 1):
        leases.advance(start + second)
    return leases.run_out()


def test_a_lease_runs_out_when_it_is_not_renewed() -> None:
    """The lease of a silent process runs out; a renewed lease doesn't."""
    leases = Leases(60)
    leases.renew(["silent", "heard"])
    assert after(leases, 59) == []
    leases.renew(["heard"])
    assert after(leases, 30, start=60) == ["silent"]


def test_time_in_which_nobody_could_be_heard_does_not_count() -> None:
    """A stop of an hour takes seconds from each lease, because no process could be heard."""
    leases = Leases(60)
    leases.renew(["p"])
    leases.advance(0.0)
    leases.advance(3600.0)
    leases.advance(3500.0)
    assert leases.run_out() == []


def test_beginning_renews_nothing() -> None:
    """Beginning keeps an existing lease's end. A process without a lease gets a full lease."""
    leases = Leases(10)
    leases.renew(["old"])
    after(leases, 8)
    leases.begin(["old", "new"])
    assert after(leases, 3, start=9) == ["old"]


def test_leases_are_bounded() -> None:
    """
    Leases are bounded: ended leases are dropped, and new leases over the limit aren't kept.

    Known leases are renewed also at the limit.
    """
    leases = Leases(10)
    leases.renew(str(number) for number in range(MAX_LEASES + 5))
    assert len(leases) == MAX_LEASES
    leases.end("0")
    leases.end("never seen")
    assert len(leases) == MAX_LEASES - 1
    after(leases, 5)
    leases.renew(["1"])
    assert "1" not in after(leases, 7, start=6)
