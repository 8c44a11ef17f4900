"""Failures of the operating system as the reference's exceptions."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator

from tfcompat.graph import errors

_CLASSES: dict[int, type[errors.OpError]] = {
    errno.ENOENT: errors.NotFoundError,
    errno.EEXIST: errors.AlreadyExistsError,
    errno.EACCES: errors.PermissionDeniedError,
    errno.EPERM: errors.PermissionDeniedError,
    errno.EROFS: errors.PermissionDeniedError,
    errno.EISDIR: errors.FailedPreconditionError,
    errno.ENOTDIR: errors.FailedPreconditionError,
    errno.ENOTEMPTY: errors.FailedPreconditionError,
    errno.EBUSY: errors.UnavailableError,
    errno.EINVAL: errors.InvalidArgumentError,
    errno.ENAMETOOLONG: errors.InvalidArgumentError,
    errno.ENOSPC: errors.ResourceExhaustedError,
    errno.EMFILE: errors.ResourceExhaustedError,
    errno.EDQUOT: errors.ResourceExhaustedError,
    errno.EFBIG: errors.ResourceExhaustedError,
}


@contextlib.contextmanager
def translated_os_errors(path: str | bytes | os.PathLike[str]) -> Iterator[None]:
    """Raises an OSError of the block as the `OpError` of its kind, with the message `path; reason`."""
    try:
        yield
    except OSError as error:
        cls = _CLASSES.get(error.errno or 0, errors.UnknownError)
        raise cls(None, None, f"{os.fsdecode(path)}; {error.strerror or error}") from error
