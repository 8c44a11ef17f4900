"""`LocallyConnected1D` and `LocallyConnected2D`: convolutions with a kernel of its own at each place."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from tfcompat.graph.export import PUBLIC
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.layers.arguments import FromArguments, keras_layer
from tfcompat.layers.input_spec import InputSpec
from tfcompat.layers.windows import channels_axis, known_padding, normalized, output_size, output_sizes
from tfcompat.ops.array import reshape, transpose
from tfcompat.ops.matmul import matmul
from tfcompat.ops.packing import stack


class LocallyConnected(FromArguments):
    """Base of layers in which each place of the outputs has weights of its own for the window it sees.

    Args:
        filters: number of output channels.
        kernel_size: size of the window.
        strides: steps of the window.
        padding: "valid", or with implementations 2 and 3 also "same".
        data_format: "channels_last" or "channels_first".
        activation: function of the result, or its name.
        use_bias: whether each place has a bias.
        kernel_initializer, bias_initializer: initializers.
        kernel_regularizer, bias_regularizer, activity_regularizer: functions that give losses.
        kernel_constraint, bias_constraint: functions applied after updates.
        implementation: how the weights are kept: 1 as `[places, window * channels, filters]`, 2 as a matrix between all
            inputs and outputs with zeros elsewhere, 3 as the vector of what is not zero there.
        kwargs: see `Layer`.

    Raises:
        ValueError: an argument out of its range.
    """

    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        implementation: int = 1,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.take(locals())
        self.kernel_size = normalized(kernel_size, self.rank, "kernel_size")
        self.strides = normalized(strides, self.rank, "strides")
        self.padding = known_padding(padding)
        if self.padding != "valid" and implementation == 1:
            raise ValueError(
                f'Invalid border mode for {type(self).__name__} (only "valid" is supported if implementation is 1): '
                f"{padding}"
            )
        self._channels_axis = channels_axis(self.data_format, self.rank)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    # ---------------------------------------------------------------- variables

    def build(self, input_shape: Any) -> None:
        """Makes `kernel` and `bias`; ValueError when a size is unknown or an output would be empty."""
        sizes: list[Any] = TensorShape(input_shape).as_list()
        channels: Any = sizes.pop(self._channels_axis)
        space = sizes[1:]
        if None in (channels, *space):
            raise ValueError(
                "The spatial dimensions of the inputs to a LocallyConnected layer should be fully-defined, but layer "
                f"received an input shape of {input_shape}"
            )
        self._in, self._channels = tuple(space), channels
        each = zip(space, self.kernel_size, self.strides, strict=True)
        self._out = tuple(output_size(n, k, s, self.padding, 1) or 0 for n, k, s in each)
        if min(self._out) <= 0:
            raise ValueError(
                f"One of the dimensions in the output is <= 0 due to downsampling in {self.name}. Consider increasing "
                f"the input size. Received input shape {input_shape} which would produce output shape with a zero or "
                "negative value in a dimension."
            )
        self._prepare()
        self.kernel = self.add_part("kernel", self._kernel_shape)
        self.bias = self.add_part("bias", [*self._out, self.filters]) if self.use_bias else None
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self._channels_axis: channels})
        self.built = True

    def _with_channels(self, space: tuple[int, ...], channels: int) -> tuple[int, ...]:
        return (channels, *space) if self.data_format == "channels_first" else (*space, channels)

    def _prepare(self) -> None:
        """Decides on the shape of the kernel and what its implementation needs besides."""
        before, after = (self._with_channels(s, c) for s, c in ((self._in, self._channels), (self._out, self.filters)))
        if self.implementation == 1:
            window = int(np.prod(self.kernel_size)) * self._channels
            self._kernel_shape: tuple[int, ...] = (int(np.prod(self._out)), window, self.filters)
        elif self.implementation == 2:
            self._kernel_shape = (*before, *after)
            joined = np.zeros((*self._in, *self._out), np.float32)
            for seen, place in self._connections():
                joined[(*seen, *place)] = 1.0
            one = self._with_channels(self._in, 1), self._with_channels(self._out, 1)
            self._joined = joined.reshape((*one[0], *one[1]))
        elif self.implementation == 3:
            pairs = itertools.product(range(self._channels), range(self.filters))
            flat = sorted(
                (_flat(self._with_channels(place, o), after), _flat(self._with_channels(seen, i), before))
                for (seen, place), (i, o) in itertools.product(self._connections(), list(pairs))
            )
            self._places = np.array(flat, np.int64)
            self._kernel_shape = (len(flat),)
        else:
            raise ValueError(f"Unrecognized implementation mode: {self.implementation}.")

    def _connections(self) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
        """(place of the inputs, place of the outputs) of all that are joined."""
        for place in itertools.product(*(range(n) for n in self._out)):
            ranges = []
            for position, size, window, stride in zip(place, self._in, self.kernel_size, self.strides, strict=True):
                left = window // 2
                center = position * stride + (left if self.padding == "valid" else 0)
                ranges.append(range(max(0, center - left), min(size, center - left + window)))
            for seen in itertools.product(*ranges):
                yield seen, place

    # ---------------------------------------------------------------- calling

    def call(self, inputs: Any) -> Tensor:
        """The outputs for `inputs`."""
        shape = (-1, *self._with_channels(self._out, self.filters))
        outputs = self._by_windows(inputs) if self.implementation == 1 else reshape(self._by_matrix(inputs), shape)
        outputs.set_shape(self.compute_output_shape(inputs.shape))
        if self.use_bias:
            outputs = PUBLIC["keras.backend.bias_add"](outputs, self.bias, data_format=self.data_format)
        return outputs if self.activation is None else self.activation(outputs)

    def _by_windows(self, inputs: Tensor) -> Tensor:
        first = self.data_format == "channels_first"
        axis = 2 if first else 1
        taps = []
        for offset in itertools.product(*(range(k) for k in self.kernel_size)):
            cut = [slice(None)] * (self.rank + 2)
            for i, (o, n, s) in enumerate(zip(offset, self._out, self.strides, strict=True)):
                cut[axis + i] = slice(o, o + (n - 1) * s + 1, s)
            taps.append(inputs[tuple(cut)])  # type: ignore[index]
        places, window, _ = self._kernel_shape
        if first:
            seen = stack(taps, axis=2)  # [batch, channels, window, *places]
            seen = transpose(reshape(seen, [-1, window, places]), [2, 0, 1])
        else:
            seen = transpose(reshape(stack(taps, axis=-2), [-1, places, window]), [1, 0, 2])
        outputs = matmul(seen, self.kernel)  # [places, batch, filters]
        outputs = transpose(outputs, [1, 2, 0] if first else [1, 0, 2])
        return reshape(outputs, [-1, *self._with_channels(self._out, self.filters)])

    def _by_matrix(self, inputs: Tensor) -> Tensor:
        before = int(np.prod(self._in)) * self._channels
        after = int(np.prod(self._out)) * self.filters
        flat = reshape(inputs, [-1, before])
        if self.implementation == 2:
            return matmul(flat, reshape(self.kernel * self._joined, [before, after]))
        weights = SparseTensor(self._places, self.kernel, (after, before))
        return transpose(PUBLIC["sparse.sparse_dense_matmul"](weights, flat, adjoint_b=True))

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the outputs."""
        ones = (1,) * self.rank
        return output_sizes(
            input_shape, self.kernel_size, self.strides, self.padding, ones, self.data_format, self.filters
        )


def _flat(index: tuple[int, ...], shape: tuple[int, ...]) -> int:
    return int(np.ravel_multi_index(index, shape))


@keras_layer("LocallyConnected1D")
class LocallyConnected1D(LocallyConnected):
    """Windows over one spatial axis; see `LocallyConnected`."""

    rank = 1


@keras_layer("LocallyConnected2D")
class LocallyConnected2D(LocallyConnected):
    """Windows of images; see `LocallyConnected`."""
