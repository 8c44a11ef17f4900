"""`tf.keras.backend`: convolutions, pooling, biases and batch normalization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph.constant import constant
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.keras import config
from tfcompat.keras.backend.products import batch_dot
from tfcompat.keras.backend.shapes import temporal_padding
from tfcompat.ops import array, concat, conv_transpose, dilated, filling, normalization, packing
from tfcompat.ops import bias as biases

_NHWC = "NHWC"


def _padding(padding: str) -> str:
    """`padding` in capitals; ValueError unless it is "same" or "valid"."""
    if padding not in ("same", "valid"):
        raise ValueError(f"Invalid padding: {padding}")
    return padding.upper()


def _channels_first(data_format: str | None) -> bool:
    """Whether channels come before the spatial dimensions; ValueError for an unknown format."""
    data_format = data_format or config.image_data_format()
    if data_format not in config.DATA_FORMATS:
        raise ValueError(f"Unknown data_format: {data_format}")
    return data_format == "channels_first"


def _last(x: Any) -> Any:
    """`x` with its channels, dimension 1, moved to the end."""
    rank = x.shape.ndims
    return array.transpose(x, (0, *range(2, rank), 1))


def _first(x: Any) -> Any:
    """`x` with its last dimension moved to 1."""
    rank = x.shape.ndims
    return array.transpose(x, (0, rank - 1, *range(1, rank - 1)))


@tf_export("keras.backend.bias_add")
def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Tensor:
    """Adds a bias to the channels of `x`.

    Args:
        x: tensor of rank 2 to 5.
        bias: one number a channel, or a tensor of the shape of `x` without the batch.
        data_format: "channels_last" or "channels_first".

    Raises:
        ValueError: another format, or a bias of another rank.
    """
    first = _channels_first(data_format)
    sizes = bias.shape.as_list()
    rank = x.shape.ndims
    if len(sizes) not in (1, rank - 1):
        raise ValueError(f"Unexpected bias dimensions {len(sizes)}, expect to be 1 or {rank - 1} dimensions")
    if len(sizes) == 1:
        return biases.bias_add(x, bias, data_format="NCHW" if first else _NHWC)
    shape = [1, sizes[-1], *sizes[:-1]] if first and rank > 2 else [1, *sizes]
    return x + array.reshape(bias, shape)  # type: ignore[no-any-return]


# ---------------------------------------------------------------- convolutions


@tf_export("keras.backend.conv1d")
def conv1d(
    x: Any, kernel: Any, strides: int = 1, padding: str = "valid", data_format: str | None = None,
    dilation_rate: int = 1,
) -> Tensor:  # fmt: skip
    """Convolution of sequences.

    Args:
        x: [batch, steps, channels], or with channels first.
        kernel: [size, channels, filters].
        strides: distance of windows.
        padding: "same", "valid", or "causal", with which step t sees steps up to t only.
        data_format: "channels_last" or "channels_first".
        dilation_rate: distance of the elements of a window.
    """
    first = _channels_first(data_format)
    filters = kernel.shape.as_list()[-1]
    if padding == "causal":
        x = temporal_padding(x, (dilation_rate * (kernel.shape.as_list()[0] - 1), 0))
        padding = "valid"
    made = _convolution(x, kernel, (strides,), padding, first, (dilation_rate,))
    if made.shape.ndims == 3 and not first and made.shape.as_list()[-1] is None:
        made.set_shape([None, None, filters])
    return made


@tf_export("keras.backend.conv2d")
def conv2d(
    x: Any, kernel: Any, strides: Any = (1, 1), padding: str = "valid", data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Tensor:  # fmt: skip
    """Convolution of images.

    Args:
        x: [batch, rows, columns, channels], or with channels first.
        kernel: [rows, columns, channels, filters].
        strides: distances of windows.
        padding: "same" or "valid".
        data_format: "channels_last" or "channels_first".
        dilation_rate: distances of the elements of a window.
    """
    return _convolution(x, kernel, strides, padding, _channels_first(data_format), dilation_rate)


@tf_export("keras.backend.conv3d")
def conv3d(
    x: Any, kernel: Any, strides: Any = (1, 1, 1), padding: str = "valid", data_format: str | None = None,
    dilation_rate: Any = (1, 1, 1),
) -> Tensor:  # fmt: skip
    """Convolution of volumes; arguments as of `conv2d`, with three spatial dimensions."""
    return _convolution(x, kernel, strides, padding, _channels_first(data_format), dilation_rate)


def _convolution(x: Any, kernel: Any, strides: Any, padding: str, first: bool, rates: Any) -> Any:
    made = dilated.convolution(
        _last(x) if first else x, kernel, padding=_padding(padding), strides=strides, dilation_rate=rates
    )
    return _first(made) if first else made


@tf_export("keras.backend.conv2d_transpose")
def conv2d_transpose(
    x: Any, kernel: Any, output_shape: Any, strides: Any = (1, 1), padding: str = "valid",
    data_format: str | None = None, dilation_rate: Any = (1, 1),
) -> Tensor:  # fmt: skip
    """The transpose of a convolution: what its gradient for its inputs computes.

    Args:
        x: [batch, rows, columns, channels], or with channels first.
        kernel: [rows, columns, filters, channels].
        output_shape: sizes of the result; the first may be None or -1 for that of `x`.
        strides: distances of windows.
        padding: "same" or "valid".
        data_format: "channels_last" or "channels_first".
        dilation_rate: distances of the elements of a window; with 1, or one number and strides of 1.
    """
    first = _channels_first(data_format)
    x = _last(x) if first else x
    if isinstance(output_shape, (list, tuple)):
        sizes = list(output_shape)
        if first:
            sizes = [sizes[0], *sizes[2:], sizes[1]]
        if sizes[0] in (None, -1):
            sizes[0] = array.shape(x)[0]  # type: ignore[index]
        output_shape = packing.stack(sizes)
    if tuple(dilation_rate) == (1, 1):
        made = conv_transpose.conv2d_transpose(
            x, kernel, output_shape, strides=(1, *strides, 1), padding=_padding(padding), data_format=_NHWC
        )
    else:
        if dilation_rate[0] != dilation_rate[1]:
            raise ValueError(f"Expected the 2 dimensions of the `dilation_rate` argument to be equal: {dilation_rate}")
        made = conv_transpose.atrous_conv2d_transpose(
            x, kernel, output_shape, rate=dilation_rate[0], padding=_padding(padding)
        )
    return _first(made) if first else made  # type: ignore[no-any-return]


@tf_export("keras.backend.separable_conv2d")
def separable_conv2d(
    x: Any, depthwise_kernel: Any, pointwise_kernel: Any, strides: Any = (1, 1), padding: str = "valid",
    data_format: str | None = None, dilation_rate: Any = (1, 1),
) -> Tensor:  # fmt: skip
    """A convolution of each channel, then one of single pixels over the channels.

    Args:
        x: [batch, rows, columns, channels], or with channels first.
        depthwise_kernel: [rows, columns, channels, multiplier].
        pointwise_kernel: [1, 1, channels * multiplier, filters].
        strides: distances of windows.
        padding: "same" or "valid".
        data_format: "channels_last" or "channels_first".
        dilation_rate: distances of the elements of a window.
    """
    _check_pair("strides", strides)
    first = _channels_first(data_format)
    made = dilated.separable_conv2d(
        _last(x) if first else x, depthwise_kernel, pointwise_kernel, strides=(1, *strides, 1),
        padding=_padding(padding), rate=dilation_rate, data_format=_NHWC,
    )  # fmt: skip
    return _first(made) if first else made  # type: ignore[no-any-return]


@tf_export("keras.backend.depthwise_conv2d")
def depthwise_conv2d(
    x: Any, depthwise_kernel: Any, strides: Any = (1, 1), padding: str = "valid", data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Tensor:  # fmt: skip
    """A convolution of each channel by itself; arguments as of `separable_conv2d`."""
    _check_pair("strides", strides)
    first = _channels_first(data_format)
    made = dilated.depthwise_conv2d(
        _last(x) if first else x, depthwise_kernel, strides=(1, *strides, 1), padding=_padding(padding),
        rate=dilation_rate, data_format=_NHWC,
    )  # fmt: skip
    return _first(made) if first else made  # type: ignore[no-any-return]


def _check_pair(name: str, value: Any) -> None:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ValueError(f"`{name}` must be a tuple of 2 integers. Received: {value}")


# ---------------------------------------------------------------- pooling


@tf_export("keras.backend.pool2d")
def pool2d(
    x: Any, pool_size: Any, strides: Any = (1, 1), padding: str = "valid", data_format: str | None = None,
    pool_mode: str = "max",
) -> Tensor:  # fmt: skip
    """The maximum or mean over windows of images.

    Args:
        x: [batch, rows, columns, channels], or with channels first.
        pool_size: sizes of windows.
        strides: their distances.
        padding: "same" or "valid".
        data_format: "channels_last" or "channels_first".
        pool_mode: "max" or "avg".

    Raises:
        ValueError: an argument is none of these.
    """
    for name, value in (("pool_size", pool_size), ("strides", strides)):
        _check_pair(name, value)
    return _pooled(x, pool_size, strides, padding, data_format, pool_mode)


@tf_export("keras.backend.pool3d")
def pool3d(
    x: Any, pool_size: Any, strides: Any = (1, 1, 1), padding: str = "valid", data_format: str | None = None,
    pool_mode: str = "max",
) -> Tensor:  # fmt: skip
    """The maximum or mean over windows of volumes; arguments as of `pool2d`, with three spatial dimensions."""
    return _pooled(x, pool_size, strides, padding, data_format, pool_mode)


def _pooled(x: Any, size: Any, strides: Any, padding: str, data_format: str | None, mode: str) -> Any:
    from tfcompat.ops import pool

    functions: dict[tuple[str, int], Any] = {
        ("max", 2): pool.max_pool,
        ("avg", 2): pool.avg_pool,
        ("max", 3): pool.max_pool3d,
        ("avg", 3): pool.avg_pool3d,
    }
    if (mode, len(size)) not in functions:
        raise ValueError(f"Invalid pooling mode: {mode}")
    first = _channels_first(data_format)
    made = functions[mode, len(size)](
        _last(x) if first else x, (1, *size, 1), (1, *strides, 1), padding=_padding(padding)
    )
    return _first(made) if first else made


# ---------------------------------------------------------------- layers without shared weights


@tf_export("keras.backend.local_conv1d")
def local_conv1d(
    inputs: Any, kernel: Any, kernel_size: Sequence[int], strides: Sequence[int], data_format: str | None = None
) -> Tensor:
    """A convolution with a kernel of its own at each step.

    Args:
        inputs: [batch, steps, channels], or with channels first.
        kernel: [steps of the result, size * channels, filters].
        kernel_size: (size,).
        strides: (distance,).
        data_format: "channels_last" or "channels_first".
    """
    return _local_conv(inputs, kernel, kernel_size, strides, (kernel.shape.as_list()[0],), data_format)


@tf_export("keras.backend.local_conv2d")
def local_conv2d(
    inputs: Any, kernel: Any, kernel_size: Sequence[int], strides: Sequence[int], output_shape: Sequence[int],
    data_format: str | None = None,
) -> Tensor:  # fmt: skip
    """A convolution with a kernel of its own at each pixel.

    Args:
        inputs: [batch, rows, columns, channels], or with channels first.
        kernel: [pixels of the result, rows * columns * channels, filters].
        kernel_size: sizes of windows.
        strides: their distances.
        output_shape: rows and columns of the result.
        data_format: "channels_last" or "channels_first".
    """
    return _local_conv(inputs, kernel, kernel_size, strides, output_shape, data_format)


def _local_conv(
    inputs: Any, kernel: Any, size: Sequence[int], strides: Sequence[int], counts: Sequence[int], data_format: Any
) -> Any:
    import itertools

    first = _channels_first(data_format)
    _, features, filters = kernel.shape.as_list()
    windows = []
    for place in itertools.product(*(range(n) for n in counts)):
        window = [slice(i * s, i * s + n) for i, s, n in zip(place, strides, size, strict=True)]
        window = [slice(None), slice(None), *window] if first else [slice(None), *window, slice(None)]
        windows.append(array.reshape(inputs[tuple(window)], (1, -1, features)))
    made = batch_dot(concat.concat(windows, axis=0), kernel)
    made = array.reshape(made, (*counts, -1, filters))
    rank = len(counts)
    order = (rank, rank + 1, *range(rank)) if first else (rank, *range(rank), rank + 1)
    return array.transpose(made, order)


# ---------------------------------------------------------------- batch normalization


@tf_export("keras.backend.batch_normalization")
def batch_normalization(
    x: Any, mean: Any, var: Any, beta: Any, gamma: Any, axis: int = -1, epsilon: float = 1e-3
) -> Tensor:
    """gamma * (x - mean) / sqrt(var + epsilon) + beta.

    Args:
        x: tensor.
        mean: mean of each channel.
        var: variance of each channel.
        beta: offset, or None.
        gamma: scale, or None.
        axis: the dimension of the channels, for images.
        epsilon: keeps the division finite.
    """
    if x.shape.ndims == 4 and axis in (1, 3, -1):
        first = axis == 1
        mean, var, beta, gamma = (
            array.reshape(v, [-1]) if v is not None and v.shape.ndims != 1 else v for v in (mean, var, beta, gamma)
        )
        beta = filling.zeros_like(mean) if beta is None else beta
        gamma = filling.ones_like(mean) if gamma is None else gamma
        return normalization.fused_batch_norm(
            x, gamma, beta, epsilon=epsilon, mean=mean, variance=var, data_format="NCHW" if first else _NHWC,
            is_training=False,
        )[0]  # fmt: skip
    return normalization.batch_normalization(x, mean, var, beta, gamma, epsilon)


@tf_export("keras.backend.normalize_batch_in_training")
def normalize_batch_in_training(
    x: Any, gamma: Any, beta: Any, reduction_axes: Sequence[int], epsilon: float = 1e-3
) -> tuple[Tensor, Tensor, Tensor]:
    """`x` normalized with its own mean and variance.

    Args:
        x: tensor.
        gamma: scale, or None.
        beta: offset, or None.
        reduction_axes: dimensions over which mean and variance are computed.
        epsilon: keeps the division finite.

    Returns:
        (the result, the means, the variances).
    """
    axes = list(reduction_axes)
    if x.shape.ndims == 4 and axes == [0, 1, 2]:
        channels = x.shape.as_list()[3]
        gamma = constant(1.0, x.dtype, [channels]) if gamma is None else gamma
        beta = constant(0.0, x.dtype, [channels]) if beta is None else beta
        return normalization.fused_batch_norm(  # type: ignore[return-value]
            x, gamma, beta, epsilon=epsilon, data_format=_NHWC
        )
    mean, var = normalization.moments(x, axes)
    if sorted(axes) == list(range(x.shape.ndims))[:-1]:
        return normalization.batch_normalization(x, mean, var, beta, gamma, epsilon), mean, var
    sizes = packing.stack([1 if axis in axes else array.shape(x)[axis] for axis in range(x.shape.ndims)])  # type: ignore[index]
    spread = (None if v is None else array.reshape(v, sizes) for v in (mean, var, gamma, beta))
    wide_mean, wide_var, wide_gamma, wide_beta = spread
    return normalization.batch_normalization(x, wide_mean, wide_var, wide_beta, wide_gamma, epsilon), mean, var
