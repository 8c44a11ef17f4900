"""Dense layers, dropout and flattening."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.constant import constant
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, dimension_value
from tfcompat.layers.base import InputSpec, Layer
from tfcompat.ops import raw_ops
from tfcompat.ops.bias import bias_add
from tfcompat.ops.control_flow import smart_cond
from tfcompat.ops.einsum import tensordot
from tfcompat.ops.identity import identity
from tfcompat.ops.initializers import Zeros
from tfcompat.ops.matmul import matmul
from tfcompat.ops.nn_misc import dropout as dropout_op


@tf_export("layers.Dense")
class Dense(Layer):
    """activation(inputs @ kernel + bias) along the last axis.

    Args:
        units: size of the last axis of the outputs.
        activation: function of the result; None for none.
        use_bias: whether there is a bias.
        kernel_initializer: initializer of the kernel, `[inputs, units]`; the scope's default, Glorot's, when None.
        bias_initializer: initializer of the bias, `[units]`.
        kernel_regularizer: function of the kernel that gives a loss.
        bias_regularizer: the same for the bias.
        activity_regularizer: the same for the outputs.
        kernel_constraint: function applied to the kernel after updates.
        bias_constraint: the same for the bias.
        trainable: whether its variables are trainable.
        name: its name.
        kwargs: see `Layer`.
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(trainable=trainable, name=name, **kwargs)
        self.units = int(units)
        self.activation = activation
        self.use_bias = use_bias
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = Zeros() if bias_initializer is None else bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
        self._activity_regularizer = activity_regularizer
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: Any) -> None:
        """Makes `kernel` and `bias`; ValueError when the last axis is unknown."""
        last = dimension_value(TensorShape(input_shape)[-1])
        if last is None:
            raise ValueError(
                "The last dimension of the inputs to a Dense layer should be defined. Found None. Full input "
                f"shape received: {input_shape}"
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: last})
        self.kernel = self.add_weight(
            "kernel",
            [last, self.units],
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = (
            self.add_weight(
                "bias",
                [self.units],
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
            if self.use_bias
            else None
        )
        self.built = True

    def call(self, inputs: Any, **kwargs: Any) -> Tensor:
        """The outputs for `inputs`, of rank >= 2."""
        rank = inputs.shape.rank
        if rank in (2, None):
            outputs = matmul(inputs, self.kernel)
        else:
            outputs = tensordot(inputs, self.kernel, [[rank - 1], [0]])
            outputs.set_shape(inputs.shape[:-1].concatenate([self.units]))
        if self.use_bias:
            outputs = bias_add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """`input_shape` with `units` in place of the last axis."""
        return TensorShape(input_shape).with_rank_at_least(2)[:-1].concatenate([self.units])


@tf_export("layers.Dropout")
class Dropout(Layer):
    """Sets a share `rate` of the inputs to 0 while training, and scales the rest by 1 / (1 - rate).

    Args:
        rate: the share.
        noise_shape: shape of the mask, for masks shared along axes.
        seed: of the mask.
        name: its name.
        kwargs: see `Layer`.
    """

    def __init__(
        self,
        rate: float = 0.5,
        noise_shape: Any = None,
        seed: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(name=name, **kwargs)
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed

    def call(self, inputs: Any, training: Any = False, **kwargs: Any) -> Any:
        """`inputs` with dropout when `training`, a bool or scalar bool tensor, is true; unchanged otherwise."""
        return smart_cond(
            training,
            lambda: dropout_op(inputs, noise_shape=self.noise_shape, seed=self.seed, rate=self.rate),
            lambda: identity(inputs),
        )

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """`input_shape`."""
        return TensorShape(input_shape)


@tf_export("layers.Flatten")
class Flatten(Layer):
    """All axes but the first as one.

    Args:
        data_format: "channels_last", or "channels_first" to move the channels last before.
        kwargs: see `Layer`.
    """

    def __init__(self, data_format: str | None = "channels_last", **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = data_format or "channels_last"
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any, **kwargs: Any) -> Tensor:
        """`inputs`, of rank >= 1, as a matrix."""
        rank = inputs.shape.rank
        if self.data_format == "channels_first" and rank is not None and rank > 1:
            inputs = raw_ops.Transpose(x=inputs, perm=np.array([0, *range(2, rank), 1], np.int32))
        dims = inputs.shape.as_list()
        rest = TensorShape(dims[1:]).num_elements()
        if rest is not None:
            outputs = raw_ops.Reshape(tensor=inputs, shape=constant([-1, rest], name="Const"))
        elif dims[0] is not None:
            outputs = raw_ops.Reshape(tensor=inputs, shape=constant([dims[0], -1], name="Const"))
        else:
            count = raw_ops.StridedSlice(
                input=raw_ops.Shape(input=inputs), begin=[0], end=[1], strides=[1], shrink_axis_mask=1
            )
            outputs = raw_ops.Reshape(tensor=inputs, shape=raw_ops.Pack(values=[count, -1]))
        outputs.set_shape(self.compute_output_shape(inputs.shape))
        return outputs  # type: ignore[no-any-return]

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """`[batch, product of the rest]`."""
        dims = TensorShape(input_shape).with_rank_at_least(1).as_list()
        return TensorShape([dims[0], TensorShape(dims[1:]).num_elements()])


# ---------------------------------------------------------------- functions


@tf_export("layers.dense")
def dense(
    inputs: Any,
    units: int,
    activation: Any = None,
    use_bias: bool = True,
    kernel_initializer: Any = None,
    bias_initializer: Any = None,
    kernel_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    kernel_constraint: Any = None,
    bias_constraint: Any = None,
    trainable: bool = True,
    name: str | None = None,
    reuse: Any = None,
) -> Tensor:
    """A `Dense` layer applied to `inputs`; `reuse` finds the variables of an earlier one of the same name."""
    layer = Dense(
        units,
        activation,
        use_bias,
        kernel_initializer,
        bias_initializer,
        kernel_regularizer,
        bias_regularizer,
        activity_regularizer,
        kernel_constraint,
        bias_constraint,
        trainable,
        name,
        _scope=name,
        _reuse=reuse,
    )
    return layer.apply(inputs)  # type: ignore[no-any-return]


@tf_export("layers.dropout")
def dropout(
    inputs: Any,
    rate: float = 0.5,
    noise_shape: Any = None,
    seed: int | None = None,
    training: Any = False,
    name: str | None = None,
) -> Any:
    """A `Dropout` layer applied to `inputs`."""
    return Dropout(rate, noise_shape, seed, name).apply(inputs, training=training)


@tf_export("layers.flatten")
def flatten(inputs: Any, name: str | None = None, data_format: str = "channels_last") -> Tensor:
    """A `Flatten` layer applied to `inputs`."""
    return Flatten(data_format, name=name).apply(inputs)  # type: ignore[no-any-return]
