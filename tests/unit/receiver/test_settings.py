from __future__ import annotations

from typing import Any

import pytest

from flightlog.errors import InvalidSettingError
from flightlog.receiver import ReceiverSettings


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("host", ""),
        ("host", "http://localhost"),
        ("port", -1),
        ("port", 65_536),
        ("max_body_bytes", 0),
        ("stall_timeout_s", 0),
        ("stall_timeout_s", float("nan")),
        ("lease_s", 0),
        ("lease_s", float("nan")),
        ("allowed_hosts", ("https://flightlog.internal",)),
        ("allowed_origins", ("editor.example",)),
        ("allowed_origins", ("https://editor.example/",)),
        ("allowed_origins", ("null",)),
    ],
)
def test_a_value_that_cannot_be_used_is_named(setting: str, value: Any) -> None:
    """Each setting refuses invalid values by the setting's name."""
    with pytest.raises(InvalidSettingError) as caught:
        ReceiverSettings(**{setting: value})
    assert caught.value.setting == setting
    assert caught.value.hint


def test_the_defaults_are_what_the_docs_say() -> None:
    """The defaults are loopback, port 3000 and 100 MiB, as the docs say."""
    settings = ReceiverSettings()
    assert (settings.host, settings.port) == ("127.0.0.1", 3000)
    assert settings.max_body_bytes == 104_857_600
