"""Arguments that convolution and pooling layers share, and the sizes they lead to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph.tensor_shape import TensorShape


def normalized(value: Any, rank: int, name: str, least: int = 1) -> tuple[int, ...]:
    """`value`, an int or `rank` of them, none below `least`, as a tuple; ValueError otherwise."""
    values = (value,) * rank if isinstance(value, int) else value
    try:
        found = tuple(int(v) for v in values)
    except (TypeError, ValueError):
        found = ()
    if len(found) != rank:
        raise ValueError(f"The `{name}` argument must be a tuple of {rank} integers. Received: {value}")
    low = {v for v in found if v < least}
    if low:
        raise ValueError(
            f"The `{name}` argument must be a tuple of {rank} integers. Received: {value} including {low} that does "
            f"not satisfy the requirement `{'> 0' if least else '>= 0'}`."
        )
    return found


def known_padding(padding: str, *more: str) -> str:
    """`padding` in lower case; ValueError unless it is "valid", "same" or one of `more`."""
    lower = padding.lower()
    if lower not in ("valid", "same", *more):
        names = ", ".join(f'"{name}"' for name in ("valid", "same", *more))
        raise ValueError(f"The `padding` argument must be one of {names}. Received: {padding}")
    return lower


def channels_axis(data_format: str, rank: int) -> int:
    """The axis of the channels; ValueError for an unknown format."""
    if data_format == "channels_last":
        return rank + 1
    if data_format == "channels_first":
        return 1
    raise ValueError(
        f'The `data_format` argument must be one of "channels_first", "channels_last". Received: {data_format}'
    )


def attribute_format(data_format: str, rank: int) -> str:
    """The format as op attributes spell it, such as NHWC."""
    space = {1: "W", 2: "HW", 3: "DHW"}[rank]
    return f"NC{space}" if data_format == "channels_first" else f"N{space}C"


def output_size(size: int | None, window: int, stride: int, padding: str, dilation: int) -> int | None:
    """The size of one axis after a window has gone over it."""
    if size is None:
        return None
    reach = (window - 1) * dilation + 1
    return -(-size // stride) if padding in ("same", "causal") else -(-(size - reach + 1) // stride)


def transposed_size(
    size: Any, window: int, stride: int, padding: str, dilation: int = 1, output_padding: int | None = None
) -> Any:
    """The size of one axis, a number or a scalar tensor, after a transposed convolution."""
    if size is None:
        return None
    reach = window + (window - 1) * (dilation - 1)
    if output_padding is not None:
        return (size - 1) * stride + reach - 2 * (reach // 2 if padding == "same" else 0) + output_padding
    grown = size * stride
    return grown + max(reach - stride, 0) if padding == "valid" else grown


def output_sizes(
    input_shape: Any,
    window: Sequence[int],
    strides: Sequence[int],
    padding: str,
    dilations: Sequence[int],
    data_format: str,
    channels: int | None = None,
) -> TensorShape:
    """The shape of a layer's outputs; `channels` replaces the number of channels."""
    dims = TensorShape(input_shape).as_list()
    first = data_format == "channels_first"
    space = dims[2:] if first else dims[1:-1]
    sizes = [output_size(d, w, s, padding, r) for d, w, s, r in zip(space, window, strides, dilations, strict=True)]
    last = channels if channels is not None else (dims[1] if first else dims[-1])
    return TensorShape([dims[0], last, *sizes] if first else [dims[0], *sizes, last])
