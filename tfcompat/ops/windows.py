"""Sliding windows of convolutions and pools: data formats, argument forms, output sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops.shape_checks import exact_rank

Dim = int | None


def channel_axis(data_format: bytes | str, rank: int) -> int:
    """The axis of the channels of a data format such as NHWC or NCDHW."""
    text = data_format.decode() if isinstance(data_format, bytes) else data_format
    return 1 if text.startswith("NC") else rank - 1


def spatial_axes(data_format: bytes | str, rank: int) -> list[int]:
    """The axes over which the window slides."""
    channel = channel_axis(data_format, rank)
    return [axis for axis in range(1, rank) if axis != channel]


def full_sequence(value: Any, n: int, channel_index: int, name: str) -> list[int]:
    """A window size, stride or dilation for all dimensions.

    Args:
        value: a number for all spatial dimensions, one a spatial dimension, or one for every dimension; None is 1.
        n: number of spatial dimensions.
        channel_index: axis of the channels.
        name: argument to name in errors.

    Raises:
        ValueError: another length.
    """
    if value is None:
        value = [1]
    values = list(value) if hasattr(value, "__iter__") else [value]
    if len(values) not in (1, n, n + 2):
        raise ValueError(
            f"{name} should be of length 1, {n} or {n + 2}. Received: {name}={value} of length {len(values)}"
        )
    if len(values) == n + 2:
        return values
    spatial = values * n if len(values) == 1 else values
    return [1, 1, *spatial] if channel_index == 1 else [1, *spatial, 1]


def explicit_padding(padding: Any) -> tuple[Any, list[int]]:
    """A padding argument as the attributes `padding` and `explicit_paddings`.

    Raises:
        ValueError: a list that does not hold four pairs of integers.
    """
    if not isinstance(padding, (list, tuple)):
        return padding, []
    if len(padding) != 4 or any(not isinstance(p, (list, tuple)) or len(p) != 2 for p in padding):
        raise ValueError(
            "When padding is a list, each element of padding must be a list/tuple of size 2. Received: "
            f"padding={padding}"
        )
    return "EXPLICIT", [int(v) for pair in padding for v in pair]


def output_size(
    size: Dim, window: Dim, stride: int, dilation: int, padding: bytes, pads: tuple[int, int] = (0, 0)
) -> Dim:
    """The number of positions of a window along one axis; None when it is not known.

    Raises:
        ValueError: the window is larger than the padded axis.
    """
    if size is None:
        return None
    if padding == b"SAME":
        return -(-size // stride)
    if window is None:
        return None
    extent = (window - 1) * dilation + 1
    padded = size + sum(pads)
    if padded < extent:
        raise ValueError(f"Negative dimension size caused by subtracting {extent} from {padded}")
    return (padded - extent) // stride + 1


def axis_paddings(explicit: Sequence[int], axis: int) -> tuple[int, int]:
    """The explicit paddings of one axis."""
    return (explicit[2 * axis], explicit[2 * axis + 1]) if explicit else (0, 0)


def check_attributes(c: InferenceContext, rank: int, names: Sequence[str]) -> None:
    """Checks lengths and signs of the window attributes; ValueError when one is wrong."""
    for name in names:
        values = c.attr(name)
        if len(values) != rank:
            raise ValueError(
                f"{c.op.type} requires the {name.rstrip('s')} attribute to contain {rank} values, but got: "
                f"{len(values)}"
            )
        if any(v <= 0 for v in values):
            label = {"strides": "Stride", "dilations": "Dilation rate", "ksize": "Sliding window ksize"}.get(name, name)
            raise ValueError(f"{label} must be > 0, but got {next(v for v in values if v <= 0)}")
    explicit = c.op.attrs.get("explicit_paddings") or []
    if c.attr("padding") == b"EXPLICIT":
        if len(explicit) != 2 * rank:
            raise ValueError(f"explicit_paddings attribute must contain {2 * rank} values, but got: {len(explicit)}")
        if any(v < 0 for v in explicit):
            raise ValueError("All elements of explicit_paddings must be nonnegative")
        spatial = spatial_axes(c.op.attrs["data_format"], rank)
        if any(explicit[2 * a] or explicit[2 * a + 1] for a in range(rank) if a not in spatial):
            raise ValueError("Nonzero explicit padding in the batch or depth dimensions is not supported")
    elif explicit:
        raise ValueError("explicit_paddings attribute must be empty if the padding attribute is not EXPLICIT")


def slid_shape(
    c: InferenceContext,
    x: TensorShape,
    rank: int,
    windows: Sequence[Dim],
    depth: Dim,
    dilations: Sequence[int] | None = None,
) -> TensorShape:
    """The shape a window operation gives.

    Args:
        c: context; its op has the attributes strides and padding, and perhaps data_format and explicit_paddings.
        x: shape of the input.
        rank: rank of the input.
        windows: window size per dimension.
        depth: channels of the output.
        dilations: dilation per dimension.
    """
    dims = exact_rank(x, rank).tuple or (None,) * rank
    data_format = c.op.attrs.get("data_format", b"NHWC")
    explicit = c.op.attrs.get("explicit_paddings") or []
    strides = c.attr("strides")
    out: list[Dim] = list(dims)
    for axis in spatial_axes(data_format, rank):
        out[axis] = output_size(
            dims[axis],
            windows[axis],
            strides[axis],
            dilations[axis] if dilations else 1,
            c.attr("padding"),
            axis_paddings(explicit, axis),
        )
    out[channel_axis(data_format, rank)] = depth
    return TensorShape.of(tuple(out))
