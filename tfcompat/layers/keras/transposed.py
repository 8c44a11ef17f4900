"""`tf.keras.layers`: transposed convolutions."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.layers.arguments import keras_layer
from tfcompat.layers.keras.convolutional import Conv
from tfcompat.layers.windows import attribute_format, normalized, transposed_size
from tfcompat.ops.array import shape as tensor_shape
from tfcompat.ops.array import transpose
from tfcompat.ops.conv_transpose import (
    atrous_conv2d_transpose,
    conv1d_transpose,
    conv2d_transpose,
    conv3d_transpose,
)
from tfcompat.ops.packing import stack


class ConvTranspose(Conv):
    """Base of transposed convolutions, whose kernel has the output channels before the input channels; see `Conv`.

    Args:
        filters: number of output channels.
        kernel_size: size of the kernel.
        strides: steps in the outputs.
        padding: "valid" or "same".
        output_padding: how much larger the outputs are than what the kernel reaches, less than the strides; None for
            what strides and padding give.
        data_format: "channels_last" or "channels_first".
        dilation_rate: distance of the kernel's taps, the same for both axes of images.
        kwargs: see `Conv`.

    Raises:
        ValueError: `output_padding` is not less than the strides.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            **kwargs,
        )
        self.output_padding = None
        if output_padding is not None:
            self.output_padding = normalized(output_padding, self.rank, "output_padding", least=0)
            for stride, more in zip(self.strides, self.output_padding, strict=True):
                if more >= stride:
                    raise ValueError(
                        "Strides must be greater than output padding. "
                        f"Received strides={self.strides}, output_padding={self.output_padding}."
                    )

    def _kernel_shape(self, channels: int) -> list[int]:
        return [*self.kernel_size, self.filters, channels]

    def _sizes(self, sizes: list[Any]) -> list[Any]:
        """The spatial sizes of the outputs for those of the inputs, numbers or scalar tensors."""
        more = self.output_padding or [None] * self.rank
        each = zip(sizes, self.kernel_size, self.strides, self.dilation_rate, more, strict=True)
        return [transposed_size(n, k, s, self.padding, r, m) for n, k, s, r, m in each]

    def call(self, inputs: Any) -> Tensor:
        """The outputs for `inputs`; their size follows from the inputs', the strides and the padding."""
        sizes = tensor_shape(inputs)
        first = self.data_format == "channels_first"
        batch = _element(sizes, 0)
        axes = range(2, 2 + self.rank) if first else range(1, 1 + self.rank)
        known = inputs.shape.as_list()
        computed = self.rank != 2
        space = self._sizes([_element(sizes, a) if computed or known[a] is None else known[a] for a in axes])
        shape = stack([batch, self.filters, *space] if first else [batch, *space, self.filters])
        outputs = self._spread(inputs, shape)
        outputs.set_shape(self.compute_output_shape(inputs.shape))
        return self._finished(outputs)

    def _spread(self, inputs: Any, shape: Tensor) -> Tensor:
        """The transposed convolution, whose result has a given shape."""
        if self.rank == 2:
            _element(shape, 0)  # nothing takes it; the reference records it
        padding, data_format = self.padding.upper(), attribute_format(self.data_format, self.rank)
        first = self.data_format == "channels_first"
        if self.rank == 1:
            return conv1d_transpose(
                inputs, self.kernel, shape, list(self.strides), padding=padding, data_format=data_format
            )
        if self.rank == 2 and max(self.dilation_rate) > 1:
            images = transpose(inputs, [0, 2, 3, 1]) if first else inputs
            shape = stack([shape[0], shape[2], shape[3], shape[1]]) if first else shape  # type: ignore[index]
            outputs = atrous_conv2d_transpose(images, self.kernel, shape, self.dilation_rate[0], padding)
            return transpose(outputs, [0, 3, 1, 2]) if first else outputs
        steps = [1, 1, *self.strides] if first else [1, *self.strides, 1]
        function = conv2d_transpose if self.rank == 2 else conv3d_transpose
        return function(inputs, self.kernel, shape, steps, padding=padding, data_format=data_format)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the outputs."""
        dims = TensorShape(input_shape).as_list()
        first = self.data_format == "channels_first"
        sizes = self._sizes(dims[2:] if first else dims[1:-1])
        return TensorShape([dims[0], self.filters, *sizes] if first else [dims[0], *sizes, self.filters])


def _element(vector: Tensor, index: int) -> Tensor:
    return vector[index]  # type: ignore[no-any-return,index]


@keras_layer("Conv1DTranspose", "Convolution1DTranspose")
class Conv1DTranspose(ConvTranspose):
    """A transposed convolution over one spatial axis; see `ConvTranspose`."""

    rank = 1


@keras_layer("Conv2DTranspose", "Convolution2DTranspose")
class Conv2DTranspose(ConvTranspose):
    """A transposed convolution over two spatial axes; see `ConvTranspose`."""

    rank = 2


@keras_layer("Conv3DTranspose", "Convolution3DTranspose", without=["dilation_rate"])
class Conv3DTranspose(ConvTranspose):
    """A transposed convolution over three spatial axes; see `ConvTranspose`."""

    rank = 3
