"""tf.contrib.layers: convolutions of any rank, within planes and of volumes, and pooling of volumes."""

from __future__ import annotations

from typing import Any

from tfcompat.contrib.layers.basic import conv1d, conv2d, conv3d, convolution_layer, pooling_layer, published, relu
from tfcompat.contrib.layers.initializers import xavier_initializer
from tfcompat.contrib.layers.utils import (
    collect_named_outputs,
    get_variable_collections,
    last_dimension,
    two_element_tuple,
)
from tfcompat.contrib.variables import model_variable
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.layers.convolutional import Conv3DTranspose
from tfcompat.layers.pooling import AveragePooling3D, MaxPooling3D  # type: ignore[attr-defined]
from tfcompat.ops.bias import bias_add
from tfcompat.ops.dilated import depthwise_conv2d
from tfcompat.ops.initializers import Zeros
from tfcompat.ops.tiling import tile
from tfcompat.ops.variable_scope import variable_scope

max_pool3d = pooling_layer("max_pool3d", MaxPooling3D, "MaxPool3D", "maximum", ("NCDHW", "NDHWC"))
avg_pool3d = pooling_layer("avg_pool3d", AveragePooling3D, "AvgPool3D", "mean", ("NCDHW", "NDHWC"))
conv3d_transpose = convolution_layer(
    3,
    Conv3DTranspose,
    "the transposed convolution of volumes",
    "conv3d_transpose",
    "convolution3d_transpose",
    transposed=True,
)


@published()
def convolution(inputs: Any, num_outputs: int, kernel_size: Any, *args: Any, **kwargs: Any) -> Any:
    """`conv1d`, `conv2d` or `conv3d`, as the rank of `inputs` says, with their arguments.

    Raises:
        ValueError: the rank is none of 3, 4 and 5, or differs from that of `conv_dims`.
    """
    rank = convert_to_tensor(inputs).shape.ndims
    dims = kwargs.pop("conv_dims", None)
    if dims is not None and dims + 2 != rank:
        raise ValueError(f"Convolution expects input with rank {dims + 2}, got {rank}")
    function = {3: conv1d, 4: conv2d, 5: conv3d}.get(rank or 0)
    if function is None:
        raise ValueError("Convolution not supported for input with rank", rank)
    return function(inputs, num_outputs, kernel_size, *args, **kwargs)


@published("convolution2d_in_plane")
def conv2d_in_plane(
    inputs: Any,
    kernel_size: Any,
    stride: Any = 1,
    padding: str = "SAME",
    activation_fn: Any = relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = xavier_initializer(),  # noqa: B008
    weights_regularizer: Any = None,
    biases_initializer: Any = Zeros(),  # noqa: B008
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Any:
    """The convolution of each channel of images with one and the same kernel, `weights` [height, width, 1, 1].

    Arguments are as of `conv2d`; the scope is "ConvInPlane" by default.
    """
    with variable_scope(scope, "ConvInPlane", [inputs], reuse=reuse) as opened:
        dtype = inputs.dtype.base_dtype
        channels = last_dimension(inputs.shape, min_rank=4)
        weights = model_variable(
            "weights",
            shape=[*two_element_tuple(kernel_size), 1, 1],
            dtype=dtype,
            initializer=weights_initializer,
            regularizer=weights_regularizer,
            collections=get_variable_collections(variables_collections, "weights"),
            trainable=trainable,
        )
        strides = [1, *two_element_tuple(stride), 1]
        outputs = depthwise_conv2d(inputs, tile(weights, [1, 1, channels, 1]), strides, padding)
        if normalizer_fn is not None:
            outputs = normalizer_fn(outputs, **(normalizer_params or {}))
        elif biases_initializer is not None:
            biases = model_variable(
                "biases",
                shape=[channels],
                dtype=dtype,
                initializer=biases_initializer,
                regularizer=biases_regularizer,
                collections=get_variable_collections(variables_collections, "biases"),
                trainable=trainable,
            )
            outputs = bias_add(outputs, biases)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return collect_named_outputs(outputs_collections, opened.name, outputs)
