"""tf.contrib.layers: normalisation of each image by itself, over its places or over groups of its channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.contrib.layers.basic import published
from tfcompat.contrib.layers.utils import collect_named_outputs, get_variable_collections
from tfcompat.contrib.variables import model_variable
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.initializers import Ones, Zeros
from tfcompat.ops.math import rsqrt
from tfcompat.ops.normalization import batch_normalization, moments, normalize_moments, sufficient_statistics
from tfcompat.ops.variable_scope import variable_scope


def _parameters(
    inputs: Any, channels: Any, wanted: dict[str, bool], initializers: Any, collections: Any, trainable: bool, wide: Any
) -> list[Any]:
    """beta and gamma, None where they are not wanted, reshaped to `wide` if that is given."""
    made: list[Any] = []
    for name, default in (("beta", Zeros()), ("gamma", Ones())):
        if not wanted[name]:
            made.append(None)
            continue
        variable = model_variable(
            name,
            shape=channels,
            dtype=inputs.dtype.base_dtype,
            initializer=(initializers or {}).get(name, default),
            collections=get_variable_collections(collections, name),
            trainable=trainable,
        )
        made.append(reshape(variable, wide) if wide else variable)
    return made


@published()
def instance_norm(
    inputs: Any,
    center: bool = True,
    scale: bool = True,
    epsilon: float = 1e-6,
    activation_fn: Any = None,
    param_initializers: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    data_format: str = "NHWC",
    scope: Any = None,
) -> Any:
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, mean and variance of each channel of each sample.

    Args:
        inputs: floating-point tensor of known rank whose channels are known.
        center: whether there is `beta`, one value a channel.
        scale: whether there is `gamma`.
        epsilon: added to the variance.
        activation_fn: function of the result.
        param_initializers: dict of initializers, "beta" and "gamma".
        reuse: whether the variables exist.
        variables_collections: collections of the variables, a list or a dict by variable.
        outputs_collections: collections of the result.
        trainable: whether the variables join TRAINABLE_VARIABLES.
        data_format: "NHWC" or "NCHW".
        scope: variable scope, "InstanceNorm" by default.

    Raises:
        ValueError: rank or channels are unknown, or the format is.
    """
    inputs = convert_to_tensor(inputs)
    rank = inputs.shape.ndims
    if rank is None:
        raise ValueError(f"Inputs {inputs.name} has undefined rank.")
    if data_format not in ("NCHW", "NHWC"):
        raise ValueError("data_format has to be either NCHW or NHWC.")
    with variable_scope(scope, "InstanceNorm", [inputs], reuse=reuse) as opened:
        axis = 1 if data_format == "NCHW" else rank - 1
        channels = inputs.shape[axis : axis + 1]
        if not channels.is_fully_defined():
            raise ValueError(f"Inputs {inputs.name} has undefined channels dimension {channels}.")
        wide = [1, channels.as_list()[0]] + [1] * (rank - 2) if data_format == "NCHW" else None
        wanted = {"beta": center, "gamma": scale}
        beta, gamma = _parameters(inputs, channels, wanted, param_initializers, variables_collections, trainable, wide)
        mean, variance = moments(inputs, [a for a in range(1, rank) if a != axis], keep_dims=True)
        outputs = batch_normalization(inputs, mean, variance, beta, gamma, epsilon, name="instancenorm")
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return collect_named_outputs(outputs_collections, opened.name, outputs)


def _checked_axes(inputs: Any, groups: int, channels_axis: int, reduction_axes: Sequence[int]) -> tuple[int, list[int]]:
    """The axis of the channels and the axes to reduce, counted from the front."""
    rank = inputs.shape.ndims
    if rank is None:
        raise ValueError(f"Inputs {inputs.name} has undefined rank.")
    if channels_axis > rank - 1:
        raise ValueError("Axis is out of bounds.")
    channels_axis += rank if channels_axis < 0 else 0
    sizes = inputs.shape.as_list()
    channels = sizes[channels_axis]
    if channels is None:
        raise ValueError(f"Inputs {inputs.name} has undefined channel dimension: {channels_axis}.")
    axes = [a + rank if a < 0 else a for a in reduction_axes]
    for axis in axes:
        if axis > rank:
            raise ValueError("Axis is out of bounds.")
        if sizes[axis] is None:
            raise ValueError(f"Inputs {inputs.name} has undefined dimensions {axis}.")
        if axis == channels_axis:
            raise ValueError("reduction_axis must be mutually exclusive with channels_axis")
    if groups > channels:
        raise ValueError(f"Invalid groups {groups} for {channels} channels.")
    if channels % groups:
        raise ValueError(f"{channels} channels is not commensurate with {groups} groups.")
    return channels_axis, axes


@published()
def group_norm(
    inputs: Any,
    groups: int = 32,
    channels_axis: int = -1,
    reduction_axes: Sequence[int] = (-3, -2),
    center: bool = True,
    scale: bool = True,
    epsilon: float = 1e-6,
    activation_fn: Any = None,
    param_initializers: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
    mean_close_to_zero: bool = False,
) -> Any:
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, mean and variance over places and a group of channels.

    Args:
        inputs: floating-point tensor of known rank; channels and reduced dimensions are known.
        groups: number of groups of neighbouring channels; it divides their number.
        channels_axis: the axis of the channels.
        reduction_axes: axes over which mean and variance are taken besides the channels of the group.
        mean_close_to_zero: take mean and variance from sums of values and of their squares.
        center, scale, epsilon, activation_fn, param_initializers, reuse, variables_collections, outputs_collections,
            trainable: as of `instance_norm`.
        scope: variable scope, "GroupNorm" by default.

    Raises:
        ValueError: rank or dimensions are unknown, an axis is outside of the rank, or the groups do not fit.
    """
    inputs = convert_to_tensor(inputs)
    axis, axes = _checked_axes(inputs, groups, channels_axis, reduction_axes)
    known, dynamic = inputs.shape.as_list(), shape(inputs)
    sizes = [dynamic[i] if n is None else n for i, n in enumerate(known)]
    channels = known[axis]
    inputs = reshape(inputs, [*sizes[:axis], groups, channels // groups, *sizes[axis + 1 :]])
    with variable_scope(scope, "GroupNorm", [inputs], reuse=reuse) as opened:
        wide = [1] * axis + [groups, channels // groups] + [1] * (len(sizes) - axis - 1)
        wanted = {"beta": center, "gamma": scale}
        beta, gamma = _parameters(
            inputs, [channels], wanted, param_initializers, variables_collections, trainable, wide
        )
        reduced = [axis + 1] + [a + 1 if a > axis else a for a in axes]
        if mean_close_to_zero:
            count, sums, squares, _ = sufficient_statistics(inputs, reduced, keep_dims=True)
            mean, variance = normalize_moments(count, sums, squares, shift=None)
        else:
            mean, variance = moments(inputs, reduced, keep_dims=True)
        gain = rsqrt(variance + epsilon)
        offset = -mean * gain
        if gamma is not None:
            gain, offset = gain * gamma, offset * gamma
        if beta is not None:
            offset = offset + beta
        outputs = reshape(inputs * gain + offset, sizes)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return collect_named_outputs(outputs_collections, opened.name, outputs)
