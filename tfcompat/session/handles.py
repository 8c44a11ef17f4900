"""`TensorHandle`: what fetching `tf.get_session_handle(...)` gives."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from tfcompat.graph.dtypes import DType
from tfcompat.kernels.session_tensors import SESSION_TENSORS, kept_tensor


class TensorHandle:
    """A tensor that a session keeps between runs.

    It may be fed: for the placeholder of `get_session_tensor`, or for any tensor of the same type. The session forgets
    the tensor when the handle is deleted or nothing refers to it any more.
    """

    def __init__(self, handle: bytes, dtype: DType, session: Any):
        self._handle = handle.decode()
        self._dtype = dtype
        self._session = session
        self._is_deleted = False
        self._forget = weakref.finalize(self, session._engine.state.resources.remove, SESSION_TENSORS, "", self._handle)
        self._forget.atexit = False

    @property
    def handle(self) -> str:
        """Its name in the session."""
        return self._handle

    @property
    def dtype(self) -> DType:
        """Type of the tensor."""
        return self._dtype

    def array(self) -> np.ndarray:
        """The tensor; InvalidArgumentError when the session does not have it any more."""
        return kept_tensor(self._session._open_engine().state.resources, self._handle)

    def get_raw_handle(self) -> str:
        """Its name in the session, which from now on keeps the tensor until it is deleted."""
        self._forget.detach()
        return self._handle

    def eval(self) -> Any:
        """The value of the tensor, as `Session.run` would give it.

        Raises:
            TypeError: it was deleted.
        """
        self._check_valid()
        return self.array().copy()[()]

    def delete(self) -> None:
        """Makes the session forget the tensor; TypeError when it was deleted before."""
        self._check_valid()
        self._is_deleted = True
        self._forget.detach()
        self._session._open_engine().state.resources.remove(SESSION_TENSORS, "", self._handle)

    def _check_valid(self) -> None:
        if self._is_deleted:
            raise TypeError(f"Persistent tensor {self._handle} may have already been deleted.")

    def __str__(self) -> str:
        return self._handle
