"""`InputSpec`: what a layer expects of an input."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.dtypes import as_dtype
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape


@tf_export("layers.InputSpec", "keras.layers.InputSpec")
class InputSpec:
    """What a layer expects of an input: type, shape, rank (`ndim`, `min_ndim`, `max_ndim`), sizes of some axes."""

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, Any] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
    ):
        self.dtype = None if dtype is None else as_dtype(dtype).name
        self.shape = None if shape is None else tuple(TensorShape(shape).as_list())
        self.ndim = len(self.shape) if self.shape is not None else ndim
        self.max_ndim, self.min_ndim = max_ndim, min_ndim
        self.axes = {int(k): axes[k] for k in axes} if axes else {}
        self.allow_last_axis_squeeze, self.name = allow_last_axis_squeeze, name

    def __repr__(self) -> str:
        given = {key: getattr(self, key) for key in ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")}
        return f"InputSpec({', '.join(f'{key}={value}' for key, value in given.items() if value)})"

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal one."""
        return {key: getattr(self, key) for key in ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> InputSpec:
        """The spec that `get_config` describes."""
        return cls(**config)

    def check(self, tensor: Tensor, layer: str, index: int) -> None:
        """Raises ValueError when `tensor`, input `index` of `layer`, does not fit; one of unknown rank does."""
        prefix = f"Input {index} of layer {layer} is incompatible with the layer: "
        rank = tensor.shape.rank
        if rank is None:
            return
        if self.ndim is not None and rank != self.ndim:
            raise ValueError(
                f"{prefix}expected ndim={self.ndim}, found ndim={rank}. Full shape received: {tensor.shape}"
            )
        if self.max_ndim is not None and rank > self.max_ndim:
            raise ValueError(f"{prefix}expected max_ndim={self.max_ndim}, found ndim={rank}")
        if self.min_ndim is not None and rank < self.min_ndim:
            raise ValueError(
                f"{prefix}: expected min_ndim={self.min_ndim}, found ndim={rank}. Full shape received: {tensor.shape}"
            )
        if self.dtype is not None and tensor.dtype.base_dtype.name != self.dtype:
            raise ValueError(f"{prefix}expected dtype={self.dtype}, found dtype={tensor.dtype.base_dtype.name}")
        if self.shape is not None and not tensor.shape.is_compatible_with(list(self.shape)):
            raise ValueError(f"{prefix}expected shape={self.shape}, found shape={tensor.shape}")
        for axis, size in self.axes.items():
            found = tensor.shape.as_list()[axis]
            if size is not None and found not in (size, None):
                raise ValueError(
                    f"{prefix}expected axis {axis} of input shape to have value {size} but received input "
                    f"with shape {tensor.shape}"
                )
