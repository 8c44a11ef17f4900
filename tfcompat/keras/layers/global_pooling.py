"""Pooling over all places of the spatial axes."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.layers.arguments import FromArguments, data_format_of, keras_layer
from tfcompat.layers.input_spec import InputSpec
from tfcompat.ops.array import expand_dims
from tfcompat.ops.cast import cast
from tfcompat.ops.reduction import reduce_max, reduce_mean, reduce_sum


class GlobalPooling(FromArguments):
    """Base of layers that reduce the spatial axes to one place.

    Args:
        data_format: "channels_last" or "channels_first".
        keepdims: whether the spatial axes stay, with size 1.
        kwargs: see `Layer`.
    """

    rank = 2
    reduction: Any = None

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = "channels_last" if self.rank == 1 and data_format is None else data_format_of(data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _axes(self) -> list[int]:
        first = 2 if self.data_format == "channels_first" else 1
        return list(range(first, first + self.rank))

    def call(self, inputs: Any) -> Tensor:
        """[batch, channels], or with spatial axes of size 1."""
        axes: Any = self._axes if self.rank > 1 else self._axes[0]
        return type(self).reduction(inputs, axis=axes, keepdims=self.keepdims)  # type: ignore[no-any-return]

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The sizes without the spatial axes, or with 1 for them."""
        dims = TensorShape(input_shape).as_list()
        if self.keepdims:
            return TensorShape([1 if axis in self._axes else size for axis, size in enumerate(dims)])
        return TensorShape([size for axis, size in enumerate(dims) if axis not in self._axes])


def _made(name: str, rank: int, kind: str) -> type[GlobalPooling]:
    what, reduction = ("largest", reduce_max) if kind == "Max" else ("mean", reduce_mean)
    body = {
        "__module__": __name__,
        "__doc__": f"The {what} over {rank} spatial axes, for each channel; see `GlobalPooling`.",
        "rank": rank,
        "reduction": staticmethod(reduction),
    }
    cls = type(f"Global{name}{rank}D", (GlobalPooling,), body)
    short = "Avg" if kind == "Mean" else kind
    return keras_layer(f"Global{name}{rank}D", f"Global{short}Pool{rank}D")(cls)


GlobalMaxPooling1D = _made("MaxPooling", 1, "Max")
GlobalMaxPooling2D = _made("MaxPooling", 2, "Max")
GlobalMaxPooling3D = _made("MaxPooling", 3, "Max")
GlobalAveragePooling2D = _made("AveragePooling", 2, "Mean")
GlobalAveragePooling3D = _made("AveragePooling", 3, "Mean")


@keras_layer("GlobalAveragePooling1D", "GlobalAvgPool1D")
class GlobalAveragePooling1D(GlobalPooling):
    """The mean over the steps, those of the mask where there is one; see `GlobalPooling`."""

    rank = 1
    reduction = staticmethod(reduce_mean)

    def __init__(self, data_format: str | None = "channels_last", **kwargs: Any):
        super().__init__(data_format=data_format, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Tensor:
        """The mean of `inputs` over the steps, or over those for which `mask`, bool [batch, time], is true."""
        if mask is None:
            return super().call(inputs)
        (axis,) = self._axes
        mask = expand_dims(cast(mask, inputs.dtype), 2 if self.data_format == "channels_last" else 1)
        kept = reduce_sum(inputs * mask, axis=axis, keepdims=self.keepdims)
        return kept / reduce_sum(mask, axis=axis, keepdims=self.keepdims)  # type: ignore[no-any-return]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """None: there are no steps any more."""
        return None
