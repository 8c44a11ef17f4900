"""LSTMs of tf.contrib.rnn whose states are images, changed by convolutions."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops.concat import concat, split
from tfcompat.ops.initializers import Constant
from tfcompat.ops.variable_scope import get_variable
from tfcompat.rnn.cell import LSTMStateTuple, RNNCell
from tfcompat.rnn.cells import sigmoid, tanh


@tf_export("contrib.rnn.ConvLSTMCell")
class ConvLSTMCell(RNNCell):
    """An LSTM on images: its gates are a convolution of the inputs and h, side by side.

    Args:
        conv_ndims: number of dimensions of the images, 1 to 3.
        input_shape: shape of the inputs without the batch, channels last.
        output_channels: channels of c and h.
        kernel_shape: size of the kernel.
        use_bias: whether there is a bias.
        skip_connection: whether the inputs are put beside the output.
        forget_bias: added to the forget gate's argument.
        initializers: accepted.
        name: its name.
    """

    def __init__(
        self,
        conv_ndims: int,
        input_shape: Any,
        output_channels: int,
        kernel_shape: Any,
        use_bias: bool = True,
        skip_connection: bool = False,
        forget_bias: float = 1.0,
        initializers: Any = None,
        name: str = "conv_lstm_cell",
    ):
        super().__init__(name=name)
        if conv_ndims != len(input_shape) - 1:
            raise ValueError(f"Invalid input_shape {input_shape} for conv_ndims={conv_ndims}.")
        self._conv_ndims, self._output_channels = conv_ndims, output_channels
        self._kernel_shape, self._use_bias = list(kernel_shape), use_bias
        self._forget_bias, self._skip_connection = forget_bias, skip_connection
        self._input_shape = list(input_shape)

    @property
    def state_size(self) -> Any:
        """LSTMStateTuple of twice the shape of the images."""
        size = TensorShape([*self._input_shape[:-1], self._output_channels])
        return LSTMStateTuple(size, size)

    @property
    def output_size(self) -> Any:
        """The shape of the outputs."""
        more = self._input_shape[-1] if self._skip_connection else 0
        return TensorShape([*self._input_shape[:-1], self._output_channels + more])

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """(output, next state)."""
        c, h = state
        i, j, f, o = split(self._convolved([inputs, h]), 4, axis=self._conv_ndims + 1)
        new_c = sigmoid(f + self._forget_bias) * c
        new_c = new_c + sigmoid(i) * tanh(j)
        output = tanh(new_c) * sigmoid(o)
        if self._skip_connection:
            output = concat([output, inputs], axis=-1)
        return output, LSTMStateTuple(new_c, output)

    def _convolved(self, images: list[Any]) -> Any:
        shapes = [t.shape.as_list() for t in images]
        rank, dtype = len(shapes[0]), images[0].dtype
        for shape in shapes:
            if len(shape) not in (3, 4, 5):
                raise ValueError(f"Conv Linear expects 3D, 4D or 5D arguments: {shapes}")
            if len(shape) != rank:
                raise ValueError(f"Conv Linear expects all args to be of same Dimension: {shapes}")
        features = 4 * self._output_channels
        kernel = get_variable("kernel", [*self._kernel_shape, sum(s[-1] for s in shapes), features], dtype=dtype)
        convolution = PUBLIC[f"nn.conv{rank - 2}d"]
        result = convolution(concat(images, rank - 1), kernel, 1 if rank == 3 else [1] * rank, padding="SAME")
        if not self._use_bias:
            return result
        return result + get_variable("biases", [features], dtype=dtype, initializer=Constant(0.0, dtype=dtype))


def _fixed(dims: int) -> None:
    name = f"conv_{dims}d_lstm_cell"

    @tf_export(f"contrib.rnn.Conv{dims}DLSTMCell")
    class Fixed(ConvLSTMCell):
        __doc__ = f"`ConvLSTMCell` with conv_ndims={dims}."

        def __init__(self, name: str = name, **kwargs: Any):
            super().__init__(conv_ndims=dims, name=name, **kwargs)

    Fixed.__name__ = Fixed.__qualname__ = f"Conv{dims}DLSTMCell"


for _dims in (1, 2, 3):
    _fixed(_dims)
