from __future__ import annotations

import sys

import pytest

from flightlog.runtime import (
    application,
    serving,
)


def test_a_port_that_there_is_not_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A port from the environment is refused too."""
    for arguments, named in ((["--port", "99999"], ""), (["--port", "-1"], ""), ([], "99999")):
        monkeypatch.setenv("PORT", named)
        monkeypatch.setattr(sys, "argv", ["app.py", *arguments])
        with pytest.raises(SystemExit):
            serving.serve(application([]))
        assert "is no port; use one from 0 to 65535" in capsys.readouterr().err
