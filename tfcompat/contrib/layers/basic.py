"""tf.contrib.layers: fully connected and convolutional layers, pooling, dropout, flattening."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from tfcompat.contrib.arg_scope import add_arg_scope
from tfcompat.contrib.layers.initializers import xavier_initializer
from tfcompat.contrib.layers.utils import collect_named_outputs
from tfcompat.contrib.variables import collect, model_variable
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import export
from tfcompat.layers.convolutional import Conv1D, Conv2D, Conv2DTranspose, Conv3D
from tfcompat.layers.core import Dense, Dropout, Flatten
from tfcompat.layers.pooling import AveragePooling2D, MaxPooling2D  # type: ignore[attr-defined]
from tfcompat.ops import raw_ops
from tfcompat.ops.filling import one_hot
from tfcompat.ops.initializers import Zeros
from tfcompat.ops.variable_scope import variable_scope


def relu(features: Any) -> Any:
    """max(features, 0)."""
    return raw_ops.Relu(features=features)


_RENAMED = {
    "bias": "biases",
    "kernel": "weights",
    "depthwise_kernel": "depthwise_weights",
    "pointwise_kernel": "pointwise_weights",
}


def renaming(getter: Callable[..., Any], name: str, *args: Any, **kwargs: Any) -> Any:
    """A getter of model variables under the names of this module's layers."""
    scope, slash, own = name.rpartition("/")
    kwargs.pop("synchronization", None)
    kwargs.pop("aggregation", None)
    accepted = (
        "shape",
        "dtype",
        "initializer",
        "regularizer",
        "trainable",
        "collections",
        "caching_device",
        "partitioner",
        "use_resource",
    )

    def plain(name: str, **given: Any) -> Any:
        return getter(
            name,
            reuse=kwargs.get("reuse"),
            validate_shape=kwargs.get("validate_shape", True),
            constraint=kwargs.get("constraint"),
            **given,
        )

    return model_variable(
        f"{scope}{slash}{_RENAMED.get(own, own)}",
        custom_getter=plain,
        **{k: v for k, v in kwargs.items() if k in accepted},
    )


def published(*names: str) -> Callable[[Any], Any]:
    """Decorator that publishes a layer function under `names` in contrib.layers and slim, with default arguments."""

    def publish(function: Any) -> Any:
        scoped = add_arg_scope(function)
        for name in (function.__name__, *names):
            for prefix in ("layers", "slim"):
                export(f"contrib.{prefix}.{name}", scoped)
        return scoped

    return publish


@dataclass
class Shared:
    """The arguments that layers with weights have in common; `fully_connected` says what they are."""

    activation_fn: Any
    normalizer_fn: Any
    normalizer_params: Any
    weights_initializer: Any
    weights_regularizer: Any
    biases_initializer: Any
    biases_regularizer: Any
    reuse: Any
    variables_collections: Any
    outputs_collections: Any
    trainable: bool
    scope: Any

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Shared:
        """Those among the arguments of a call."""
        return cls(**{field.name: arguments[field.name] for field in fields(cls)})

    @property
    def has_biases(self) -> bool:
        """Whether there are biases, which a normaliser takes the place of."""
        return self.normalizer_fn is None and self.biases_initializer is not None


def finished(outputs: Any, alias: str, given: Shared) -> Any:
    """What normaliser and activation make of the outputs of a layer, which join their collections as `alias`."""
    if given.normalizer_fn is not None:
        outputs = given.normalizer_fn(outputs, **(given.normalizer_params or {}))
    if given.activation_fn is not None:
        outputs = given.activation_fn(outputs)
    return collect_named_outputs(given.outputs_collections, alias, outputs)


def _applied(make: Callable[..., Any], inputs: Any, default_scope: str, given: Shared) -> Any:
    """What a layer of `tf.layers`, with its variables renamed, and then normaliser and activation make of `inputs`."""
    with variable_scope(given.scope, default_scope, [inputs], reuse=given.reuse, custom_getter=renaming) as opened:
        inputs = convert_to_tensor(inputs)
        layer = make(
            use_bias=given.has_biases,
            activation=None,
            kernel_initializer=given.weights_initializer,
            bias_initializer=given.biases_initializer,
            kernel_regularizer=given.weights_regularizer,
            bias_regularizer=given.biases_regularizer,
            activity_regularizer=None,
            trainable=given.trainable,
            name=opened.name,
            dtype=inputs.dtype.base_dtype,
            _scope=opened,
            _reuse=given.reuse,
        )
        outputs = layer.apply(inputs)
        collect(given.variables_collections, layer.kernel, "weights")
        if layer.use_bias:
            collect(given.variables_collections, layer.bias, "biases")
        return finished(outputs, opened.name, given)


