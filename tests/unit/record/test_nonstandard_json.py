from __future__ import annotations

import pytest

from flightlog.errors import InvalidRecordError
from flightlog.record.nonstandard_json import decode_printed, find_object_end


def test_an_object_that_does_not_end_has_no_end() -> None:
    """The search stops at its limit."""
    assert find_object_end(b'{"a": [1}', 0, 9) is None
    assert find_object_end(b"{} }", 0, 4) == 2


def test_what_mending_cannot_help_is_refused_as_it_was() -> None:
    """Without anything to repair, the error is the error of strict decoding."""
    with pytest.raises(InvalidRecordError, match="workflowId"):
        decode_printed(b'{"id": "a"}')
