"""tf.contrib.layers: small layers without weights of their own or with biases alone, and changes of layout."""

from __future__ import annotations

import functools
from typing import Any

from tfcompat.contrib.layers.basic import fully_connected, published, relu
from tfcompat.contrib.layers.utils import collect_named_outputs, get_variable_collections, last_dimension
from tfcompat.contrib.variables import model_variable
from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import export
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import reshape, shape, transpose
from tfcompat.ops.bias import bias_add as with_bias
from tfcompat.ops.binary import div, not_equal
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import ones
from tfcompat.ops.gather import gather_nd
from tfcompat.ops.grids import meshgrid
from tfcompat.ops.initializers import Constant, Ones, Zeros
from tfcompat.ops.masks import where
from tfcompat.ops.math import sqrt, square
from tfcompat.ops.reduction import reduce_max, reduce_sum
from tfcompat.ops.sequences import linspace
from tfcompat.ops.slicing import strided_slice
from tfcompat.ops.softmax import softmax as normalized
from tfcompat.ops.tiling import tile
from tfcompat.ops.variable_scope import variable_scope

_FORMATS = ("NCHW", "NHWC")
_WRONG_FORMAT = "data_format has to be either NCHW or NHWC."


def _relu6(features: Any) -> Any:
    """min(max(features, 0), 6)."""
    return raw_ops.Relu6(features=features)


def _elu(features: Any) -> Any:
    """exp(features) - 1 where they are negative, else `features`."""
    return raw_ops.Elu(features=features)


@published()
def bias_add(
    inputs: Any,
    activation_fn: Any = None,
    initializer: Any = Zeros(),  # noqa: B008
    regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    data_format: str = "NHWC",
    scope: Any = None,
) -> Any:
    """activation_fn(inputs + biases), one bias a channel.

    Args:
        inputs: tensor of known rank whose channels, the last axis or with "NCHW" the second, are known.
        initializer, regularizer: of `biases`.
        activation_fn, reuse, variables_collections, outputs_collections, trainable: as of `fully_connected`.
        scope: variable scope, "BiasAdd" by default.

    Raises:
        ValueError: rank or channels are unknown, or the format is or does not fit the rank.
    """
    if data_format not in _FORMATS:
        raise ValueError(_WRONG_FORMAT)
    with variable_scope(scope, "BiasAdd", [inputs], reuse=reuse) as opened:
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if rank is None:
            raise ValueError("Dims of shape must be known but is None")
        if rank != 4 and data_format == "NCHW":
            raise ValueError("Data format NCHW only supports 4D Tensor")
        channels = inputs.shape.as_list()[1 if data_format == "NCHW" else -1]
        if channels is None:
            raise ValueError("`C` dimension must be known but is None")
        biases = model_variable(
            "biases",
            shape=[channels],
            dtype=inputs.dtype.base_dtype,
            initializer=initializer,
            regularizer=regularizer,
            collections=get_variable_collections(variables_collections, "biases"),
            trainable=trainable,
        )
        outputs = with_bias(inputs, biases, data_format=data_format)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return collect_named_outputs(outputs_collections, opened.name, outputs)