@published("linear_layer")
def fully_connected(
    inputs: Any,
    num_outputs: int,
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
    """activation_fn(inputs @ weights + biases) along the last axis.

    Args:
        inputs: tensor of rank >= 2 whose last dimension is known.
        num_outputs: size of the last dimension of the result.
        activation_fn: function of the result; None for none.
        normalizer_fn: used instead of biases, e.g. `batch_norm`.
        normalizer_params: its arguments.
        weights_initializer: initializer of `weights`.
        weights_regularizer: function of `weights` that gives a loss.
        biases_initializer: initializer of `biases`; None for no biases.
        biases_regularizer: function of `biases` that gives a loss.
        reuse: whether the variables exist; `scope` must be given then.
        variables_collections: collections of the variables: a list, or a dict of lists for "weights" and "biases".
        outputs_collections: collections of the result.
        trainable: whether the variables join TRAINABLE_VARIABLES.
        scope: variable scope, "fully_connected" by default.

    Raises:
        ValueError: `num_outputs` is no integer.
    """
    if isinstance(num_outputs, bool) or not hasattr(num_outputs, "__index__"):
        raise ValueError(f"num_outputs type should be one of [int], got {type(num_outputs)}.")

    given = Shared.of(locals())

    def make(**kwargs: Any) -> Any:
        return Dense(num_outputs, **kwargs)

    return _applied(make, inputs, "fully_connected", given)


@published()
def linear(inputs: Any, num_outputs: int, **kwargs: Any) -> Any:
    """`fully_connected` without activation."""
    return fully_connected(inputs, num_outputs, **{"activation_fn": None, **kwargs})


def convolution_layer(rank: int, cls: Any, doc: str, *names: str, transposed: bool = False) -> Any:
    """Publishes a convolution over `rank` spatial axes, a layer `cls`, under `names`; `doc` says what it computes."""
    default_scope = {2: "Conv2d_transpose", 3: "Conv3d_transpose"}[rank] if transposed else "Conv"

    def convolution(
        inputs: Any,
        num_outputs: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: str = "SAME",
        data_format: str | None = None,
        rate: Any = 1,
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
        given = Shared.of(locals())
        layout = "channels_first" if (data_format or "").startswith("NC") else "channels_last"

        def make(**kwargs: Any) -> Any:
            if not transposed:
                kwargs["dilation_rate"] = rate
            return cls(num_outputs, kernel_size, strides=stride, padding=padding, data_format=layout, **kwargs)

        return _applied(make, inputs, default_scope, given)

    if transposed:
        general = convolution

        def convolution(  # type: ignore[misc]
            inputs: Any,
            num_outputs: int,
            kernel_size: Any,
            stride: Any = 1,
            padding: str = "SAME",
            data_format: str | None = "NHWC" if rank == 2 else "NDHWC",
            *args: Any,
            **kwargs: Any,
        ) -> Any:
            return general(inputs, num_outputs, kernel_size, stride, padding, data_format, 1, *args, **kwargs)

    convolution.__name__ = convolution.__qualname__ = names[0]
    convolution._key_op = f"contrib.layers.{names[0]}"  # type: ignore[attr-defined]
    convolution.__doc__ = f"""activation_fn({doc} + biases).

    `num_outputs` filters of `kernel_size`, moved by `stride`, with `rate` between their taps; `padding` is "SAME" or
    "VALID", `data_format` "NHWC" (or its like of other ranks) or "NCHW". Other arguments as of `fully_connected`; the
    scope is {default_scope} by default.
    """
    return published(*names[1:])(convolution)


conv1d = convolution_layer(1, Conv1D, "the convolution of inputs along one axis", "conv1d", "convolution1d")
conv2d = convolution_layer(2, Conv2D, "the convolution of images", "conv2d", "convolution2d")
conv3d = convolution_layer(3, Conv3D, "the convolution of volumes", "conv3d", "convolution3d")
conv2d_transpose = convolution_layer(
    2,
    Conv2DTranspose,
    "the transposed convolution of images",
    "conv2d_transpose",
    "convolution2d_transpose",
    transposed=True,
)


def pooling_layer(name: str, cls: Any, scope_name: str, doc: str, formats: tuple[str, str] = ("NCHW", "NHWC")) -> Any:
    """Publishes the pooling `cls` of data in one of two formats, channels first or last; `doc` says what it takes."""

    def pool(
        inputs: Any,
        kernel_size: Any,
        stride: Any = 2,
        padding: str = "VALID",
        data_format: str = formats[1],
        outputs_collections: Any = None,
        scope: str | None = None,
    ) -> Any:
        if data_format not in formats:
            raise ValueError(f"data_format has to be either {formats[0]} or {formats[1]}.")
        with name_scope(scope, scope_name, [inputs]) as opened:
            inputs = convert_to_tensor(inputs)
            layout = "channels_first" if data_format == formats[0] else "channels_last"
            outputs = cls(kernel_size, stride, padding, layout, name=opened).apply(inputs)
            return collect_named_outputs(outputs_collections, opened, outputs)

    pool.__name__ = pool.__qualname__ = name
    pool._key_op = f"contrib.layers.{name}"  # type: ignore[attr-defined]
    pool.__doc__ = f"The {doc} of windows of `kernel_size`, moved by `stride`; ValueError for a wrong data format."
    return published()(pool)


max_pool2d = pooling_layer("max_pool2d", MaxPooling2D, "MaxPool2D", "maximum")
avg_pool2d = pooling_layer("avg_pool2d", AveragePooling2D, "AvgPool2D", "mean")


@published()
def dropout(
    inputs: Any,
    keep_prob: Any = 0.5,
    noise_shape: Any = None,
    is_training: Any = True,
    outputs_collections: Any = None,
    scope: str | None = None,
    seed: int | None = None,
) -> Any:
    """Keeps each element with chance `keep_prob`, scaled by 1 / keep_prob, when `is_training`; else `inputs`."""
    with variable_scope(scope, "Dropout", [inputs], custom_getter=renaming) as opened:
        inputs = convert_to_tensor(inputs)
        layer = Dropout(rate=1 - keep_prob, noise_shape=noise_shape, seed=seed, name=opened.name, _scope=opened)
        return collect_named_outputs(outputs_collections, opened.name, layer.apply(inputs, training=is_training))


@published()
def flatten(inputs: Any, outputs_collections: Any = None, scope: str | None = None) -> Any:
    """All axes but the first as one; ValueError without a known rank."""
    with name_scope(scope, "Flatten", [inputs]) as opened:
        inputs = convert_to_tensor(inputs)
        return collect_named_outputs(outputs_collections, opened, Flatten().apply(inputs))


@published()
def one_hot_encoding(
    labels: Any,
    num_classes: int,
    on_value: Any = 1.0,
    off_value: Any = 0.0,
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Any:
    """`tf.one_hot` of integer labels."""
    with name_scope(scope, "OneHotEncoding", [labels, num_classes]) as opened:
        labels = convert_to_tensor(labels)
        if str(labels.dtype.name) == "int32":
            from tfcompat.ops.cast import cast

            labels = cast(labels, "int64")
        outputs = one_hot(labels, num_classes, on_value=on_value, off_value=off_value)
        return collect_named_outputs(outputs_collections, opened, outputs)


def repeat(inputs: Any, repetitions: int, layer: Any, *args: Any, **kwargs: Any) -> Any:
    """Applies `layer` so many times, each in a scope <scope>/<scope>_<i>."""
    scope = kwargs.pop("scope", None)
    with variable_scope(scope, "Repeat", [inputs]):
        scope = scope or _layer_name(layer)
        for i in range(repetitions):
            inputs = layer(inputs, *args, **{**kwargs, "scope": f"{scope}_{i + 1}"})
        return inputs


def stack(inputs: Any, layer: Any, stack_args: Any, **kwargs: Any) -> Any:
    """Applies `layer` once for each of `stack_args`, its arguments, each in a scope <scope>/<scope>_<i>."""
    scope = kwargs.pop("scope", None)
    with variable_scope(scope, "Stack", [inputs]):
        scope = scope or _layer_name(layer)
        for i, given in enumerate(stack_args):
            arguments = given if isinstance(given, (list, tuple)) else [given]
            inputs = layer(inputs, *arguments, **{**kwargs, "scope": f"{scope}_{i + 1}"})
        return inputs


def _layer_name(layer: Any) -> str:
    name = getattr(layer, "__name__", None) or layer.func.__name__
    return {"conv2d": "convolution2d", "conv1d": "convolution1d", "conv3d": "convolution3d"}.get(name, name)


for _prefix in ("layers", "slim"):
    export(f"contrib.{_prefix}.repeat", repeat)
    export(f"contrib.{_prefix}.stack", stack)
