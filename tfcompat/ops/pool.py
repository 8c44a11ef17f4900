"""Max and average pools over one to three spatial dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.array import expand_dims, squeeze
from tfcompat.ops.windows import channel_axis, check_attributes, explicit_padding, full_sequence, slid_shape


@tf_export("nn.max_pool")
def max_pool(
    value: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    name: str | None = None,
    input: Any = None,
) -> Tensor:
    """Maximum of every window of `ksize`, moved by `strides`.

    Args:
        value: `[batch, height, width, channels]`, or channels second for NCHW; a real type.
        ksize: size of the window: one number, one a spatial dimension, or four.
        strides: in the same forms.
        padding: "SAME", "VALID", or four pairs; padding never is the maximum.
        data_format: "NHWC" or "NCHW".
        name: name of the operation.
        input: alias of `value`.

    Raises:
        ValueError: the shapes do not fit.
    """
    value = one_of("value", value, "input", input) if value is None or input is not None else value
    with name_scope(name, "MaxPool", [value]) as scope:
        return _max_pool_2d(value, ksize, strides, padding, data_format, scope)


def _max_pool_2d(value: Any, ksize: Any, strides: Any, padding: Any, data_format: str | None, scope: str) -> Tensor:
    data_format = "NHWC" if data_format is None else data_format
    channel = channel_axis(data_format, 4)
    ksize, strides = full_sequence(ksize, 2, channel, "ksize"), full_sequence(strides, 2, channel, "strides")
    padding, explicit = explicit_padding(padding)
    if explicit and (isinstance(padding, str) and data_format == "NCHW_VECT_C"):
        raise ValueError("`data_format='NCHW_VECT_C'` is not supported with explicit padding.")
    return raw_ops.MaxPool(
        input=value,
        ksize=ksize,
        strides=strides,
        padding=padding,
        explicit_paddings=explicit,
        data_format=data_format,
        name=scope,
    )


@tf_export("nn.max_pool2d")
def max_pool2d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: str = "NHWC", name: str | None = None
) -> Tensor:
    """Same as `max_pool`."""
    with name_scope(name, "MaxPool2d", [input]) as scope:
        return _max_pool_2d(input, ksize, strides, padding, data_format, scope)


@tf_export("nn.avg_pool", "nn.avg_pool2d")
def avg_pool(
    value: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    name: str | None = None,
    input: Any = None,
) -> Tensor:
    """Mean of every window; padding does not count. The arguments are those of `max_pool`, without explicit padding."""
    value = one_of("value", value, "input", input) if value is None or input is not None else value
    with name_scope(name, "AvgPool", [value]) as scope:
        data_format = "NHWC" if data_format is None else data_format
        channel = channel_axis(data_format, 4)
        return raw_ops.AvgPool(
            value=value,
            ksize=full_sequence(ksize, 2, channel, "ksize"),
            strides=full_sequence(strides, 2, channel, "strides"),
            padding=padding,
            data_format=data_format,
            name=scope,
        )


def _pool_1d(op_type: str, input: Any, ksize: Any, strides: Any, padding: Any, data_format: str, scope: str) -> Tensor:
    data_format = "NWC" if data_format is None else data_format
    channel = channel_axis(data_format, 3)
    ksize, strides = ([1, *full_sequence(v, 1, channel, n)] for v, n in ((ksize, "ksize"), (strides, "strides")))
    axis = 1 if channel == 2 else 2
    input = expand_dims(convert_to_tensor(input, name="input") if op_type == "MaxPool" else input, axis)
    if axis == 2:
        ksize, strides = ([1, 1, 1, v[-1]] for v in (ksize, strides))
    first = "input" if op_type == "MaxPool" else "value"
    result = getattr(raw_ops, op_type)(
        **{first: input},
        ksize=ksize,
        strides=strides,
        padding=padding,
        data_format="NHWC" if axis == 1 else "NCHW",
        name=scope,
    )
    return squeeze(result, axis=[axis])


@tf_export("nn.max_pool1d")
def max_pool1d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: str = "NWC", name: str | None = None
) -> Tensor:
    """`max_pool` over `[batch, width, channels]` (or NCW)."""
    with name_scope(name, "MaxPool1d", [input]) as scope:
        return _pool_1d("MaxPool", input, ksize, strides, padding, data_format, scope)


@tf_export("nn.avg_pool1d")
def avg_pool1d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: str = "NWC", name: str | None = None
) -> Tensor:
    """`avg_pool` over `[batch, width, channels]` (or NCW)."""
    with name_scope(name, "AvgPool1D", [input]) as scope:
        return _pool_1d("AvgPool", input, ksize, strides, padding, data_format, scope)


def _pool_3d(
    op_type: str, input: Any, ksize: Any, strides: Any, padding: Any, data_format: str | None, scope: str
) -> Tensor:
    data_format = "NDHWC" if data_format is None else data_format
    channel = channel_axis(data_format, 5)
    return getattr(raw_ops, op_type)(
        input=input,
        ksize=full_sequence(ksize, 3, channel, "ksize"),
        strides=full_sequence(strides, 3, channel, "strides"),
        padding=padding,
        data_format=data_format,
        name=scope,
    )


@tf_export("nn.max_pool3d")
def max_pool3d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: str = "NDHWC", name: str | None = None
) -> Tensor:
    """`max_pool` over `[batch, depth, height, width, channels]` (or NCDHW); "SAME" or "VALID"."""
    with name_scope(name, "MaxPool3D", [input]) as scope:
        return _pool_3d("MaxPool3D", input, ksize, strides, padding, data_format, scope)


@tf_export("nn.avg_pool3d")
def avg_pool3d(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: str = "NDHWC", name: str | None = None
) -> Tensor:
    """`avg_pool` over `[batch, depth, height, width, channels]` (or NCDHW)."""
    with name_scope(name, "AvgPool3D", [input]) as scope:
        return _pool_3d("AvgPool3D", input, ksize, strides, padding, data_format, scope)


@tf_export("nn.max_pool_v2")
def max_pool_v2(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: str | None = None, name: str | None = None
) -> Tensor:
    """The max pool for as many dimensions as `input` has: `max_pool1d`, `max_pool2d` or `max_pool3d`."""
    pools: Any = {1: max_pool1d, 2: max_pool2d, 3: max_pool3d}
    return pools[_spatial_rank(input, data_format)](input, ksize, strides, padding, data_format, name)


@tf_export("nn.avg_pool_v2")
def avg_pool_v2(
    input: Any, ksize: Any, strides: Any, padding: Any, data_format: str | None = None, name: str | None = None
) -> Tensor:
    """The average pool for as many dimensions as `input` has: `avg_pool1d`, `avg_pool` or `avg_pool3d`."""
    pools: Any = {1: avg_pool1d, 2: avg_pool, 3: avg_pool3d}
    return pools[_spatial_rank(input, data_format)](input, ksize, strides, padding, data_format, name)


def _spatial_rank(input: Any, data_format: str | None) -> int:
    rank = len(data_format) if data_format is not None else convert_to_tensor(input).shape.rank
    if rank is None or not 3 <= rank <= 5:
        raise ValueError(
            "`input.shape.rank` must be 3, 4 or 5. "
            f"Received: input.shape={convert_to_tensor(input).shape} of rank {rank}"
        )
    return rank - 2


@tf_export("nn.max_pool_with_argmax")
def max_pool_with_argmax(
    input: Any,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
    data_format: str = "NHWC",
    Targmax: Any = None,
    name: str | None = None,
    output_dtype: Any = None,
    include_batch_in_index: bool = False,
) -> tuple[Tensor, Tensor]:
    """`max_pool` and where each maximum stands.

    Args:
        input: `[batch, height, width, channels]`, a real type.
        ksize: four numbers.
        strides: four numbers.
        padding: "SAME" or "VALID".
        data_format: "NHWC".
        Targmax: int64 (default) or int32.
        name: name of the operation.
        output_dtype: alias of `Targmax`.
        include_batch_in_index: whether positions count from the start of the batch rather than of the image.

    Returns:
        (maxima, positions): position = (y * width + x) * channels + c, plus b * height * width * channels when the
        batch is included.
    """
    if data_format != "NHWC":
        raise ValueError(
            f"`data_format` values other than 'NHWC' are not supported. Received: data_format={data_format}"
        )
    Targmax = one_of("Targmax", Targmax, "output_dtype", output_dtype) if output_dtype is not None else Targmax
    return raw_ops.MaxPoolWithArgmax(
        input=input,
        ksize=ksize,
        strides=strides,
        padding=padding,
        Targmax=Targmax,
        include_batch_in_index=include_batch_in_index,
        name=name,
    )


# ---------------------------------------------------------------- shapes


def _pooled(c: InferenceContext, x: TensorShape, ksize: Sequence[int]) -> TensorShape:
    rank = len(ksize)
    channel = channel_axis(c.op.attrs.get("data_format", b"NHWC"), rank)
    dims = x.tuple
    depth = None if dims is None or len(dims) != rank else dims[channel]
    if depth is not None and ksize[channel] != 1:
        depth //= ksize[channel]
    return slid_shape(c, x, rank, ksize, depth)


@shape_of("MaxPool", "AvgPool", "MaxPool3D", "AvgPool3D")
def _pool_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    check_attributes(c, 5 if c.op.type.endswith("3D") else 4, ("strides", "ksize"))
    return [_pooled(c, x, c.attr("ksize"))]


class _WindowGiven(InferenceContext):
    """An operation whose window and strides are inputs, as one that has them as attributes."""

    def __init__(self, c: InferenceContext, **given: list[int]):
        super().__init__(c.op, c._values)
        self._given = given

    def attr(self, name: str) -> Any:
        return self._given.get(name) or super().attr(name)


@shape_of("MaxPoolV2")
def _pool_v2_shape(c: InferenceContext, x: TensorShape, *_: TensorShape) -> list[TensorShape]:
    x = x.with_rank(4)
    ksize, strides = c.value(1), c.value(2)
    if ksize is None or strides is None:
        return [TensorShape(None)]
    given = {"ksize": ksize.tolist(), "strides": strides.tolist()}
    return [_pooled(_WindowGiven(c, **given), x, given["ksize"])]


@shape_of("MaxPoolWithArgmax")
def _pool_with_argmax_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    check_attributes(c, 4, ("strides", "ksize"))
    return [_pooled(c, x, c.attr("ksize"))] * 2
