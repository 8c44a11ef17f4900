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


def _status_class(name: str, constant: str, code: int, meaning: str) -> type[OpError]:
    def init(self: OpError, node_def: Any, op: Any, message: str, *args: Any) -> None:
        OpError.__init__(self, node_def, op, message, code)

    cls = type(name, (OpError,), {"__init__": init, "__doc__": meaning, "CODE": code, "__module__": __name__})
    export(f"errors.{name}", cls)
    export(f"errors.{constant}", code)
    return cls


# fmt: off
CancelledError          = _status_class("CancelledError", "CANCELLED", 1, "The operation was cancelled.")
UnknownError            = _status_class("UnknownError", "UNKNOWN", 2, "A failure of unknown kind.")
InvalidArgumentError    = _status_class("InvalidArgumentError", "INVALID_ARGUMENT", 3, "An argument is invalid whatever the state.")
DeadlineExceededError   = _status_class("DeadlineExceededError", "DEADLINE_EXCEEDED", 4, "The time limit passed first.")
NotFoundError           = _status_class("NotFoundError", "NOT_FOUND", 5, "A file, variable or other thing does not exist.")
AlreadyExistsError      = _status_class("AlreadyExistsError", "ALREADY_EXISTS", 6, "A thing to be made exists already.")
PermissionDeniedError   = _status_class("PermissionDeniedError", "PERMISSION_DENIED", 7, "The caller may not do this.")
ResourceExhaustedError  = _status_class("ResourceExhaustedError", "RESOURCE_EXHAUSTED", 8, "Memory or another resource ran out.")
FailedPreconditionError = _status_class("FailedPreconditionError", "FAILED_PRECONDITION", 9, "The state does not allow this yet.")
AbortedError            = _status_class("AbortedError", "ABORTED", 10, "The operation was aborted, typically by another.")
OutOfRangeError         = _status_class("OutOfRangeError", "OUT_OF_RANGE", 11, "Iteration went past the end of the input.")
UnimplementedError      = _status_class("UnimplementedError", "UNIMPLEMENTED", 12, "The operation is not implemented.")
InternalError           = _status_class("InternalError", "INTERNAL", 13, "An invariant of the system is broken.")
UnavailableError        = _status_class("UnavailableError", "UNAVAILABLE", 14, "The runtime is not available now.")
DataLossError           = _status_class("DataLossError", "DATA_LOSS", 15, "Data is lost or corrupt beyond recovery.")
UnauthenticatedError    = _status_class("UnauthenticatedError", "UNAUTHENTICATED", 16, "The request has no valid credentials.")
# fmt: on
export("errors.OK", 0)

_BY_CODE: dict[int, type[OpError]] = {cls.CODE: cls for cls in OpError.__subclasses__()}


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

    def __exit__(self, *exc: object) -> bool:
        return False


export("errors.raise_exception_on_not_ok_status", raise_exception_on_not_ok_status)
