"""Convolutions and pools in general form: any number of spatial dimensions, dilation by space_to_batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.array import expand_dims, shape, squeeze
from tfcompat.ops.concat import concat
from tfcompat.ops.conv_transpose import conv1d
from tfcompat.ops.packing import stack
from tfcompat.ops.windows import explicit_padding

Core = Callable[[Any, Sequence[int], str], Any]
"""fn(input, spatial dimensions, "SAME" or "VALID") -> result."""


@tf_export("nn.with_space_to_batch")
def with_space_to_batch(
    input: Any,
    dilation_rate: Any,
    padding: str,
    op: Callable[..., Any],
    filter_shape: Any = None,
    spatial_dims: Any = None,
    data_format: str | None = None,
) -> Any:
    """Calls `op` so that its window is dilated: the input is cut into one image for every phase of the dilation.

    Args:
        input: tensor.
        dilation_rate: one rate a spatial dimension.
        padding: "SAME" or "VALID".
        op: called as op(input, number of spatial dimensions, padding).
        filter_shape: shape of the window; needed for "SAME".
        spatial_dims: the dimensions that are spatial, ascending; those of the data format by default.
        data_format: "N...C" (default) or "NC...".

    Raises:
        ValueError: rates, dimensions or ranks do not fit.
    """
    input = convert_to_tensor(input, name="input")
    rate = convert_to_tensor(dilation_rate, dtype="int32", name="dilation_rate")

    def core(x: Any, dims: Sequence[int], pad: str) -> Any:
        return op(x, len(dims), pad)

    return dilated(input, rate, padding, core, filter_shape, spatial_dims, data_format)


def dilated(
    input: Tensor,
    rate: Tensor,
    padding: str,
    op: Core,
    filter_shape: Any = None,
    spatial_dims: Any = None,
    data_format: str | None = None,
) -> Any:
    """`with_space_to_batch` on tensors; `op` gets the list of spatial dimensions."""
    count = rate.shape[0].value
    if rate.shape.rank != 1 or not count:
        raise ValueError(f"`dilation_rate.shape` must be rank 1 with a known size. Received: {rate.shape}")
    channels_first = data_format is not None and data_format.startswith("NC")
    dims = (
        sorted(spatial_dims)
        if spatial_dims is not None
        else list(range(2, count + 2) if channels_first else range(1, count + 1))
    )
    rates = GRAPH_VALUES.constant(rate)
    if rates is not None and (rates <= 0).any():
        raise ValueError(f"`dilation_rate` must be positive. Received: dilation_rate={rates}")
    if rates is not None and (rates == 1).all():
        return op(input, dims, padding)
    known: Any = rates if rates is not None else rate
    if padding == "SAME":
        base = _base_paddings(filter_shape, count, known)
    elif padding == "VALID":
        base = np.zeros([count, 2], np.int32)
    else:
        raise ValueError(f"`padding` must be either 'SAME' or 'VALID'. Received: padding={padding}")
    paddings, crops = PUBLIC["required_space_to_batch_paddings"](
        input_shape=_spatial_sizes(input, dims), base_paddings=base, block_shape=rate
    )
    blocks, paddings, crops = (_over_all(t, fill, dims) for t, fill in ((rate, 1), (paddings, 0), (crops, 0)))
    cut = raw_ops.SpaceToBatchND(input=input, block_shape=blocks, paddings=paddings)
    result = op(cut, dims, "VALID")
    return raw_ops.BatchToSpaceND(input=result, block_shape=blocks, crops=crops)


def _base_paddings(filter_shape: Any, count: int, rates: Any) -> Any:
    """The SAME padding of a dilated window, per spatial dimension (before, after)."""
    if filter_shape is None:
        raise ValueError("`filter_shape` must be specified for `padding='SAME'`.")
    tensor = convert_to_tensor(filter_shape, name="filter_shape")
    known = GRAPH_VALUES.constant(tensor)
    window: Any = tensor if known is None else known
    extra = (window[:count] - 1) * rates
    before = extra // 2
    after = extra - before
    return stack([[before[i], after[i]] for i in range(count)])


def _spatial_sizes(input: Tensor, dims: Sequence[int]) -> Any:
    if input.shape.rank is not None:
        sizes = [input.shape.tuple[d] for d in dims]  # type: ignore[index]
        if None not in sizes:
            return np.array(sizes, np.int32)
    full = shape(input)
    return stack([full[d] for d in dims])  # type: ignore[index]


def _over_all(value: Tensor, fill: int, dims: Sequence[int]) -> Any:
    """One row of `value` for every dimension from 1 on, `fill` for those that are not spatial."""
    known = GRAPH_VALUES.constant(value)
    source: Any = value if known is None else known
    rows = list((value.shape.as_list())[1:])
    parts: list[Any] = []
    next_dim, start = 1, 0
    while start < len(dims):
        if dims[start] > next_dim:
            parts.append(np.full([dims[start] - next_dim, *rows], fill, np.int32))
        stop = start + 1
        while stop < len(dims) and dims[stop] == dims[stop - 1] + 1:
            stop += 1
        parts.append(source[start:stop])
        next_dim, start = dims[stop - 1] + 1, stop
    if known is not None:
        return np.concatenate(parts)
    return concat(parts, 0)


# ---------------------------------------------------------------- convolution


@tf_export("nn.convolution")
def convolution(
    input: Any,
    filter: Any,
    padding: str,
    strides: Any = None,
    dilation_rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """Convolution over one to three dimensions: out[b, x, k] = sum over z, q of
    input[b, x * strides + dilation_rate * z, q] * filter[z, q, k].

    Args:
        input: `[batch, spatial..., channels]`, or channels second for "NC..." formats; a float type.
        filter: `[spatial..., channels, out_channels]`.
        padding: "SAME" or "VALID".
        strides: one a spatial dimension; 1 by default. Greater ones exclude dilation.
        dilation_rate: one a spatial dimension; 1 by default.
        name: name of the operation.
        data_format: NWC, NCW, NHWC, NCHW, NDHWC or NCDHW; channels last by default.
        filters: alias of `filter`.
        dilations: alias of `dilation_rate`.

    Raises:
        ValueError: ranks or arguments do not fit.
    """
    filter = one_of("filter", filter, "filters", filters)
    dilation_rate = one_of("dilation_rate", dilation_rate, "dilations", dilations)
    with name_scope(name, "convolution", [input, filter]) as scope:
        input = convert_to_tensor(input, name="input")
        filter = convert_to_tensor(filter, name="filter")
        count = _spatial_count(input, filter)
        if dilation_rate is None:
            dilation_rate = [1] * count
        strides, dilation_rate = _checked_rates(count, strides, dilation_rate)
        core = _convolution_core(filter, strides, data_format, scope)
        if (np.asarray(dilation_rate) == 1).all():
            first = 2 if data_format is not None and data_format.startswith("NC") else 1
            return core(input, range(first, first + count), padding)
        rate = convert_to_tensor(np.asarray(dilation_rate, np.int32), name="dilation_rate")
        return dilated(input, rate, padding, core, filter.shape, None, data_format)


def _spatial_count(input: Tensor, filter: Tensor) -> int:
    rank = filter.shape.rank if filter.shape.rank is not None else input.shape.rank
    if rank is None:
        raise ValueError(
            "Rank of convolution must be known. Received: "
            f"`input.shape={input.shape}` and `filter.shape={filter.shape}`"
        )
    if not 3 <= rank <= 5:
        raise ValueError(
            "`input` rank must be between 3 and 5 inclusive. "
            f"Received: `input` of rank {input.shape.rank} and `filter` of rank {filter.shape.rank}"
        )
    return rank - 2


def _checked_rates(count: int, strides: Any, rates: Any) -> tuple[list[int], list[int]]:
    strides = [1] * count if strides is None else _per_dimension(strides, count, "strides")
    rates = _per_dimension(rates, count, "dilation_rate")
    if any(s > 1 for s in strides) and any(r > 1 for r in rates):
        raise ValueError(
            "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
            f"Received: strides={np.asarray(strides)} and dilation_rate={np.asarray(rates)}"
        )
    return strides, rates


def _per_dimension(values: Any, count: int, name: str) -> list[int]:
    found = [int(v) for v in values]
    if len(found) != count:
        raise ValueError(f"`len({name})` must be {count}. Received: {name}={values} of length {len(found)}")
    if any(v < 1 for v in found):
        raise ValueError(f"all values of `{name}` must be positive. Received: {name}={values}")
    return found


def _convolution_core(filter: Tensor, strides: list[int], data_format: str | None, name: str) -> Core:
    """The convolution without dilation, for as many spatial dimensions as there are strides."""

    def call(x: Any, dims: Sequence[int], padding: str) -> Any:
        if len(strides) == 1:
            return conv1d(x, filter, strides[0], padding, use_cudnn_on_gpu=True, data_format=data_format, name=name)
        first = data_format is not None and data_format.startswith("NC")
        full = [1, 1, *strides] if first else [1, *strides, 1]
        if len(strides) == 2:
            return raw_ops.Conv2D(
                input=x, filter=filter, strides=full, padding=padding, data_format=data_format or "NHWC", name=name
            )
        return raw_ops.Conv3D(
            input=x, filter=filter, strides=full, padding=padding, data_format=data_format or "NDHWC", name=name
        )

    return call


@tf_export("nn.atrous_conv2d")
def atrous_conv2d(value: Any, filters: Any, rate: int, padding: str, name: str | None = None) -> Tensor:
    """`convolution` over two dimensions with `rate` - 1 zeros between the filter's elements."""
    return convolution(value, filters, padding, dilation_rate=[rate, rate], name=name)


