from __future__ import annotations

from typing import Any

import pytest

from support.ipc_client import IpcClient, IpcError


@pytest.mark.parametrize(
    ("method", "params", "argument", "reported"),
    [
        ("execution:get-history", ["w", 1.5], "limit", "is 1.5; it must be a whole number"),
        ("execution:get-history", ["w", True], "limit", "is true; it must be"),
        ("execution:get-history", ["w", 1, "x"], "offset", 'is "x"; it must be a whole number'),
        ("execution:get", ["a", "shop"], "projectPath", 'is "shop"; it must be the absolute path'),
        ("execution:get", ["a", "/a\0b"], "projectPath", "it must be the absolute path"),
        ("execution:get", [["a"]], "executionId", 'is ["a"]; it must be text'),
        ("execution:get", ["\udc80"], "executionId", "it must be text"),
        ("execution:query", [{"limit": None}], "limit", "is null; it must be a whole number"),
        ("execution:query", [{"sortOrder": "up"}], "sortOrder", "it must be `asc` or `desc`"),
        ("execution:query", ["w"], "[0]", 'are "w"; they must be an object'),
        ("execution:query", [], "[0]", "are null; they must be an object"),
        ("execution:cleanup", [], "retentionDays", "is missing; it must be a number of days"),
        ("execution:cleanup", [None], "retentionDays", "is missing; it must be"),
        ("initialize", {"processId": "me"}, "processId", "it must be a process's number"),
    ],
)
def test_a_bad_argument_is_named(
    shared_client: IpcClient, method: str, params: Any, argument: str, reported: str
) -> None:
    """The message contains the argument, the given value, and the right values."""
    with pytest.raises(IpcError) as caught:
        shared_client.call(method, params)
    assert caught.value.code == -32602
    assert caught.value.data == {"code": "invalid_argument", "argument": argument}
    assert reported in caught.value.message


def test_whole_numbers_may_be_written_as_fractions(shared_client: IpcClient) -> None:
    """A whole number with a zero fraction is accepted, because JSON has one kind of number."""
    assert shared_client.call("execution:get-history", ["w", 50.0, 0.0]) == []
