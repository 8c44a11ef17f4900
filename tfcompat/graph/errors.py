"""Exceptions of a run: one class per status code of the reference, all of them `OpError`s.

Source of the codes: the canonical status codes of `tensorflow.error.Code`.
"""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import export, tf_export


@tf_export("OpError", "errors.OpError")
class OpError(Exception):
    """A failure while a graph runs.

    Attributes:
        op: the `Operation` that failed, or None when it is not known.
        node_def: its `NodeDef`, or None.
        message: what went wrong.
        error_code: number of the status code.
    """

    def __init__(self, node_def: Any, op: Any, message: str, error_code: int | None = None):
        super().__init__()
        self._node_def = node_def
        self._op = op
        self._message = message
        self._error_code = type(self).CODE if error_code is None else error_code

    CODE = 2

    @property
    def message(self) -> str:
        """What went wrong."""
        return self._message

    @property
    def op(self) -> Any:
        """The operation that failed, if known."""
        return self._op

    @property
    def node_def(self) -> Any:
        """The `NodeDef` of the operation that failed, if known."""
        if self._node_def is None and self._op is not None:
            return self._op.node_def
        return self._node_def

    @property
    def error_code(self) -> int:
        """Number of the status code."""
        return self._error_code

    @property
    def experimental_payloads(self) -> dict[str, bytes]:
        """Details keyed by type URL; always empty."""
        return {}

    def __str__(self) -> str:
        if self._op is None:
            return self._message
        where = self._op.creation_site()
        line = f"\n\nOriginal stack trace for {self._op.name!r}:\n{where}" if where else ""
        return f"{self._message}\n\t [[node {self._op.name} (op: {self._op.type})]]{line}"

    def __reduce__(self) -> Any:
        return type(self), (None, None, self._message)


class _CodedError(OpError):
    """An error whose class says its code."""

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any):
        super().__init__(node_def, op, message)


class CancelledError(_CodedError):
    """The operation was cancelled."""

    CODE = 1


class UnknownError(_CodedError):
    """A failure of unknown kind."""

    CODE = 2


class InvalidArgumentError(_CodedError):
    """An argument is invalid whatever the state."""

    CODE = 3


class DeadlineExceededError(_CodedError):
    """The time limit passed first."""

    CODE = 4


class NotFoundError(_CodedError):
    """A file, variable or other thing does not exist."""

    CODE = 5


class AlreadyExistsError(_CodedError):
    """A thing to be made exists already."""

    CODE = 6


class PermissionDeniedError(_CodedError):
    """The caller may not do this."""

    CODE = 7


class ResourceExhaustedError(_CodedError):
    """Memory or another resource ran out."""

    CODE = 8


class FailedPreconditionError(_CodedError):
    """The state does not allow this yet."""

    CODE = 9


class AbortedError(_CodedError):
    """The operation was aborted, typically by another."""

    CODE = 10


class OutOfRangeError(_CodedError):
    """Iteration went past the end of the input."""

    CODE = 11


class UnimplementedError(_CodedError):
    """The operation is not implemented."""

    CODE = 12


class InternalError(_CodedError):
    """An invariant of the system is broken."""

    CODE = 13


class UnavailableError(_CodedError):
    """The runtime is not available now."""

    CODE = 14


class DataLossError(_CodedError):
    """Data is lost or corrupt beyond recovery."""

    CODE = 15


class UnauthenticatedError(_CodedError):
    """The request has no valid credentials."""

    CODE = 16


_CONSTANTS: dict[type[OpError], str] = {
    CancelledError: "CANCELLED",
    UnknownError: "UNKNOWN",
    InvalidArgumentError: "INVALID_ARGUMENT",
    DeadlineExceededError: "DEADLINE_EXCEEDED",
    NotFoundError: "NOT_FOUND",
    AlreadyExistsError: "ALREADY_EXISTS",
    PermissionDeniedError: "PERMISSION_DENIED",
    ResourceExhaustedError: "RESOURCE_EXHAUSTED",
    FailedPreconditionError: "FAILED_PRECONDITION",
    AbortedError: "ABORTED",
    OutOfRangeError: "OUT_OF_RANGE",
    UnimplementedError: "UNIMPLEMENTED",
    InternalError: "INTERNAL",
    UnavailableError: "UNAVAILABLE",
    DataLossError: "DATA_LOSS",
    UnauthenticatedError: "UNAUTHENTICATED",
}
for _cls, _constant in _CONSTANTS.items():
    export(f"errors.{_cls.__name__}", _cls)
    export(f"errors.{_constant}", _cls.CODE)
export("errors.OK", 0)

_BY_CODE: dict[int, type[OpError]] = {cls.CODE: cls for cls in _CONSTANTS}


@tf_export("errors.exception_type_from_error_code")
def exception_type_from_error_code(error_code: int) -> type[OpError]:
    """The exception class of a status code; KeyError when there is none."""
    return _BY_CODE[error_code]


@tf_export("errors.error_code_from_exception_type")
def error_code_from_exception_type(cls: type[OpError]) -> int:
    """The status code of an exception class; UNKNOWN when it has none."""
    return getattr(cls, "CODE", 2)


class raise_exception_on_not_ok_status:
    """Context manager kept for programs that import it; errors are raised where they happen."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exc: object) -> None:
        return None


export("errors.raise_exception_on_not_ok_status", raise_exception_on_not_ok_status)
