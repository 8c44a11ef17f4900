"""tf.contrib.slim.nets: networks that are one line of convolutions and pooling: VGG, AlexNet, OverFeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tfcompat.contrib.arg_scope import arg_scope
from tfcompat.contrib.layers.basic import conv2d, dropout, fully_connected, max_pool2d, relu, repeat
from tfcompat.contrib.layers.initializers import l2_regularizer
from tfcompat.contrib.layers.utils import convert_collection_to_dict
from tfcompat.graph.export import export
from tfcompat.ops.array import squeeze
from tfcompat.ops.initializers import Constant, TruncatedNormal, Zeros
from tfcompat.ops.variable_scope import variable_scope


class _Layer(NamedTuple):
    """A convolution, or pooling where `channels` is 0; `times` above 0 repeats it in a scope of its own."""

    scope: str
    channels: int
    kernel: int
    stride: int = 1
    padding: str | None = None
    times: int = 0


def _vgg(*times: int) -> list[_Layer]:
    rows = []
    for i, (n, channels) in enumerate(zip(times, (64, 128, 256, 512, 512), strict=True)):
        rows += [_Layer(f"conv{i + 1}", channels, 3, times=n), _Layer(f"pool{i + 1}", 0, 2, 2)]
    return [*rows, _Layer("fc6", 4096, 7, padding="VALID")]


# fmt: off
_ALEXNET = [
    _Layer("conv1", 64, 11, 4, "VALID"), _Layer("pool1", 0, 3, 2), _Layer("conv2", 192, 5), _Layer("pool2", 0, 3, 2),
    _Layer("conv3", 384, 3), _Layer("conv4", 384, 3), _Layer("conv5", 256, 3), _Layer("pool5", 0, 3, 2),
    _Layer("fc6", 4096, 5, padding="VALID"),
]
_OVERFEAT = [
    _Layer("conv1", 64, 11, 4, "VALID"), _Layer("pool1", 0, 2, 2), _Layer("conv2", 256, 5, padding="VALID"),
    _Layer("pool2", 0, 2, 2), _Layer("conv3", 512, 3), _Layer("conv4", 1024, 3), _Layer("conv5", 1024, 3),
    _Layer("pool5", 0, 2, 2), _Layer("fc6", 3072, 6, padding="VALID"),
]
# fmt: on


def _run(net: Any, layer: _Layer) -> Any:
    given: dict[str, Any] = {"scope": layer.scope, **({"padding": layer.padding} if layer.padding else {})}
    if not layer.channels:
        return max_pool2d(net, [layer.kernel] * 2, layer.stride, **given)
    kernel = [layer.kernel] * 2
    if layer.times:
        return repeat(net, layer.times, conv2d, layer.channels, kernel, **given)
    return conv2d(net, layer.channels, kernel, layer.stride, **given)


def _network(name: str, layers: list[_Layer], drawn: bool, image_size: int) -> Callable[..., Any]:
    """The network of `layers` and two more; `drawn`: the last ones begin with small random weights, biases with 0.1."""
    last = {"weights_initializer": TruncatedNormal(0.0, 0.005), "biases_initializer": Constant(0.1)} if drawn else {}
    zero = {"biases_initializer": Zeros()} if drawn else {}

    def network(
        inputs: Any,
        num_classes: int = 1000,
        is_training: Any = True,
        dropout_keep_prob: float = 0.5,
        spatial_squeeze: bool = True,
        scope: Any = name,
    ) -> tuple[Any, Any]:
        with variable_scope(scope, name, [inputs]) as opened:
            ends = opened.original_name_scope + "_end_points"
            with arg_scope([conv2d, fully_connected, max_pool2d], outputs_collections=ends):
                net = inputs
                for layer in layers[:-1]:
                    net = _run(net, layer)
                with arg_scope([conv2d], **last):
                    net = _run(net, layers[-1])
                    net = dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout6")
                    net = conv2d(net, 4096, [1, 1], scope="fc7")
                    net = dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout7")
                    net = conv2d(net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope="fc8", **zero)
                end_points = convert_collection_to_dict(ends)
                if spatial_squeeze:
                    net = squeeze(net, [1, 2], name="fc8/squeezed")
                    end_points[opened.name + "/fc8"] = net
                return net, end_points

    network.__name__ = network.__qualname__ = name
    network.__doc__ = f"""(Logits, dict of the results of all layers) of {name}.

    Args:
        inputs: images, {image_size} places high and wide to give logits at one place.
        num_classes: number of logits.
        is_training: whether dropout drops.
        dropout_keep_prob: chance to keep an element.
        spatial_squeeze: drop the axes of height and width, which must be 1.
        scope: variable scope.
    """
    if name != "overfeat":
        network.default_image_size = image_size  # type: ignore[attr-defined]
    return network


def _arg_scope(bias: Any, pooling: bool) -> Callable[..., Any]:
    def scope(weight_decay: float = 0.0005) -> Any:
        """Default arguments of the network's layers, with `weight_decay` on the weights."""
        with (
            arg_scope(
                [conv2d, fully_connected],
                activation_fn=relu,
                weights_regularizer=l2_regularizer(weight_decay),
                biases_initializer=bias,
            ),
            arg_scope([conv2d], padding="SAME") as first,
            arg_scope([max_pool2d], padding="VALID") as second,
        ):
            return second if pooling else first

    return scope


vgg_a = _network("vgg_a", _vgg(1, 1, 2, 2, 2), False, 224)
vgg_16 = _network("vgg_16", _vgg(2, 2, 3, 3, 3), False, 224)
vgg_19 = _network("vgg_19", _vgg(2, 2, 4, 4, 4), False, 224)

for _name, _object in {
    "vgg.vgg_arg_scope": _arg_scope(Zeros(), False),
    "vgg.vgg_a": vgg_a,
    "vgg.vgg_16": vgg_16,
    "vgg.vgg_19": vgg_19,
    "vgg.vgg_d": vgg_16,
    "vgg.vgg_e": vgg_19,
    "alexnet.alexnet_v2": _network("alexnet_v2", _ALEXNET, True, 224),
    "alexnet.alexnet_v2_arg_scope": _arg_scope(Constant(0.1), True),
    "overfeat.overfeat": _network("overfeat", _OVERFEAT, True, 231),
    "overfeat.overfeat_arg_scope": _arg_scope(Zeros(), True),
}.items():
    export(f"contrib.slim.nets.{_name}", _object)
