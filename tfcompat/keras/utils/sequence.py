"""`Sequence`: batches by their number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tfcompat.graph.export import tf_export


@tf_export("keras.utils.Sequence")
class Sequence:
    """Base of data sets that give batches by their number; subclasses define `__getitem__` and `__len__`.

    `on_epoch_end`, which may be overridden, is called after each epoch.
    """

    def __getitem__(self, index: int) -> Any:
        """Batch number `index`: `(inputs, labels)` or `(inputs, labels, sample weights)`."""
        raise NotImplementedError

    def __len__(self) -> int:
        """How many batches there are."""
        raise NotImplementedError

    def on_epoch_end(self) -> None:
        """Called after each epoch."""

    def __iter__(self) -> Iterator[Any]:
        for index in range(len(self)):
            yield self[index]