# ---------------------------------------------------------------- depthwise


@tf_export("nn.depthwise_conv2d")
def depthwise_conv2d(
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """Depthwise 2-D convolution, dilated by `rate`; see `depthwise_conv2d_native`.

    Args:
        input: `[batch, height, width, channels]` (or NCHW), a float type.
        filter: `[height, width, channels, m]`.
        strides: four numbers; 1 where `rate` is greater than 1.
        padding: "SAME", "VALID", or four pairs.
        rate: two dilations; 1 by default.
        name: name of the operation.
        data_format: "NHWC" (default) or "NCHW".
        dilations: alias of `rate`.

    Returns:
        `[batch, out_height, out_width, channels * m]`.
    """
    rate = one_of("rate", rate, "dilations", dilations)
    with name_scope(name, "depthwise", [input, filter]) as scope:
        input = convert_to_tensor(input, name="tensor_in")
        filter = convert_to_tensor(filter, name="filter_in")
        return _depthwise(input, filter, strides, padding, [1, 1] if rate is None else rate, data_format, scope)


def _depthwise(
    input: Tensor, filter: Tensor, strides: Any, padding: Any, rate: Any, data_format: str | None, name: str
) -> Tensor:
    def core(x: Any, dims: Sequence[int], pad: Any) -> Any:
        kind, explicit = explicit_padding(pad)
        return raw_ops.DepthwiseConv2dNative(
            input=x,
            filter=filter,
            strides=strides,
            padding=kind,
            explicit_paddings=explicit,
            data_format=data_format,
            name=name,
        )

    window = shape(filter)
    rates = convert_to_tensor(rate, dtype="int32", name="dilation_rate")
    return dilated(input, rates, padding, core, window, None, data_format)


@tf_export("nn.separable_conv2d")
def separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: Any,
    rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """`depthwise_conv2d` followed by a 1x1 `conv2d`.

    Args:
        input: `[batch, height, width, channels]` (or NCHW), a float type.
        depthwise_filter: `[height, width, channels, m]`.
        pointwise_filter: `[1, 1, channels * m, out_channels]`.
        strides: four numbers, of the depthwise part.
        padding: "SAME", "VALID", or four pairs.
        rate: two dilations of the depthwise part.
        name: name of the operation.
        data_format: "NHWC" (default) or "NCHW".
        dilations: alias of `rate`.

    Raises:
        ValueError: the pointwise filter is not 1x1, or channels do not fit.
    """
    rate = one_of("rate", rate, "dilations", dilations)
    with name_scope(name, "separable_conv2d", [input, depthwise_filter, pointwise_filter]) as scope:
        input = convert_to_tensor(input, name="tensor_in")
        depthwise_filter = convert_to_tensor(depthwise_filter, name="depthwise_filter")
        pointwise_filter = convert_to_tensor(pointwise_filter, name="pointwise_filter")
        pointwise = pointwise_filter.shape.with_rank(4)
        if any(d not in (None, 1) for d in pointwise.tuple[:2]):  # type: ignore[index]
            raise ValueError(
                f"`pointwise_filter` must be of shape 1x1. Received: pointwise_filter.shape={pointwise_filter.shape}"
            )
        deep = _depthwise(
            input, depthwise_filter, strides, padding, [1, 1] if rate is None else rate, data_format, "depthwise"
        )
        return raw_ops.Conv2D(
            input=deep,
            filter=pointwise_filter,
            strides=[1, 1, 1, 1],
            padding="VALID",
            data_format=data_format,
            name=scope,
        )


# ---------------------------------------------------------------- pool


@tf_export("nn.pool")
def pool(
    input: Any,
    window_shape: Sequence[int],
    pooling_type: str,
    padding: str,
    dilation_rate: Any = None,
    strides: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """Pool over one to three dimensions.

    Args:
        input: `[batch, spatial..., channels]`, or channels second for "NC..." formats.
        window_shape: one size a spatial dimension.
        pooling_type: "MAX" or "AVG".
        padding: "SAME" or "VALID".
        dilation_rate: one a spatial dimension; 1 by default. Greater ones need "VALID" padding and strides of 1.
        strides: one a spatial dimension; 1 by default.
        name: name of the operation.
        data_format: NWC, NCW, NHWC, NCHW, NDHWC or NCDHW; channels last by default.
        dilations: alias of `dilation_rate`.

    Raises:
        ValueError: arguments do not fit.
    """
    dilation_rate = one_of("dilation_rate", dilation_rate, "dilations", dilations)
    with name_scope(name, f"{pooling_type.lower()}_pool", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        count = len(window_shape)
        if not 1 <= count <= 3:
            raise ValueError(
                f"`len(window_shape)` must be 1, 2, or 3. Received: window_shape={window_shape} of length {count}"
            )
        if input.shape.rank is not None and input.shape.rank != count + 2:
            raise ValueError(f"`input.shape.rank` must be {count + 2}. Received: input.shape={input.shape}")
        strides, rates = _checked_rates(count, strides, [1] * count if dilation_rate is None else dilation_rate)
        if padding == "SAME" and any(r > 1 for r in rates):
            raise ValueError(
                "pooling with 'SAME' padding is not implemented for `dilation_rate` > 1. "
                f"Received: padding={padding} and dilation_rate={rates}"
            )
        if any(s > w for s, w in zip(strides, window_shape, strict=True)):
            raise ValueError(
                "`strides` > `window_shape` not supported due to inconsistency between CPU and GPU "
                f"implementations. Received: strides={strides} and window_shape={list(window_shape)}"
            )
        rate = convert_to_tensor(np.asarray(rates, np.int32), name="dilation_rate")
        core = _pool_core(list(window_shape), strides, pooling_type, data_format, scope)
        return dilated(input, rate, padding, core, None, None, data_format)


def _pool_core(window: list[int], strides: list[int], kind: str, data_format: str | None, name: str) -> Core:
    op_types = {("MAX", 2): "MaxPool", ("AVG", 2): "AvgPool", ("MAX", 3): "MaxPool3D", ("AVG", 3): "AvgPool3D"}

    def call(x: Any, dims: Sequence[int], padding: str) -> Any:
        first = data_format is not None and data_format.startswith("NC")
        sizes, steps, formats = window, strides, {2: "NCHW" if first else "NHWC", 3: "NCDHW" if first else "NDHWC"}
        if len(window) == 1:
            sizes, steps = [1, *window], [1, *strides]
            x = expand_dims(x, dims[0])
        if (kind, len(sizes)) not in op_types:
            raise ValueError(f"Unsupported `pooling_type`: {kind}.")
        op_type = op_types[kind, len(sizes)]
        source = "value" if op_type == "AvgPool" else "input"
        full = [[1, 1, *v] if first else [1, *v, 1] for v in (sizes, steps)]
        result = getattr(raw_ops, op_type)(
            **{source: x}, ksize=full[0], strides=full[1], padding=padding, data_format=formats[len(sizes)], name=name
        )
        return squeeze(result, [dims[0]]) if len(window) == 1 else result

    return call
