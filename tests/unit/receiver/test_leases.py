from __future__ import annotations

from flightlog.receiver.leases import MAX_LEASES, Leases


def after(leases: Leases, seconds: float, start: float = 0.0) -> list[str]:
    """Let so many seconds pass, one by one, and ask who is silent."""
    for second in range(int(seconds) + 1):
        leases.advance(start + second)
    return leases.run_out()


def test_a_lease_runs_out_when_it_is_not_renewed() -> None:
    """The silent one is told after its time, the one that was heard of is not."""
    leases = Leases(60)
    leases.renew(["silent", "heard"])
    assert after(leases, 59) == []
    leases.renew(["heard"])
    assert after(leases, 30, start=60) == ["silent"]


def test_time_in_which_nobody_could_be_heard_does_not_count() -> None:
    """After a stop of an hour each lease has lost seconds, not the hour."""
    leases = Leases(60)
    leases.renew(["p"])
    leases.advance(0.0)
    leases.advance(3600.0)
    leases.advance(3500.0)
    assert leases.run_out() == []


def test_beginning_renews_nothing() -> None:
    """Who has a lease keeps its end; who has none gets a full one."""
    leases = Leases(10)
    leases.renew(["old"])
    after(leases, 8)
    leases.begin(["old", "new"])
    assert after(leases, 3, start=9) == ["old"]


def test_leases_are_bounded() -> None:
    """Ended ones are forgotten, and of too many new ones none is kept; known ones are renewed."""
    leases = Leases(10)
    leases.renew(str(number) for number in range(MAX_LEASES + 5))
    assert len(leases) == MAX_LEASES
    leases.end("0")
    leases.end("never seen")
    assert len(leases) == MAX_LEASES - 1
    after(leases, 5)
    leases.renew(["1"])
    assert "1" not in after(leases, 7, start=6)
