"""`tf.keras.layers`: the largest or the mean of windows."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.layers.arguments import FromArguments, data_format_of, keras_layer
from tfcompat.layers.input_spec import InputSpec
from tfcompat.layers.windows import attribute_format, channels_axis, known_padding, normalized, output_sizes
from tfcompat.ops import raw_ops


class Pooling(FromArguments):
    """Base of pooling layers.

    Args:
        pool_size: size of the window, one number or one per spatial axis.
        strides: steps of the window; its size by default.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first"; Keras' default when None.
        kwargs: see `Layer`.
    """

    rank = 2
    op_type = ""

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.pool_size = normalized(pool_size, self.rank, "pool_size")
        self.strides = normalized(pool_size if strides is None else strides, self.rank, "strides", least=0)
        self.padding = known_padding(padding)
        self.data_format = "channels_last" if self.rank == 1 and data_format is None else data_format_of(data_format)
        channels_axis(self.data_format, self.rank)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _record(self, inputs: Any, pool_size: tuple[int, ...], strides: tuple[int, ...], rank: int) -> Tensor:
        first = self.data_format == "channels_first"
        window = (1, 1, *pool_size) if first else (1, *pool_size, 1)
        steps = (1, 1, *strides) if first else (1, *strides, 1)
        recorder = getattr(raw_ops, self.op_type + ("3D" if rank == 3 else ""))
        argument = "value" if self.op_type == "AvgPool" and rank == 2 else "input"
        return recorder(  # type: ignore[no-any-return]
            **{argument: inputs},
            ksize=list(window),
            strides=list(steps),
            padding=self.padding.upper(),
            data_format=attribute_format(self.data_format, rank),
        )

    def call(self, inputs: Any) -> Tensor:
        """The pooled `inputs`."""
        if self.rank != 1:
            return self._record(inputs, self.pool_size, self.strides, self.rank)
        axis = 2 if self.data_format == "channels_last" else 3
        wide = raw_ops.ExpandDims(input=inputs, axis=axis)
        pooled = self._record(wide, (*self.pool_size, 1), (*self.strides, 1), 2)
        return raw_ops.Squeeze(input=pooled, axis=[axis])  # type: ignore[no-any-return]

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape after pooling."""
        return output_sizes(input_shape, self.pool_size, self.strides, self.padding, (1,) * self.rank, self.data_format)


def _pooling_class(name: str, op_type: str, rank: int) -> type[Pooling]:
    what = "largest" if op_type == "MaxPool" else "mean"
    body = {
        "rank": rank,
        "op_type": op_type,
        "__module__": __name__,
        "__doc__": f"The {what} of each window over {rank} spatial axes; see `Pooling`.",
    }
    order = ("strides", "pool_size") if rank == 1 else ("pool_size", "padding")
    return keras_layer(name, f"{op_type}{rank}D", first=order)(type(name, (Pooling,), body))


MaxPooling1D = _pooling_class("MaxPooling1D", "MaxPool", 1)
MaxPooling2D = _pooling_class("MaxPooling2D", "MaxPool", 2)
MaxPooling3D = _pooling_class("MaxPooling3D", "MaxPool", 3)
AveragePooling1D = _pooling_class("AveragePooling1D", "AvgPool", 1)
AveragePooling2D = _pooling_class("AveragePooling2D", "AvgPool", 2)
AveragePooling3D = _pooling_class("AveragePooling3D", "AvgPool", 3)
