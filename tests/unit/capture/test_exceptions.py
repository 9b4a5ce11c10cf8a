"""Long messages and stacks are redacted before they are cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.capture.exceptions import describe_exception, describe_failure
from flightlog.redaction import Redactor
from support.recordings import recording
from support.token_samples import token_sample

REDACTOR = Redactor(b"k" * 32)
SECRET = token_sample("github-token").secret
LIMIT = 16 * 1024


@pytest.mark.parametrize("offset", range(-44, 5, 6))
@pytest.mark.parametrize("end", ["first", "last"])
def test_no_part_of_a_secret_is_left_at_a_cut(offset: int, end: str) -> None:
    """A secret at either cut of a long message is removed whole."""
    place = LIMIT // 2 + offset
    message = f"{'.' * place} {SECRET} {'.' * 60_000}"
    if end == "last":
        message = f"{'.' * 60_000} {SECRET} {'.' * place}"
    cut = describe_failure(message, None, REDACTOR).message
    assert len(cut) < LIMIT + 100
    raised = describe_exception(ValueError(message), None, REDACTOR)
    nested = describe_exception(ExceptionGroup(message, [ValueError(message)]), None, REDACTOR)
    for text in (cut, raised.message, raised.stack, nested.message, nested.stack):
        assert text is not None
        # The first four characters are the same in all tokens of this kind.
        assert not any(SECRET[at : at + 8] in text for at in range(4, len(SECRET) - 7))


def test_the_stack_of_a_long_chain_of_causes_is_told(tmp_path: Path) -> None:
    """In a chain of retries, each raised from the previous one, the first and the last are kept."""
    error = ValueError("the first")
    for number in range(2000):
        outer = ValueError(f"try {number}")
        outer.__cause__ = error
        error = outer
    with recording(tmp_path) as made:
        with pytest.raises(ValueError, match="try 1999"), made.recorder.execution():
            raise error
        reported = made.execution().error
    assert reported is not None
    assert reported.stack is not None
    assert "ValueError: the first" in reported.stack
    assert "ValueError: try 1999" in reported.stack
