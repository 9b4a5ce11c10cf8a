"""Errors of generated workflows."""

from __future__ import annotations

from flightlog.errors import (
    CallFailedError,
    MissingLibraryError,
    ProviderError,
    TimeLimitError,
    WorkflowError,
)


def test_time_limit_is_a_timeout() -> None:
    """Code that catches Python's TimeoutError catches this error, too."""
    error = TimeLimitError("The node", 1500)
    assert isinstance(error, TimeoutError)
    assert isinstance(error, WorkflowError)
    assert error.message == "The node took longer than 1,500 ms."
    assert error.limit_ms == 1500


def test_provider_s_answer_is_in_the_message() -> None:
    """The status and the type of error are there if the provider named them."""
    answered = ProviderError("Groq", "slow down", hint="Wait.", status=429, type="rate_limit")
    assert answered.message == "Groq answered 429 (rate_limit): slow down"
    assert isinstance(answered, CallFailedError)
    silent = ProviderError("Groq", "no route", hint="Wait.", status=None, type=None)
    assert silent.message == "Groq could not be reached: no route"
    assert (silent.status, silent.body, silent.provider_message) == (None, None, "no route")


def test_missing_libraries_are_listed_with_the_command() -> None:
    """All names are in one sentence."""
    error = MissingLibraryError(["groq", "openai"], "pip install groq openai")
    assert "need groq, openai, which" in error.message
    assert error.hint == "Run `pip install groq openai`."
    assert error.names == ("groq", "openai")
