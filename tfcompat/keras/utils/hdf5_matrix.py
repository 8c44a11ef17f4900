"""`tf.keras.utils.HDF5Matrix`: a dataset of an HDF5 file in place of an array."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from tfcompat.graph.export import tf_export


@tf_export("keras.utils.HDF5Matrix")
class HDF5Matrix:
    """Rows of a dataset, which are read when they are used.

    Args:
        datapath: path of the file.
        dataset: name of the dataset in it.
        start: first row.
        end: row after the last one; all of them when None.
        normalizer: function of what was read that gives what to use.

    Raises:
        ImportError: h5py is not installed.
    """

    refs: ClassVar[dict[str, Any]] = defaultdict(int)

    def __init__(
        self,
        datapath: str,
        dataset: str,
        start: int = 0,
        end: int | None = None,
        normalizer: Callable[[Any], Any] | None = None,
    ):
        try:
            import h5py  # type: ignore[import-not-found]
        except ImportError:
            raise ImportError("The use of HDF5Matrix requires HDF5 and h5py installed.") from None
        if datapath not in self.refs:
            self.refs[datapath] = h5py.File(datapath, "r")
        self.data = self.refs[datapath][dataset]
        self.start, self.end = start, self.data.shape[0] if end is None else end
        self.normalizer = normalizer

    def __len__(self) -> int:
        return self.end - self.start

    def __getitem__(self, key: Any) -> Any:
        """The rows at a position, in a slice, or at a list of positions."""
        if isinstance(key, slice):
            first = self.start if key.start is None else key.start + self.start
            last = self.end if key.stop is None else key.stop + self.start
            if last > self.end or first < self.start:
                raise IndexError
            rows: Any = slice(first, last)
        elif isinstance(key, (int, np.integer)):
            if not 0 <= key + self.start < self.end:
                raise IndexError
            rows = key + self.start
        elif isinstance(key, (list, np.ndarray)):
            rows = [self.start + int(i) for i in key]
            if rows and (max(rows) >= self.end or min(rows) < self.start):
                raise IndexError
        else:
            raise IndexError
        found = self._rows(rows)
        return found if self.normalizer is None else self.normalizer(found)

    def _rows(self, rows: Any) -> Any:
        """h5py takes rising positions only."""
        if not isinstance(rows, list):
            return self.data[rows]
        rising, places = np.unique(rows, return_inverse=True)
        return self.data[rising.tolist()][places]

    def _first(self) -> Any:
        return self[0:1]

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of rows, and the shape of one as it is used."""
        return (self.end - self.start, *self._first().shape[1:])

    @property
    def dtype(self) -> Any:
        """The type of what is used."""
        return self._first().dtype if self.normalizer is not None else self.data.dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions of the dataset."""
        return self.data.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.prod(self.shape))