@published()
def maxout(inputs: Any, num_units: int, axis: int = -1, scope: Any = None) -> Any:
    """The maximum of each of `num_units` groups of neighbouring features along `axis`.

    Raises:
        ValueError: the number of features is no multiple of `num_units`.
    """
    with variable_scope(scope, "MaxOut", [inputs]):
        inputs = convert_to_tensor(inputs)
        sizes = inputs.shape.as_list()
        features = sizes[axis]
        if features % num_units:
            raise ValueError(f"number of features({features}) is not a multiple of num_units({num_units})")
        sizes[axis] = num_units
        sizes = [shape(inputs)[i] if n is None else n for i, n in enumerate(sizes)]
        return reduce_max(reshape(inputs, [*sizes, features // num_units]), -1, keepdims=False)


@published()
def softmax(logits: Any, scope: Any = None) -> Any:
    """`tf.nn.softmax` along the last axis of a tensor of rank >= 2, computed as a matrix."""
    with variable_scope(scope, "softmax", [logits]):
        rows = reshape(logits, [-1, last_dimension(logits.shape, min_rank=2)])
        outputs = reshape(normalized(rows), shape(logits))
        outputs.set_shape(logits.shape)
        return outputs


@published()
def spatial_softmax(
    features: Any,
    temperature: float | None = None,
    name: Any = None,
    variables_collections: Any = None,
    trainable: bool = True,
    data_format: str = "NHWC",
) -> Any:
    """The place, in [-1, 1]^2, that each channel expects when softmax(features / temperature) is its distribution.

    Args:
        features: [batch, height, width, channels], or with "NCHW" [batch, channels, height, width].
        temperature: first value of the variable `temperature`; 1 by default.
        name: variable scope, "spatial_softmax" by default.
        variables_collections: collections of the variable, a list or a dict with "temperature".
        trainable: whether it joins TRAINABLE_VARIABLES.

    Returns:
        [batch, 2 * channels]: x and y of each channel.

    Raises:
        ValueError: the channels are unknown, or the format is.
    """
    with variable_scope(name, "spatial_softmax"):
        sizes, known = shape(features), features.shape.as_list()
        if data_format not in _FORMATS:
            raise ValueError(_WRONG_FORMAT)
        last = data_format == "NHWC"
        height, width = (sizes[1], sizes[2]) if last else (sizes[2], sizes[3])
        channels = known[3 if last else 1]
        if channels is None:
            raise ValueError(
                "The num_channels dimension of the inputs to `spatial_softmax` should be defined. Found `None`."
            )
        with name_scope("spatial_softmax_op", "spatial_softmax_op", [features]):
            ends = [linspace(-1.0, 1.0, num=n) for n in (height, width)]
            places = [reshape(grid, [height * width]) for grid in meshgrid(*ends, indexing="ij")]
            variable = model_variable(
                "temperature",
                shape=(),
                dtype=dtypes.float32,
                initializer=Ones() if temperature is None else Constant(temperature),
                collections=get_variable_collections(variables_collections, "temperature") if trainable else None,
                trainable=trainable,
            )
            rows = features if not last else transpose(features, [0, 3, 1, 2])
            attention = normalized(reshape(rows, [-1, height * width]) / variable)
            expected = [reduce_sum(place * attention, [1], keepdims=True) for place in places]
            points = reshape(concat(expected, 1), [-1, channels * 2])
            points.set_shape([None, channels * 2])
    return points


@published()
def unit_norm(inputs: Any, dim: int, epsilon: float = 1e-7, scope: Any = None) -> Any:
    """inputs / sqrt(epsilon + sum of inputs^2 along `dim`); ValueError for an unknown rank or a `dim` outside of it."""
    with variable_scope(scope, "UnitNorm", [inputs]):
        rank = inputs.shape.ndims
        if not rank:
            raise ValueError("The input rank must be known.")
        if not 0 <= dim < rank:
            raise ValueError("dim must be positive but smaller than the input rank.")
        lengths = sqrt(epsilon + reduce_sum(square(inputs), dim, True))
        copies = [strided_slice(shape(inputs), [dim], [dim + 1])]
        if dim > 0:
            copies.insert(0, ones([dim], dtypes.int32))
        if dim < rank - 1:
            copies.append(ones([rank - 1 - dim], dtypes.int32))
        return div(inputs, tile(lengths, concat(copies, 0)))


@published()
def dense_to_sparse(tensor: Any, eos_token: Any = 0, outputs_collections: Any = None, scope: Any = None) -> Any:
    """The elements of a tensor other than `eos_token`, a `SparseTensor`."""
    with variable_scope(scope, "dense_to_sparse", [tensor]) as opened:
        tensor = convert_to_tensor(tensor)
        indices = where(not_equal(tensor, constant(eos_token, tensor.dtype)))
        found = SparseTensor(indices, gather_nd(tensor, indices), shape(tensor, out_type=dtypes.int64))
        return collect_named_outputs(outputs_collections, opened.name, found)


@published()
def images_to_sequence(
    inputs: Any, data_format: str = "NHWC", outputs_collections: Any = None, scope: Any = None
) -> Any:
    """[width, batch * height, channels]: the columns of images as steps of a sequence; their sizes must be known."""
    if data_format not in _FORMATS:
        raise ValueError(_WRONG_FORMAT)
    with name_scope(scope, "ImagesToSequence", [inputs]) as opened:
        inputs = convert_to_tensor(inputs)
        if data_format == "NCHW":
            inputs = transpose(inputs, [0, 2, 3, 1])
        _, _, width, depth = inputs.shape.as_list()
        sizes = shape(inputs)
        rows = sizes[0] * sizes[1]
        outputs = reshape(transpose(inputs, [2, 0, 1, 3]), [width, rows, depth])
        return collect_named_outputs(outputs_collections, opened, outputs)


@published()
def sequence_to_images(
    inputs: Any,
    height: int,
    output_data_format: str = "channels_last",
    outputs_collections: Any = None,
    scope: Any = None,
) -> Any:
    """The images of `height` rows that `images_to_sequence` made [width, batch * height, channels] of."""
    with name_scope(scope, "SequenceToImages", [inputs]) as opened:
        inputs = convert_to_tensor(inputs)
        width, rows, depth = inputs.shape.as_list()
        images = reshape(inputs, [width, -1 if rows is None else rows // height, height, depth])
        outputs = transpose(images, [1, 3, 2, 0] if output_data_format == "channels_first" else [1, 2, 0, 3])
        return collect_named_outputs(outputs_collections, opened, outputs)


for _name, _activation in (("relu", relu), ("relu6", _relu6), ("elu", _elu)):
    for _place in ("layers", "slim"):
        export(f"contrib.{_place}.{_name}", functools.partial(fully_connected, activation_fn=_activation))
