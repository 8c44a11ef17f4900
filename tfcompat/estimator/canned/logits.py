"""The logits of networks and of linear models over feature columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.estimator import input_functions
from tfcompat.estimator.model_fn import ModeKeys
from tfcompat.feature_column.checks import listed_columns, sorted_columns
from tfcompat.feature_column.input_layer import check_dense, input_layer
from tfcompat.feature_column.layer_parts import create_linear_weights, linear_function, side_by_side
from tfcompat.feature_column.linear_model import as_list, check_linear, linear_in_scope
from tfcompat.feature_column.state import LayerState
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.dtypes import float32
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor import Tensor
from tfcompat.layers.core import Dense, Dropout
from tfcompat.layers.normalization import BatchNormalization
from tfcompat.ops.add_n import add_n
from tfcompat.ops.array import size
from tfcompat.ops.cast import cast
from tfcompat.ops.control_flow import cond
from tfcompat.ops.identity import identity
from tfcompat.ops.initializers import GlorotUniform
from tfcompat.ops.variable_scope import get_variable, get_variable_scope, variable_scope
from tfcompat.summary.summary import histogram, scalar

LogitFn = Callable[[Any, str], Tensor]


def of_version_2(columns: Any) -> bool:
    """Whether a layer may own the variables of all columns; shared embeddings have theirs in a collection."""
    return all(getattr(column, "_is_v2_column", False) for column in columns)


def dnn_logit_fn_builder(
    units: int,
    hidden_units: Any,
    feature_columns: Any,
    activation_fn: Any,
    dropout: float | None,
    input_layer_partitioner: Any,
    batch_norm: bool,
) -> LogitFn:
    """A function of features and mode that gives the logits of a fully connected network.

    Args:
        units: number of logits.
        hidden_units: the sizes of the layers between.
        feature_columns: dense columns.
        activation_fn: of the layers between.
        dropout: share of their outputs that training drops; None for none.
        input_layer_partitioner: of the variables of the columns.
        batch_norm: whether each layer between is followed by batch normalisation.

    Raises:
        ValueError: `units` is no integer.
    """
    if not isinstance(units, int):
        raise ValueError(f"units must be an int.  Given type: {type(units)}")

    def logit_fn(features: Any, mode: str) -> Tensor:
        training = mode == ModeKeys.TRAIN
        net = _network_input(features, listed_columns(feature_columns), input_layer_partitioner)
        for index, width in enumerate(hidden_units):
            with variable_scope(f"hiddenlayer_{index}", values=(net,), use_resource=True) as scope:
                net = _dense(net, width, activation_fn, scope)
            if dropout is not None and training:
                net = Dropout(rate=dropout, name="dropout")(net, training=True)
            if batch_norm:
                with variable_scope(scope, auxiliary_name_scope=False), name_scope(scope.original_name_scope):
                    net = BatchNormalization(momentum=0.999, trainable=True, name=f"batchnorm_{index}")(
                        net, training=training
                    )
            _summarize(net, scope.name)
        with variable_scope("logits", values=(net,), use_resource=True) as scope:
            logits = _dense(net, units, None, scope)
        _summarize(logits, scope.name)
        return logits

    return logit_fn


def _dense(net: Tensor, width: int, activation: Any, scope: Any) -> Tensor:
    layer = Dense(width, activation=activation, kernel_initializer=GlorotUniform(), name=scope.name, _scope=scope)
    return layer(net)  # type: ignore[no-any-return]


def _summarize(value: Tensor, tag: str) -> None:
    scalar(f"{tag}/fraction_of_zero_values", PUBLIC["nn.zero_fraction"](value))
    histogram(f"{tag}/activation", value)


def _network_input(features: Any, columns: list[Any], partitioner: Any) -> Tensor:
    """The dense tensors of the columns, with variables below "input_from_feature_columns/input_layer"."""
    check_dense(columns)
    columns = sorted_columns(columns)
    with variable_scope("input_from_feature_columns", values=tuple(features.values()), partitioner=partitioner):
        if not of_version_2(columns):
            return input_layer(features, columns)  # type: ignore[no-any-return]
        with variable_scope("input_layer"):
            state = LayerState(get_variable)
            for column in columns:
                column.create_state(state)
            return side_by_side(columns, features, state)


def linear_logit_fn_builder(units: int, feature_columns: Any, sparse_combiner: str = "sum") -> Callable[[Any], Tensor]:
    """A function of features that gives linear functions of columns.

    Args:
        units: number of functions.
        feature_columns: dense and categorical columns.
        sparse_combiner: how the weights of several ids of a column are combined.
    """

    def linear_logit_fn(features: Any) -> Tensor:
        columns = listed_columns(feature_columns)
        check_linear(columns)
        if of_version_2(columns):
            logits, bias = _linear(features, sorted_columns(columns), units, sparse_combiner)
        else:
            variables: dict[Any, list[Any]] = {}
            logits = linear_in_scope("linear_model", features, columns, units, sparse_combiner, cols_to_vars=variables)
            bias = variables["bias"]
        if units > 1:
            histogram("bias", bias)
        else:
            scalar("bias", bias[0][0])
        own = get_default_graph().get_collection(
            GraphKeys.GLOBAL_VARIABLES, scope=f"{get_variable_scope().name}/linear_model/"
        )
        weights = [v for v in own if not any(v is part for part in bias)]
        scalar("fraction_of_zero_weights", _fraction_of_zeros(weights))
        return logits

    return linear_logit_fn


def _linear(features: Any, columns: list[Any], units: int, combiner: str) -> tuple[Tensor, list[Any]]:
    """(logits, parts of the bias), with variables below "linear_model"."""
    with variable_scope("linear_model"):
        state = LayerState(get_variable)
        bias = create_linear_weights(columns, units, state, get_variable)
        with name_scope("linear_model"), name_scope("linear_model"):
            logits = linear_function(columns, features, state, bias, combiner)
    return logits, as_list(bias)


def _fraction_of_zeros(variables: list[Any]) -> Tensor:
    """The share of zeros in all of them together."""
    with name_scope("zero_fraction"):
        with name_scope("total_size"):
            sizes = [size(v, out_type=PUBLIC["int64"]) for v in variables]
            total = add_n(sizes)
        with name_scope("total_zero"):
            zeros = add_n([_zeros_of(v, count) for v, count in zip(variables, sizes, strict=True)])
        with name_scope("compute"):
            share = zeros / cast(total, float32, name="float32_size")
        return identity(share, name="zero_fraction_or_nan")


def _zeros_of(variable: Any, count: Tensor) -> Tensor:
    def fraction() -> Any:
        return PUBLIC["nn.zero_fraction"](variable) * cast(count, float32)

    is_empty = PUBLIC["equal"](count, 0)
    return cond(is_empty, lambda: PUBLIC["constant"](0, dtype=float32), fraction, name="zero_count")  # type: ignore[no-any-return]


def call_logit_fn(logit_fn: Callable[..., Any], features: Any, mode: str, params: Any, config: Any) -> Any:
    """Calls `logit_fn` with `features` and as many of the others as it takes.

    Raises:
        ValueError: it gives neither a tensor nor a dictionary of tensors.
    """
    accepted = input_functions.argument_names(logit_fn)
    options = {"mode": mode, "params": params, "config": config}
    made = logit_fn(features=features, **{k: v for k, v in options.items() if k in accepted})
    values = made.values() if isinstance(made, dict) else [made]
    if not all(isinstance(value, Tensor) for value in values):
        raise ValueError(f"model_fn should return a Tensor or a dictionary of Tensors. {made}")
    return made
