"""Dense layers, dropout and flattening."""

from __future__ import annotations

import numbers
from typing import Any

from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.dtypes import as_dtype
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, dimension_value
from tfcompat.layers.base import InputSpec, Layer
from tfcompat.layers.named import activation_of
from tfcompat.layers.windows import channels_axis
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, reshape, transpose
from tfcompat.ops.array import shape as tensor_shape
from tfcompat.ops.bias import bias_add
from tfcompat.ops.cast import cast
from tfcompat.ops.control_flow import smart_cond
from tfcompat.ops.einsum import tensordot
from tfcompat.ops.identity import identity
from tfcompat.ops.initializers import Zeros
from tfcompat.ops.matmul import matmul
from tfcompat.ops.nn_misc import dropout as dropout_op

_ZEROS = Zeros()


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
        bias_initializer: Any = _ZEROS,
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
        if self.units < 0:
            raise ValueError(
                f"Received an invalid value for `units`, expected a positive integer. Received: units={units}"
            )
        self.activation = activation_of(activation)
        self.use_bias = use_bias
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
        self._activity_regularizer = activity_regularizer
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Makes `kernel` and `bias`; ValueError when the last axis is unknown, TypeError for an integer type."""
        dtype = as_dtype(self.dtype or "float32")
        if not (dtype.is_floating or dtype.is_complex):
            raise TypeError(f"A Dense layer can only be built with a floating-point dtype. Received: dtype={dtype!r}")
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

    def call(self, inputs: Any) -> Tensor:
        """The outputs for `inputs`, of rank >= 2."""
        if self.dtype is not None:
            inputs = cast(inputs, self.dtype)
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
        rate: the share, from 0 to 1, a number or scalar tensor.
        noise_shape: shape of the mask, for masks shared along axes; None stands for the size of the inputs.
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
        if isinstance(rate, (int, float)) and not 0 <= rate <= 1:
            raise ValueError(f"Invalid value {rate} received for `rate`, expected a value between 0 and 1.")
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed
        self.supports_masking = True

    def call(self, inputs: Any, training: Any = False) -> Any:
        """`inputs` with dropout when `training`, a bool or scalar bool tensor, is true; unchanged otherwise."""
        if isinstance(self.rate, numbers.Real) and self.rate == 0:
            return identity(inputs)
        return smart_cond(
            training,
            lambda: dropout_op(inputs, noise_shape=self._mask_shape(inputs), seed=self.seed, rate=self.rate),
            lambda: identity(inputs),
        )

    def _mask_shape(self, inputs: Any) -> Any:
        """`noise_shape` with the sizes of `inputs` where it has None."""
        if self.noise_shape is None:
            return None
        sizes = tensor_shape(inputs)
        return convert_to_tensor([sizes[i] if n is None else n for i, n in enumerate(self.noise_shape)])  # type: ignore[index]

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """`input_shape`."""
        return TensorShape(input_shape)


@tf_export("layers.Flatten")
class Flatten(Layer):
    """All axes but the first as one.

    Args:
        data_format: "channels_last", the default, or "channels_first" to move the channels last before.
        kwargs: see `Layer`.
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = data_format or "channels_last"
        channels_axis(self.data_format, 2)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Tensor:
        """`inputs`, of rank >= 1, as a matrix."""
        rank = inputs.shape.rank
        if self.data_format == "channels_first" and rank is not None and rank > 1:
            inputs = transpose(inputs, [0, *range(2, rank), 1])
        if rank == 1:
            return expand_dims(inputs, 1)
        dims = [None, None] if rank is None else inputs.shape.as_list()
        rest = TensorShape(dims[1:]).num_elements()
        if rest is not None:
            outputs = raw_ops.Reshape(tensor=inputs, shape=constant([-1, rest], name="Const"))
        elif dims[0] is not None:
            outputs = raw_ops.Reshape(tensor=inputs, shape=constant([dims[0], -1], name="Const"))
        else:
            outputs = reshape(inputs, [tensor_shape(inputs)[0], -1])  # type: ignore[index]
        outputs.set_shape(self.compute_output_shape(inputs.shape))
        return outputs  # type: ignore[no-any-return]

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """`[batch, product of the rest]`."""
        shape = TensorShape(input_shape)
        if shape.rank is None:
            return TensorShape([None, None])
        dims = shape.with_rank_at_least(1).as_list()
        return TensorShape([dims[0], TensorShape(dims[1:]).num_elements()])


# ---------------------------------------------------------------- functions


@tf_export("layers.dense")
def dense(
    inputs: Any,
    units: int,
    activation: Any = None,
    use_bias: bool = True,
    kernel_initializer: Any = None,
    bias_initializer: Any = _ZEROS,
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
