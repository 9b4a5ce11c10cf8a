"""Errors of generated workflows and of their runs."""

from __future__ import annotations

from collections.abc import Sequence

from flightlog.errors.base import FlightlogError


class WorkflowError(FlightlogError):
    """A generated workflow can't run, or its run can't continue."""

    code = "workflow_error"


class InvalidWorkflowError(WorkflowError):
    """A workflow's definition can't be run."""

    code = "invalid_workflow"


class MissingLibraryError(WorkflowError):
    """
    A workflow's nodes need libraries that aren't installed.

    Attributes:
        names: The libraries that are missing.
    """

    code = "missing_library"

    def __init__(self, names: Sequence[str], command: str) -> None:
        super().__init__(
            f"The workflow's nodes need {', '.join(names)}, which can't be found.",
            hint=f"Run `{command}`.",
        )
        self.names = tuple(names)


class InvalidExpressionError(WorkflowError):
    """
    A `{{ … }}` can't be evaluated.

    Attributes:
        expression: The text of the expression.
    """

    code = "invalid_expression"

    def __init__(self, expression: str, reason: str, *, hint: str) -> None:
        super().__init__(f"The expression {expression!r} {reason}.", hint=hint)
        self.expression = expression


class UnusableSecretError(WorkflowError):
    """
    A secret from the environment is missing, or can't be kept out of records.

    Attributes:
        name: The environment variable of the secret.
    """

    code = "unusable_secret"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"The secret {name} {reason}.", hint=f"Set the environment variable {name}."
        )
        self.name = name


class InvalidInputError(WorkflowError):
    """
    The input of a workflow or a node doesn't have the declared shape.

    Attributes:
        path: The place in the input.
    """

    code = "invalid_input"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"`{path}` {reason}.", hint="Correct it and send it again.")
        self.path = path


class TriggerRefusedError(WorkflowError):
    """
    A request is refused before its run starts.

    Attributes:
        status: The HTTP status of the answer.
    """

    code = "trigger_refused"

    def __init__(self, status: int, message: str, *, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class TimeLimitError(WorkflowError, TimeoutError):
    """
    A node or a run exceeded its time limit.

    Attributes:
        limit_ms: The time limit, milliseconds.
    """

    code = "time_limit"

    def __init__(self, what: str, limit_ms: float) -> None:
        super().__init__(
            f"{what} took longer than {limit_ms:,.0f} ms.", hint="Give it a longer timeout."
        )
        self.limit_ms = limit_ms


class CallFailedError(WorkflowError):
    """
    Another server refused a call, or could not be reached.

    Attributes:
        status: The HTTP status of the server's answer; None when there was no answer.
        body: The body of the server's answer, if any.
    """

    code = "call_failed"

    def __init__(self, message: str, *, hint: str, status: int | None, body: object) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.body = body


class ProviderError(CallFailedError):
    """
    A model's provider refused a call, or could not be reached.

    Attributes:
        provider: The provider's name.
        type: The provider's type of error; None when the provider named none.
        provider_message: The provider's own message.
    """

    code = "provider_error"

    def __init__(
        self,
        provider: str,
        message: str,
        *,
        hint: str,
        status: int | None,
        type: str | None,  # noqa: A002 - the providers' own word
    ) -> None:
        answered = "could not be reached" if status is None else f"answered {status}"
        kind = f" ({type})" if type else ""
        super().__init__(
            f"{provider} {answered}{kind}: {message}", hint=hint, status=status, body=None
        )
        self.provider = provider
        self.type = type
        self.provider_message = message
