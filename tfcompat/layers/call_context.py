"""Which layers are being called, one inside the other, and whether for training."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any


class CallContext(threading.local):
    """The call under way in this thread: the innermost layer, its inputs, and the `training` that holds there."""

    layer: Any = None
    inputs: Any = None
    training: Any = None

    @property
    def in_call(self) -> bool:
        """Whether a layer is being called."""
        return self.layer is not None

    @contextlib.contextmanager
    def entered(self, layer: Any, inputs: Any, training: Any) -> Iterator[None]:
        """Makes a call of `layer` the one under way inside the block."""
        before = self.layer, self.inputs, self.training
        self.layer, self.inputs, self.training = layer, inputs, training
        try:
            yield
        finally:
            self.layer, self.inputs, self.training = before


call_context = CallContext()
