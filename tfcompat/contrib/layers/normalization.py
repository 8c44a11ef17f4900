"""tf.contrib.layers: batch and layer normalisation."""

from __future__ import annotations

from typing import Any

from tfcompat.contrib.layers.basic import published, renaming
from tfcompat.contrib.layers.utils import collect_named_outputs
from tfcompat.contrib.variables import collect, model_variable
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import add_to_collections, control_dependencies
from tfcompat.layers.normalization import BatchNormalization
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.control_flow import smart_cond, static_predicate
from tfcompat.ops.identity import identity
from tfcompat.ops.initializers import Ones, Zeros
from tfcompat.ops.normalization import batch_normalization, fused_batch_norm, moments, weighted_moments
from tfcompat.ops.variable_scope import variable_scope
from tfcompat.training.moving_averages import assign_moving_average

_VARIABLES = ("moving_mean", "moving_variance", "beta", "gamma")


@published()
def batch_norm(
    inputs: Any,
    decay: float = 0.999,
    center: bool = True,
    scale: bool = False,
    epsilon: float = 0.001,
    activation_fn: Any = None,
    param_initializers: Any = None,
    param_regularizers: Any = None,
    updates_collections: Any = GraphKeys.UPDATE_OPS,
    is_training: Any = True,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    batch_weights: Any = None,
    fused: bool | None = None,
    data_format: str = "NHWC",
    zero_debias_moving_mean: bool = False,
    scope: Any = None,
    renorm: bool = False,
    renorm_clipping: Any = None,
    renorm_decay: float = 0.99,
    adjustment: Any = None,
) -> Any:
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta for each channel.

    While training, mean and variance are the batch's and move averages towards them; else the averages are used.

    Args:
        inputs: floating-point tensor of rank >= 2 whose channels are known.
        decay: how much of the moving averages stays.
        center: whether there is `beta`.
        scale: whether there is `gamma`.
        epsilon: added to the variance.
        activation_fn: function of the result.
        param_initializers: dict of initializers: "beta", "gamma", "moving_mean", "moving_variance".
        param_regularizers: dict of regularizers: "beta", "gamma".
        updates_collections: collections of the updates of the moving averages; None to make them with the result.
        is_training: bool or bool scalar.
        reuse: whether the variables exist.
        variables_collections: collections of the variables, a list or a dict by variable.
        outputs_collections: collections of the result.
        trainable: whether `beta` and `gamma` join TRAINABLE_VARIABLES.
        fused: whether to use one fused operation; None for rank 2 and 4.
        batch_weights: weights of the samples, which mean and variance take into account.
        data_format: "NHWC" or "NCHW".
        zero_debias_moving_mean: whether the average of the means is corrected for its start at 0.
        scope: variable scope, "BatchNorm" by default.
        renorm: whether to correct the batch's moments by r and d, as `tf.layers.BatchNormalization` does.
        renorm_clipping: limits "rmin" and "rmax" of r, "dmax" of |d|.
        renorm_decay: how much stays of the averages that r and d are made of.
        adjustment: function of the inputs' shape that gives a factor and a summand for training; it has no part in
            what `batch_weights`, `updates_collections` and `zero_debias_moving_mean` ask for.

    Raises:
        ValueError: the format is unknown, or `renorm` is used with `batch_weights`, other `updates_collections` or
            `zero_debias_moving_mean`.
    """
    if data_format not in ("NCHW", "NHWC"):
        raise ValueError("data_format has to be either NCHW or NHWC.")
    inputs = convert_to_tensor(inputs)
    rank = inputs.shape.ndims
    plain = batch_weights is None and not zero_debias_moving_mean and updates_collections == GraphKeys.UPDATE_OPS
    corrects = renorm or adjustment is not None
    fused = fused is not False and rank in (2, 4) and batch_weights is None and not corrects
    if plain and not (fused and rank == 2):
        initializers, regularizers = param_initializers or {}, param_regularizers or {}
        options = {
            "axis": 1 if data_format == "NCHW" else -1,
            "momentum": decay,
            "epsilon": epsilon,
            "center": center,
            "scale": scale,
            "beta_regularizer": regularizers.get("beta"),
            "gamma_regularizer": regularizers.get("gamma"),
            "trainable": trainable,
            "fused": fused,
            "renorm": renorm,
            "adjustment": adjustment,
            **{f"{name}_initializer": initializers[name] for name in _VARIABLES if name in initializers},
        }
        if renorm:
            options |= {"renorm_clipping": renorm_clipping, "renorm_momentum": renorm_decay}
        return _as_layer(
            inputs, options, is_training, reuse, scope, activation_fn, variables_collections, outputs_collections
        )
    if renorm:
        raise ValueError("renorm is not supported with batch_weights, updates_collections or zero_debias_moving_mean")
    with variable_scope(scope, "BatchNorm", [inputs], reuse=reuse) as opened:
        original = inputs
        axis = 1 if data_format == "NCHW" else rank - 1
        channels = inputs.shape.as_list()[axis]
        if channels is None:
            raise ValueError(f"Inputs {inputs.name} has undefined channels dimension {inputs.shape}.")
        if fused and rank == 2:
            inputs = reshape(inputs, [-1, channels, 1, 1] if data_format == "NCHW" else [-1, 1, 1, channels])
        variables = _variables(
            inputs.dtype.base_dtype,
            channels,
            center,
            scale,
            param_initializers or {},
            param_regularizers or {},
            variables_collections,
            trainable,
            fused,
        )
        if fused:
            outputs = _fused(
                inputs, variables, decay, epsilon, is_training, updates_collections, data_format,
                zero_debias_moving_mean,
            )  # fmt: skip
        else:
            outputs = _unfused(
                inputs, variables, decay, epsilon, is_training, updates_collections, axis, zero_debias_moving_mean,
                batch_weights,
            )  # fmt: skip
        if fused and rank == 2:
            outputs = reshape(outputs, shape(original))
        outputs.set_shape(original.shape)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return collect_named_outputs(outputs_collections, opened.name, outputs)


def _variables(
    dtype: Any,
    channels: int,
    center: bool,
    scale: bool,
    initializers: Any,
    regularizers: Any,
    collections: Any,
    trainable: bool,
    constants: bool,
) -> dict[str, Any]:
    """beta, gamma (constants or None where there is no variable) and the moving averages."""
    defaults = {"beta": Zeros(), "gamma": Ones(), "moving_mean": Zeros(), "moving_variance": Ones()}
    present = {"beta": center, "gamma": scale, "moving_mean": True, "moving_variance": True}
    made: dict[str, Any] = {}
    for name in ("beta", "gamma"):
        if not present[name]:
            made[name] = constant(float(name == "gamma"), dtype=dtype, shape=[channels]) if constants else None
    for name in defaults:
        if present[name]:
            found = collections.get(name) if isinstance(collections, dict) else collections
            made[name] = model_variable(
                name,
                shape=[channels],
                dtype=dtype,
                initializer=initializers.get(name, defaults[name]),
                regularizer=regularizers.get(name),
                collections=[found] if isinstance(found, str) else found,
                trainable=trainable and name in ("beta", "gamma"),
            )
    return made


def _as_layer(
    inputs: Any,
    options: dict[str, Any],
    is_training: Any,
    reuse: Any,
    scope: Any,
    activation_fn: Any,
    variables_collections: Any,
    outputs_collections: Any,
) -> Any:
    """`tf.layers.BatchNormalization` with `options`, which puts its updates into UPDATE_OPS."""
    with variable_scope(scope, "BatchNorm", [inputs], reuse=reuse, custom_getter=renaming) as opened:
        layer: Any = BatchNormalization(name=opened.name, _scope=opened, _reuse=reuse, **options)
        outputs = layer.apply(inputs, training=is_training)
        for name in _VARIABLES:
            if getattr(layer, name) is not None:
                collect(variables_collections, getattr(layer, name), name)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return collect_named_outputs(outputs_collections, opened.name, outputs)


def _moments(inputs: Any, axis: int, weights: Any) -> Any:
    """Mean and variance of each channel, weighted where `weights`, one a sample, are given."""
    rank = inputs.shape.ndims
    axes = [a for a in range(rank) if a != axis]
    if weights is None:
        return moments(inputs, axes)
    weights = convert_to_tensor(weights)
    inputs.shape[:1].assert_is_compatible_with(weights.shape)
    return weighted_moments(inputs, axes, reshape(weights, [-1] + [1] * (rank - 1)))


def _fused(
    inputs: Any,
    v: dict[str, Any],
    decay: float,
    epsilon: float,
    is_training: Any,
    collections: Any,
    data_format: str,
    zero_debias: bool,
) -> Any:
    def training() -> Any:
        return fused_batch_norm(inputs, v["gamma"], v["beta"], epsilon=epsilon, data_format=data_format)

    def inference() -> Any:
        return fused_batch_norm(
            inputs,
            v["gamma"],
            v["beta"],
            mean=v["moving_mean"],
            variance=v["moving_variance"],
            epsilon=epsilon,
            is_training=False,
            data_format=data_format,
        )

    outputs, mean, variance = smart_cond(is_training, training, inference)
    known = static_predicate(is_training)
    if known is False:
        return outputs
    kept: Any = constant(decay) if known else smart_cond(is_training, lambda: constant(decay), lambda: constant(1.0))
    updates = [
        assign_moving_average(v["moving_mean"], mean, kept, zero_debias=zero_debias),
        assign_moving_average(v["moving_variance"], variance, kept, zero_debias=False),
    ]
    return _with_updates(outputs, updates, collections)


def _with_updates(outputs: Any, updates: list[Any], collections: Any) -> Any:
    if collections is None:
        with control_dependencies(updates):
            return identity(outputs)
    for update in updates:
        add_to_collections(collections, update)
    return outputs


def _unfused(
    inputs: Any,
    v: dict[str, Any],
    decay: float,
    epsilon: float,
    is_training: Any,
    collections: Any,
    axis: int,
    zero_debias: bool,
    weights: Any,
) -> Any:
    known = static_predicate(is_training)
    mean, variance = v["moving_mean"], v["moving_variance"]
    rank = inputs.shape.ndims
    if known is not False:
        mean, variance = _moments(inputs, axis, weights)

        def updated() -> Any:
            return [
                identity(assign_moving_average(v[n], x, decay, zero_debias=zero_debias and n == "moving_mean"))
                for n, x in (("moving_mean", mean), ("moving_variance", variance))
            ]

        updates = smart_cond(is_training, updated, lambda: [identity(v["moving_mean"]), identity(v["moving_variance"])])
        if collections is None:
            with control_dependencies(updates):
                mean, variance = identity(mean), identity(variance)
        else:
            for update in updates:
                add_to_collections(collections, update)
        batch = mean, variance
        mean, variance = smart_cond(
            is_training,
            lambda: [identity(x) for x in batch] if known is None else batch,
            lambda: [identity(v["moving_mean"]), identity(v["moving_variance"])],
        )
    wide = [
        n if n is None or axis == rank - 1 else reshape(n, [1, -1] + [1] * (rank - 2))
        for n in (mean, variance, v["beta"], v["gamma"])
    ]
    return batch_normalization(inputs, wide[0], wide[1], wide[2], wide[3], epsilon)


@published()
def layer_norm(
    inputs: Any,
    center: bool = True,
    scale: bool = True,
    activation_fn: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    begin_norm_axis: int = 1,
    begin_params_axis: int = -1,
    scope: Any = None,
) -> Any:
    """gamma * (x - mean) / sqrt(variance + 1e-12) + beta, mean and variance over the axes from `begin_norm_axis` on.

    Args:
        inputs: floating-point tensor of known rank.
        center: whether there is `beta`, of the shape of `inputs` from `begin_params_axis` on.
        scale: whether there is `gamma`, of the same shape.
        activation_fn: function of the result.
        reuse: whether the variables exist.
        variables_collections: collections of the variables, a list or a dict by variable.
        outputs_collections: collections of the result.
        trainable: whether the variables join TRAINABLE_VARIABLES.
        begin_norm_axis: see above.
        begin_params_axis: see above.
        scope: variable scope, "LayerNorm" by default.

    Raises:
        ValueError: the rank is unknown, an axis is outside of it, or the parameters' shape is not known.
    """
    with variable_scope(scope, "LayerNorm", [inputs], reuse=reuse) as opened:
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if rank is None:
            raise ValueError(f"Inputs {inputs.name} has undefined rank.")
        begin_norm_axis += rank if begin_norm_axis < 0 else 0
        if begin_params_axis >= rank or begin_norm_axis >= rank:
            raise ValueError(
                f"begin_params_axis ({begin_params_axis}) and begin_norm_axis ({begin_norm_axis}) must be "
                f"< rank(inputs) ({rank})"
            )
        sizes = inputs.shape[begin_params_axis:]
        if not sizes.is_fully_defined():
            raise ValueError(
                f"Inputs {inputs.name}: shape(inputs)[{begin_params_axis}:] is not fully defined: {inputs.shape}"
            )
        parameters = []
        for name, present, initializer in (("beta", center, Zeros()), ("gamma", scale, Ones())):
            found = variables_collections
            found = found.get(name) if isinstance(found, dict) else found
            parameters.append(
                model_variable(
                    name,
                    shape=sizes,
                    dtype=inputs.dtype.base_dtype,
                    initializer=initializer,
                    collections=found,
                    trainable=trainable,
                )
                if present
                else None
            )
        mean, variance = moments(inputs, list(range(begin_norm_axis, rank)), keep_dims=True)
        epsilon = 1e-3 if inputs.dtype.base_dtype.name == "float16" else 1e-12
        outputs = batch_normalization(inputs, mean, variance, parameters[0], parameters[1], epsilon)
        outputs.set_shape(inputs.shape)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return collect_named_outputs(outputs_collections, opened.name, outputs)
