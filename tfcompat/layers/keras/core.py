"""`tf.keras.layers`: dense layers, dropout and flattening."""

from __future__ import annotations

import numbers
from typing import Any

from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.dtypes import as_dtype
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, dimension_value
from tfcompat.layers.arguments import FromArguments, keras_layer
from tfcompat.layers.input_spec import InputSpec
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, reshape, transpose
from tfcompat.ops.array import shape as tensor_shape
from tfcompat.ops.bias import bias_add
from tfcompat.ops.cast import cast
from tfcompat.ops.control_flow import smart_cond
from tfcompat.ops.einsum import tensordot
from tfcompat.ops.identity import identity
from tfcompat.ops.matmul import matmul
from tfcompat.ops.nn_misc import dropout


@keras_layer("Dense")
class Dense(FromArguments):
    """activation(inputs @ kernel + bias) along the last axis.

    Args:
        units: size of the last axis of the outputs.
        activation: function of the result, or its name; None for none.
        use_bias: whether there is a bias.
        kernel_initializer: initializer of the kernel, `[inputs, units]`.
        bias_initializer: initializer of the bias, `[units]`.
        kernel_regularizer: function of the kernel that gives a loss.
        bias_regularizer: the same for the bias.
        activity_regularizer: the same for the outputs.
        kernel_constraint: function applied to the kernel after updates.
        bias_constraint: the same for the bias.
        kwargs: see `Layer`.

    Raises:
        ValueError: `units` is negative.
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.take(locals())
        self.units = int(units)
        if self.units < 0:
            raise ValueError(
                f"Received an invalid value for `units`, expected a positive integer. Received: units={units}"
            )
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
        self.kernel = self.add_part("kernel", [last, self.units])
        self.bias = self.add_part("bias", [self.units]) if self.use_bias else None
        self.built = True

    def call(self, inputs: Any) -> Tensor:
        """The outputs for `inputs`, of rank >= 2."""
        if self.dtype is not None:
            inputs = cast(inputs, self.dtype)
        rank = inputs.shape.rank
        if isinstance(inputs, SparseTensor):
            outputs = PUBLIC["sparse.sparse_dense_matmul"](inputs, self.kernel)
        elif rank in (2, None):
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


@keras_layer("Dropout")
class Dropout(FromArguments):
    """Sets a share `rate` of the inputs to 0 while training, and scales the rest by 1 / (1 - rate).

    Args:
        rate: the share, from 0 to 1, a number or scalar tensor.
        noise_shape: shape of the mask, for masks shared along axes; None stands for the size of the inputs.
        seed: of the mask.
        kwargs: see `Layer`.

    Raises:
        ValueError: `rate` is not from 0 to 1.
    """

    def __init__(self, rate: Any, noise_shape: Any = None, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if isinstance(rate, (int, float)) and not 0 <= rate <= 1:
            raise ValueError(f"Invalid value {rate} received for `rate`, expected a value between 0 and 1.")
        self.take(locals())
        self.supports_masking = True

    def call(self, inputs: Any, training: Any = None) -> Any:
        """`inputs` with dropout when `training` is true, unchanged otherwise.

        Args:
            inputs: a float tensor.
            training: a bool or a scalar bool tensor; Keras' learning phase by default.
        """
        if isinstance(self.rate, numbers.Real) and self.rate == 0:
            return identity(inputs)
        return smart_cond(
            learning_phase_for(training),
            lambda: dropout(inputs, noise_shape=self._mask_shape(inputs), seed=self.seed, rate=self.rate),
            lambda: identity(inputs),
        )

    def _mask_shape(self, inputs: Any) -> Any:
        """`noise_shape` with the sizes of `inputs` where it has None."""
        if self.noise_shape is None:
            return None
        sizes = tensor_shape(inputs)
        return convert_to_tensor([sizes[i] if n is None else n for i, n in enumerate(self.noise_shape)])  # type: ignore[index]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """`input_shape`."""
        return TensorShape(input_shape)


def learning_phase_for(training: Any) -> Any:
    """`training` as a bool or a scalar bool tensor; Keras' learning phase for None."""
    if training is None:
        training = PUBLIC["keras.backend.learning_phase"]()
    return bool(training) if isinstance(training, int) else training


@keras_layer("Flatten")
class Flatten(FromArguments):
    """All axes but the first as one.

    Args:
        data_format: "channels_last", or "channels_first" to move the channels last before.
        kwargs: see `Layer`.
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.take(locals())
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
        return TensorShape([dims[0], TensorShape(dims[1:]).num_elements() if len(dims) > 1 else 1])
