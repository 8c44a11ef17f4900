"""Layers that compute elementwise, rearrange, mask or call a function."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.layers.arguments import FromArguments, keras_layer
from tfcompat.layers.input_spec import InputSpec
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, reshape, squeeze, transpose
from tfcompat.ops.array import shape as tensor_shape
from tfcompat.ops.cast import cast
from tfcompat.ops.identity import identity
from tfcompat.ops.packing import stack
from tfcompat.ops.reduction import reduce_any
from tfcompat.ops.tiling import tile


@keras_layer("Activation")
class Activation(FromArguments):
    """activation(inputs).

    Args:
        activation: a function or its name.
        kwargs: see `Layer`.
    """

    def __init__(self, activation: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.take(locals())
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """The activation of `inputs`."""
        return self.activation(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """`input_shape`."""
        return input_shape


@keras_layer("Identity")
class Identity(FromArguments):
    """The inputs, in any structure."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)

    def call(self, inputs: Any) -> Any:
        """Identities of `inputs`."""
        return PUBLIC["nest.map_structure"](identity, inputs)


@keras_layer("ActivityRegularization")
class ActivityRegularization(FromArguments):
    """The inputs; l1 * sum(abs(x)) + l2 * sum(x ** 2), divided by the batch size, joins the losses.

    Args:
        l1: factor of the absolute values.
        l2: factor of the squares.
        kwargs: see `Layer`.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any):
        super().__init__(activity_regularizer=PUBLIC["keras.regularizers.L1L2"](l1=l1, l2=l2), **kwargs)
        self.take(locals())
        self.supports_masking = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        """`input_shape`."""
        return input_shape


@keras_layer("Masking")
class Masking(FromArguments):
    """Masks the steps whose features all equal `mask_value`, and sets them to 0.

    Args:
        mask_value: the value.
        kwargs: see `Layer`.
    """

    def __init__(self, mask_value: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.take(locals())
        self.supports_masking = True
        self._compute_output_and_mask_jointly = True

    def compute_mask(self, inputs: Any, mask: Any = None) -> Tensor:
        """Which steps of `inputs`, [batch, time, ...], have a feature other than the value: bool [batch, time]."""
        return reduce_any(raw_ops.NotEqual(x=inputs, y=self.mask_value), axis=-1)

    def call(self, inputs: Any) -> Tensor:
        """`inputs` with 0 where masked."""
        kept = reduce_any(raw_ops.NotEqual(x=inputs, y=self.mask_value), axis=-1, keepdims=True)
        outputs = inputs * cast(kept, inputs.dtype)
        outputs._keras_mask = squeeze(kept, axis=-1)
        return outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """`input_shape`."""
        return input_shape


@keras_layer("Reshape")
class Reshape(FromArguments):
    """The inputs with their axes behind the batch in another shape.

    Args:
        target_shape: the sizes without the batch; one of them may be -1.
        kwargs: see `Layer`.
    """

    def __init__(self, target_shape: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.target_shape = tuple(target_shape)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """`[batch, *target_shape]`, a -1 replaced when the inputs' size is known.

        Raises:
            ValueError: the sizes have another product than the inputs', or more than one -1.
        """
        dims: list[Any] = TensorShape(input_shape).as_list()
        if None in dims[1:]:
            return TensorShape([dims[0], *(s if s != -1 else None for s in self.target_shape)])
        return TensorShape([dims[0], *self._completed(dims[1:])])

    def _completed(self, dims: list[int]) -> list[int]:
        total, target = int(np.prod(dims)), list(self.target_shape)
        known = int(np.prod([s for s in target if s != -1]))
        if target.count(-1) > 1:
            raise ValueError(
                f"There must be at most one unknown dimension in output_shape. Received: output_shape={target}."
            )
        if -1 in target and known and total % known == 0:
            target[target.index(-1)] = total // known
        elif -1 in target or known != total:
            raise ValueError(
                "total size of new array must be unchanged, "
                f"input_shape = {dims}, output_shape = {list(self.target_shape)}"
            )
        return target

    def call(self, inputs: Any) -> Tensor:
        """`inputs` in the new shape."""
        outputs = reshape(inputs, (tensor_shape(inputs)[0], *self.target_shape))  # type: ignore[index]
        outputs.set_shape(self.compute_output_shape(inputs.shape))
        return outputs


@keras_layer("Permute")
class Permute(FromArguments):
    """The inputs with their axes behind the batch in another order.

    Args:
        dims: the axes in their new order, counted from 1.
        kwargs: see `Layer`.

    Raises:
        ValueError: `dims` is no order of 1 to their number.
    """

    def __init__(self, dims: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                "Invalid permutation argument `dims` for Permute Layer. The set of indices in `dims` must be "
                f"consecutive and start from 1. Received dims={dims}"
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The sizes in the new order."""
        sizes = TensorShape(input_shape).as_list()
        return TensorShape([sizes[0], *(sizes[d] for d in self.dims)])

    def call(self, inputs: Any) -> Tensor:
        """`inputs` with its axes in the new order."""
        return transpose(inputs, perm=(0, *self.dims))


@keras_layer("RepeatVector")
class RepeatVector(FromArguments):
    """[batch, features] repeated `n` times: [batch, n, features].

    Args:
        n: how often.
        kwargs: see `Layer`.

    Raises:
        TypeError: `n` is no int.
    """

    def __init__(self, n: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.n = n
        if not isinstance(n, int):
            raise TypeError(f"Expected an integer value for `n`, got {type(n)}.")
        self.input_spec = InputSpec(ndim=2)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """`[batch, n, features]`."""
        batch, features = TensorShape(input_shape).as_list()
        return TensorShape([batch, self.n, features])

    def call(self, inputs: Any) -> Tensor:
        """`inputs` repeated along a new second axis."""
        return tile(expand_dims(inputs, 1), stack([1, self.n, 1]))
