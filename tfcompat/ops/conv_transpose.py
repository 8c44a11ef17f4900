"""Transposed convolutions, and convolution over one dimension: two-dimensional operations on expanded tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.array import expand_dims, reshape, shape, squeeze
from tfcompat.ops.concat import concat
from tfcompat.ops.windows import channel_axis, explicit_padding, full_sequence

_WIDE = {None: "NHWC", "NHWC": "NHWC", "NWC": "NHWC", "NCHW": "NCHW", "NCW": "NCHW"}
"""Data format of one spatial dimension -> of the two-dimensional operation."""


@tf_export("nn.conv1d")
def conv1d(
    value: Any = None,
    filters: Any = None,
    stride: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool | None = None,
    data_format: str | None = None,
    name: str | None = None,
    input: Any = None,
    dilations: Any = None,
) -> Tensor:
    """1-D convolution: out[b, i, k] = sum over di, q of value[b, s * i + d * di, q] * filters[di, q, k].

    Args:
        value: `[..., width, channels]` (or channels before width for NCW), a float type.
        filters: `[width, channels, out_channels]`, the type of `value`.
        stride: an int or a list of one or three.
        padding: "SAME" or "VALID".
        use_cudnn_on_gpu: recorded as an attribute.
        data_format: "NWC" (default) or "NCW".
        name: name of the operation.
        input: alias of `value`.
        dilations: an int or a list of one or three; 1 by default.

    Raises:
        ValueError: the data format is another one, or shapes do not fit.
    """
    value = one_of("value", value, "input", input)
    with name_scope(name, "conv1d", [value, filters]) as scope:
        if data_format not in _WIDE:
            raise ValueError(f"`data_format` must be 'NWC' or 'NCW'. Received: data_format={data_format}")
        data_format = _WIDE[data_format]
        axis, channel = (-2, 1) if data_format == "NCHW" else (-3, 2)
        strides = [1, *full_sequence(stride, 1, channel, "stride")]
        dilations = [1, *full_sequence(dilations, 1, channel, "dilations")]
        value = expand_dims(value, axis)
        filters = expand_dims(filters, 0)

        def convolve(x: Any, op_name: str | None) -> Any:
            return raw_ops.Conv2D(
                input=x,
                filter=filters,
                strides=strides,
                padding=padding,
                use_cudnn_on_gpu=use_cudnn_on_gpu,
                data_format=data_format,
                dilations=dilations,
                name=op_name,
            )

        if value.shape.rank in (4, 3, 2, 1, 0, None):
            result = convolve(value, scope)
        else:
            result = over_inner_dimensions(lambda x: convolve(x, None), value, 3, scope)
        return squeeze(result, [axis])


def over_inner_dimensions(op: Callable[[Tensor], Tensor], x: Tensor, inner_rank: int, name: str | None) -> Tensor:
    """Calls `op` on `x` with all dimensions but the last `inner_rank` merged into one, and splits them again."""
    with name_scope(name, "squeeze_batch_dims", [x]):
        batch, inner = x.shape[:-inner_rank], x.shape[-inner_rank:]
        sizes: Any = _sizes(inner, lambda: shape(x)[-inner_rank:])  # type: ignore[index]
        outer: Any = _sizes(batch, lambda: shape(x)[:-inner_rank])  # type: ignore[index]
        merged = reshape(x, [-1, *sizes] if isinstance(sizes, list) else concat(([-1], sizes), axis=-1))
        result = op(merged)
        ends = _sizes(result.shape[-inner_rank:], lambda: shape(result)[-inner_rank:])  # type: ignore[index]
        split = reshape(result, concat((outer, ends), axis=-1))
        split.set_shape(batch.concatenate(split.shape[-inner_rank:]))
        return split


def _sizes(known: TensorShape, compute: Callable[[], Any]) -> Any:
    return known.as_list() if known.is_fully_defined() else compute()


@tf_export("nn.conv2d_transpose")
def conv2d_transpose(
    value: Any = None,
    filter: Any = None,
    output_shape: Any = None,
    strides: Any = None,
    padding: Any = "SAME",
    data_format: str = "NHWC",
    name: str | None = None,
    input: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """The gradient of `conv2d` for its input, as a layer: `value` takes the place of the output gradient.

    Args:
        value: `[batch, height, width, in_channels]` (or NCHW), a float type.
        filter: `[height, width, out_channels, in_channels]`.
        output_shape: the shape of the result, a list or int32 vector.
        strides: a number, one a spatial dimension, or four.
        padding: "SAME", "VALID" or four pairs.
        data_format: "NHWC" or "NCHW".
        name: name of the operation.
        input: alias of `value`.
        filters: alias of `filter`.
        dilations: in the forms of `strides`; 1 by default.

    Raises:
        ValueError: shapes do not fit.
    """
    value = one_of("value", value, "input", input)
    filter = one_of("filter", filter, "filters", filters)
    with name_scope(name, "conv2d_transpose", [value, filter, output_shape]) as scope:
        data_format = "NHWC" if data_format is None else data_format
        channel = channel_axis(data_format, 4)
        padding, explicit = explicit_padding(padding)
        return raw_ops.Conv2DBackpropInput(
            input_sizes=output_shape,
            filter=filter,
            out_backprop=value,
            strides=full_sequence(strides, 2, channel, "strides"),
            padding=padding,
            explicit_paddings=explicit,
            data_format=data_format,
            dilations=full_sequence(dilations, 2, channel, "dilations"),
            name=scope,
        )


@tf_export("nn.conv1d_transpose")
def conv1d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """`conv2d_transpose` over one dimension.

    Args:
        input: `[batch, width, in_channels]` (or NCW), a float type.
        filters: `[width, out_channels, in_channels]`.
        output_shape: three sizes, a list or int32 vector.
        strides: a number, or a list of one or three.
        padding: "SAME" or "VALID".
        data_format: "NWC" or "NCW".
        dilations: in the forms of `strides`; 1 by default.
        name: name of the operation.
    """
    with name_scope(name, "conv1d_transpose", [input, filters, output_shape]) as scope:
        if data_format not in ("NWC", "NCW"):
            raise ValueError(f"`data_format` must be 'NWC' or 'NCW'. Received: data_format={data_format}")
        axis, channel = (2, 1) if data_format == "NCW" else (1, 2)
        strides = [1, *full_sequence(strides, 1, channel, "stride")]
        dilations = [1, *full_sequence(dilations, 1, channel, "dilations")]
        input = expand_dims(input, axis)
        filters = expand_dims(filters, 0)
        if not isinstance(output_shape, Tensor):
            output_shape = list(output_shape)
        output_shape = concat([output_shape[:axis], [1], output_shape[axis:]], 0)  # type: ignore[index]
        result = raw_ops.Conv2DBackpropInput(
            input_sizes=output_shape,
            filter=filters,
            out_backprop=input,
            strides=strides,
            padding=padding,
            data_format=_WIDE[data_format],
            dilations=dilations,
            name=scope,
        )
        return squeeze(result, axis=[axis])


@tf_export("nn.conv3d_transpose")
def conv3d_transpose(
    value: Any,
    filter: Any = None,
    output_shape: Any = None,
    strides: Any = None,
    padding: Any = "SAME",
    data_format: str = "NDHWC",
    name: str | None = None,
    input: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """`conv2d_transpose` over three dimensions: NDHWC or NCDHW, filters `[d, h, w, out_channels, in_channels]`."""
    filter = one_of("filter", filter, "filters", filters)
    value = one_of("value", value, "input", input)
    with name_scope(name, "conv3d_transpose", [value, filter, output_shape]) as scope:
        data_format = "NDHWC" if data_format is None else data_format
        channel = channel_axis(data_format, 5)
        return raw_ops.Conv3DBackpropInputV2(
            input_sizes=output_shape,
            filter=filter,
            out_backprop=value,
            strides=full_sequence(strides, 3, channel, "strides"),
            padding=padding,
            data_format=data_format,
            dilations=full_sequence(dilations, 3, channel, "dilations"),
            name=scope,
        )


@tf_export("nn.conv_transpose")
def conv_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """`conv1d_transpose`, `conv2d_transpose` or `conv3d_transpose`, as `output_shape` has 3, 4 or 5 elements."""
    with name_scope(
        name, "conv_transpose", [input, filters, output_shape, strides, padding, data_format, dilations]
    ) as scope:
        size = output_shape.shape[0].value if isinstance(output_shape, Tensor) else len(output_shape)
        common = {"padding": padding, "dilations": dilations, "name": scope}
        if size == 3:
            return conv1d_transpose(input, filters, output_shape, strides, data_format=data_format or "NWC", **common)
        if size == 4:
            return conv2d_transpose(input, filters, output_shape, strides, data_format=data_format or "NHWC", **common)
        if size == 5:
            return conv3d_transpose(input, filters, output_shape, strides, data_format=data_format or "NDHWC", **common)
        raise ValueError(
            f"`output_shape` must be of length 3, 4 or 5. Received: output_shape={output_shape} of length {size}."
        )


@tf_export("nn.atrous_conv2d_transpose")
def atrous_conv2d_transpose(
    value: Any, filters: Any, output_shape: Any, rate: int, padding: str, name: str | None = None
) -> Tensor:
    """The transpose of `atrous_conv2d`: `conv2d_transpose` with `rate` - 1 zeros between the filter's elements.

    Args:
        value: `[batch, height, width, in_channels]`, float.
        filters: `[height, width, out_channels, in_channels]`.
        output_shape: four sizes, a list or int32 vector.
        rate: distance between filter elements.
        padding: "SAME" or "VALID".
        name: name of the operation.

    Raises:
        ValueError: shapes or `rate` do not fit.
    """
    with name_scope(name, "atrous_conv2d_transpose", [value, filters, output_shape]):
        value = convert_to_tensor(value, name="value")
        filters = convert_to_tensor(filters, name="filters")
        if not value.shape.dims or not filters.shape[2].is_compatible_with(_known_shape(output_shape)[3]):
            raise ValueError("`filters` and `output_shape` do not have the same number of output channels.")
        if rate < 1:
            raise ValueError(f"`rate` cannot be less than one. Received: rate={rate}")
        if rate == 1:
            return conv2d_transpose(value, filters, output_shape, [1, 1, 1, 1], padding, "NHWC")
        tensor = convert_to_tensor(output_shape, name="output_shape")
        sizes: Any = tensor if isinstance(output_shape, Tensor) else output_shape
        pads = _dilated_pads(filters, rate, padding)
        grown = [sizes[i + 1] + before + after for i, (before, after) in enumerate(pads)]
        extra = [(rate - size % rate) % rate for size in grown]
        blocks = np.array([rate, rate], np.int64)
        value = raw_ops.SpaceToBatchND(input=value, block_shape=blocks, paddings=[[0, extra[0]], [0, extra[1]]])
        batch = rate * rate * sizes[0]
        input_sizes = [batch, *((g + e) // rate for g, e in zip(grown, extra, strict=True)), sizes[3]]
        value = raw_ops.Conv2DBackpropInput(
            input_sizes=input_sizes, filter=filters, out_backprop=value, strides=[1, 1, 1, 1], padding="VALID",
            data_format="NHWC")  # fmt: skip
        crops = [[before, after + e] for (before, after), e in zip(pads, extra, strict=True)]
        return raw_ops.BatchToSpaceND(input=value, block_shape=blocks, crops=crops)


def _known_shape(output_shape: Any) -> TensorShape:
    """What is known of a shape given as a list or tensor of four sizes."""
    if isinstance(output_shape, Tensor):
        return TensorShape([None] * 4)
    return TensorShape([None if isinstance(d, Tensor) else d for d in output_shape])


def _dilated_pads(filters: Tensor, rate: int, padding: str) -> list[tuple[Any, Any]]:
    """(before, after) for height and width."""
    if padding == "VALID":
        return [(0, 0), (0, 0)]
    if padding != "SAME":
        raise ValueError(f"`padding` must be either 'VALID' or 'SAME'. Received: padding={padding}")
    known = filters.shape
    window: Any = known.as_list() if known.is_fully_defined() else shape(filters)
    sizes = [window[0], window[1]]
    extents = [size + (size - 1) * (rate - 1) for size in sizes]
    totals = [extent - 1 for extent in extents]
    halves = []
    for total in totals:
        before = total // 2
        halves.append((before, total - before))
    return halves
