"""tf.contrib.slim.nets: residual networks, with normalisation after the weights (v1) or before them (v2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tfcompat.contrib.arg_scope import add_arg_scope, arg_scope
from tfcompat.contrib.layers.basic import conv2d, max_pool2d, relu
from tfcompat.contrib.layers.initializers import l2_regularizer, variance_scaling_initializer
from tfcompat.contrib.layers.normalization import batch_norm
from tfcompat.contrib.layers.shaping import softmax
from tfcompat.contrib.layers.utils import collect_named_outputs, convert_collection_to_dict, last_dimension
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.export import export
from tfcompat.ops.reduction import reduce_mean
from tfcompat.ops.tiling import pad
from tfcompat.ops.variable_scope import variable_scope


class Block(NamedTuple):
    """A part of a residual network.

    Attributes:
        scope: its variable scope.
        unit_fn: makes a unit.
        args: arguments of each unit, dicts.
    """

    scope: str
    unit_fn: Callable[..., Any]
    args: Sequence[dict[str, Any]]


def subsample(inputs: Any, factor: int, scope: Any = None) -> Any:
    """Every `factor`-th place of images along both axes."""
    return inputs if factor == 1 else max_pool2d(inputs, [1, 1], stride=factor, scope=scope)


def conv2d_same(inputs: Any, num_outputs: int, kernel_size: int, stride: int, rate: int = 1, scope: Any = None) -> Any:
    """A convolution whose padding depends on the kernel alone: "SAME" of stride 1, of which it takes every n-th."""
    if stride == 1:
        return conv2d(inputs, num_outputs, kernel_size, stride=1, rate=rate, padding="SAME", scope=scope)
    total = kernel_size + (kernel_size - 1) * (rate - 1) - 1
    around = [total // 2, total - total // 2]
    inputs = pad(inputs, [[0, 0], around, around, [0, 0]])
    return conv2d(inputs, num_outputs, kernel_size, stride=stride, rate=rate, padding="VALID", scope=scope)


@add_arg_scope
def stack_blocks_dense(
    net: Any, blocks: Sequence[Block], output_stride: int | None = None, outputs_collections: Any = None
) -> Any:
    """The blocks, one after the other; strides beyond `output_stride` become rates of the kernels after them.

    Raises:
        ValueError: the strides do not reach `output_stride`.
    """
    stride = rate = 1
    for block in blocks:
        with variable_scope(block.scope, "block", [net]) as opened:
            for i, unit in enumerate(block.args):
                if output_stride is not None and stride > output_stride:
                    raise ValueError("The target output_stride cannot be reached.")
                with variable_scope(f"unit_{i + 1}", values=[net]):
                    own = unit.get("stride", 1)
                    if stride == output_stride:
                        net = block.unit_fn(net, rate=rate, **{**unit, "stride": 1})
                        rate *= own
                    else:
                        net = block.unit_fn(net, rate=1, **unit)
                        stride *= own
            net = collect_named_outputs(outputs_collections, opened.name, net)
    if output_stride is not None and stride != output_stride:
        raise ValueError("The target output_stride cannot be reached.")
    return net


def resnet_arg_scope(
    weight_decay: float = 0.0001,
    batch_norm_decay: float = 0.997,
    batch_norm_epsilon: float = 1e-5,
    batch_norm_scale: bool = True,
) -> Any:
    """Default arguments for residual networks: penalised weights, batch norms with these options, "SAME" pooling."""
    normalization = {
        "decay": batch_norm_decay,
        "epsilon": batch_norm_epsilon,
        "scale": batch_norm_scale,
        "updates_collections": GraphKeys.UPDATE_OPS,
    }
    with (
        arg_scope(
            [conv2d],
            weights_regularizer=l2_regularizer(weight_decay),
            weights_initializer=variance_scaling_initializer(),
            activation_fn=relu,
            normalizer_fn=batch_norm,
            normalizer_params=normalization,
        ),
        arg_scope([batch_norm], **normalization),
        arg_scope([max_pool2d], padding="SAME") as scope,
    ):
        return scope


def _unit(before: bool) -> Callable[..., Any]:
    """The unit of version 2, which normalises `before` the weights, or of version 1."""
    plain = {"normalizer_fn": None, "activation_fn": None} if before else {"activation_fn": None}

    @add_arg_scope
    def bottleneck(
        inputs: Any,
        depth: int,
        depth_bottleneck: int,
        stride: int,
        rate: int = 1,
        outputs_collections: Any = None,
        scope: Any = None,
    ) -> Any:
        """A unit of three convolutions, 1x1, 3x3 and 1x1, beside a shortcut.

        Args:
            inputs: images.
            depth: channels of the result.
            depth_bottleneck: channels of the first two convolutions.
            stride: of the second convolution.
            rate: between the taps of its kernel.
            outputs_collections: collections of the result.
            scope: variable scope.
        """
        with variable_scope(scope, "bottleneck_v2" if before else "bottleneck_v1", [inputs]) as opened:
            source = batch_norm(inputs, activation_fn=relu, scope="preact") if before else inputs
            if depth == last_dimension(inputs.shape, min_rank=4):
                shortcut = subsample(inputs, stride, "shortcut")
            else:
                shortcut = conv2d(source, depth, [1, 1], stride=stride, scope="shortcut", **plain)
            residual = conv2d(source, depth_bottleneck, [1, 1], stride=1, scope="conv1")
            residual = conv2d_same(residual, depth_bottleneck, 3, stride, rate=rate, scope="conv2")
            residual = conv2d(residual, depth, [1, 1], stride=1, scope="conv3", **plain)
            outputs = shortcut + residual
            return collect_named_outputs(outputs_collections, opened.name, outputs if before else relu(outputs))

    return bottleneck


_UNITS = {1: _unit(before=False), 2: _unit(before=True)}


def _network(version: int) -> Callable[..., Any]:
    before, unit = version == 2, _UNITS[version]

    def resnet(
        inputs: Any,
        blocks: Sequence[Block],
        num_classes: int | None = None,
        is_training: Any = True,
        global_pool: bool = True,
        output_stride: int | None = None,
        include_root_block: bool = True,
        reuse: Any = None,
        scope: Any = None,
    ) -> tuple[Any, Any]:
        """(Result, dict of the results of all parts) of a residual network.

        Args:
            inputs: images [batch, height, width, channels].
            blocks: the blocks.
            num_classes: channels of the last convolution, the logits; None for none.
            is_training: whether batch norms use the batch.
            global_pool: take the mean over all places before the logits.
            output_stride: input places for each place of the result; None for what the blocks give.
            include_root_block: begin with a 7x7 convolution and pooling, both of stride 2.
            reuse: whether the variables exist.
            scope: variable scope.

        Raises:
            ValueError: `output_stride` cannot be reached.
        """
        with variable_scope(scope, f"resnet_v{version}", [inputs], reuse=reuse) as opened:
            ends = opened.original_name_scope + "_end_points"
            with (
                arg_scope([conv2d, unit, stack_blocks_dense], outputs_collections=ends),
                arg_scope([batch_norm], is_training=is_training),
            ):
                net = inputs
                if include_root_block:
                    if output_stride is not None:
                        if output_stride % 4:
                            raise ValueError("The output_stride needs to be a multiple of 4.")
                        output_stride //= 4
                    plain = {"activation_fn": None, "normalizer_fn": None} if before else {}
                    with arg_scope([conv2d], **plain):
                        net = conv2d_same(net, 64, 7, stride=2, scope="conv1")
                    net = max_pool2d(net, [3, 3], stride=2, scope="pool1")
                net = stack_blocks_dense(net, blocks, output_stride)
                if before:
                    net = batch_norm(net, activation_fn=relu, scope="postnorm")
                if global_pool:
                    net = reduce_mean(net, [1, 2], name="pool5", keepdims=True)
                if num_classes is not None:
                    net = conv2d(net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope="logits")
                end_points = convert_collection_to_dict(ends)
                if num_classes is not None:
                    end_points["predictions"] = softmax(net, scope="predictions")
                return net, end_points

    resnet.default_image_size = 224  # type: ignore[attr-defined]
    return resnet


def _block_maker(version: int) -> Callable[..., Block]:
    def block(scope: str, base_depth: int, num_units: int, stride: int) -> Block:
        """Units of 4 * base_depth channels, the last of which has `stride`."""
        strides = [1] * (num_units - 1) + [stride]
        units = [{"depth": base_depth * 4, "depth_bottleneck": base_depth, "stride": s} for s in strides]
        return Block(scope, _UNITS[version], units)

    return block


_SIZES = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3), 200: (3, 24, 36, 3)}


def _sized(version: int, size: int) -> Callable[..., Any]:
    """The network with the blocks of `size` layers."""
    name, network, block = f"resnet_v{version}_{size}", _NETWORKS[version], _BLOCKS[version]

    def resnet(
        inputs: Any,
        num_classes: int | None = None,
        is_training: Any = True,
        global_pool: bool = True,
        output_stride: int | None = None,
        reuse: Any = None,
        scope: Any = name,
    ) -> tuple[Any, Any]:
        depths, strides = (64, 128, 256, 512), (2, 2, 2, 1)
        blocks = [
            block(f"block{i + 1}", depth, units, stride)
            for i, (depth, units, stride) in enumerate(zip(depths, _SIZES[size], strides, strict=True))
        ]
        return network(  # type: ignore[no-any-return]
            inputs, blocks, num_classes, is_training, global_pool, output_stride, True, reuse, scope
        )

    resnet.__name__ = resnet.__qualname__ = name
    resnet.__doc__ = f"`resnet_v{version}` with {size} layers; arguments are as there."
    return resnet


_NETWORKS = {version: _network(version) for version in _UNITS}
_BLOCKS = {version: _block_maker(version) for version in _UNITS}

for _object in (Block, subsample, conv2d_same, stack_blocks_dense, resnet_arg_scope):
    export(f"contrib.slim.nets.resnet_utils.{_object.__name__}", _object)
for _version in _UNITS:
    _place = f"contrib.slim.nets.resnet_v{_version}"
    export(f"{_place}.resnet_arg_scope", resnet_arg_scope)
    export(f"{_place}.bottleneck", _UNITS[_version])
    export(f"{_place}.resnet_v{_version}", _NETWORKS[_version])
    export(f"{_place}.resnet_v{_version}_block", _BLOCKS[_version])
    for _size in _SIZES:
        export(f"{_place}.resnet_v{_version}_{_size}", _sized(_version, _size))
