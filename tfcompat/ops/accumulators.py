"""Conditional accumulators: gradients of several runs, averaged or summed once there are enough of them."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes as types
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import no_outputs, scalar, unknown
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.cast import cast

_MAKERS = ("ResourceConditionalAccumulator",)
_PAIRS = ("ConditionalAccumulator", "SparseConditionalAccumulator")
_ASKERS = ("AccumulatorNumAccumulated", "ResourceAccumulatorNumAccumulated")
_USERS = ("AccumulatorApplyGradient", "ResourceAccumulatorApplyGradient", "SparseAccumulatorApplyGradient",
          "AccumulatorSetGlobalStep", "ResourceAccumulatorSetGlobalStep")  # fmt: skip
_TAKERS = ("AccumulatorTakeGradient", "ResourceAccumulatorTakeGradient", "SparseAccumulatorTakeGradient")
shape_of(*_MAKERS, *_ASKERS)(scalar)
shape_of(*_PAIRS)(lambda c: [TensorShape([2])])
shape_of(*_USERS)(no_outputs)
shape_of(*_TAKERS)(unknown)
not_differentiable(*_MAKERS, *_PAIRS, *_ASKERS, *_USERS, *_TAKERS)


@tf_export("ConditionalAccumulatorBase")
class ConditionalAccumulatorBase:
    """What both accumulators share.

    A gradient that was computed at an earlier step than the accumulator's own is dropped without an error; each
    `take_grad` takes the accumulator's step one further.

    Args:
        dtype: type of the gradients: float16, float32 or float64.
        shape: what is known of their shape, or None.
        accumulator_ref: the handle.
    """

    def __init__(self, dtype: Any, shape: Any, accumulator_ref: Tensor):
        self._dtype = types.as_dtype(dtype)
        self._shape = TensorShape(None) if shape is None else TensorShape(shape)
        self._accumulator_ref = accumulator_ref
        self._name = accumulator_ref.op.name.split("/")[-1]
        self._prefix = "Resource" if accumulator_ref.dtype is types.resource else ""

    @property
    def accumulator_ref(self) -> Tensor:
        """The handle."""
        return self._accumulator_ref

    @property
    def name(self) -> str:
        """The name of the operation that makes the handle, without scopes."""
        return self._name

    @property
    def dtype(self) -> types.DType:
        """The type of the gradients."""
        return self._dtype

    def num_accumulated(self, name: str | None = None) -> Tensor:
        """How many gradients there are now, an int32 scalar."""
        name = f"{self._name}_NumAccumulated" if name is None else name
        return self._record("AccumulatorNumAccumulated", handle=self._accumulator_ref, name=name)

    def set_global_step(self, new_global_step: Any, name: str | None = None) -> Operation:
        """An operation that sets the accumulator's step; smaller values than the present one are logged."""
        step = cast(convert_to_tensor(new_global_step), types.int64)
        return self._record("AccumulatorSetGlobalStep", handle=self._accumulator_ref, new_global_step=step, name=name)

    def _record(self, op_type: str, **arguments: Any) -> Any:
        return getattr(raw_ops, self._prefix + op_type)(**arguments)


@tf_export("ConditionalAccumulator")
class ConditionalAccumulator(ConditionalAccumulatorBase):
    """Accumulates dense gradients.

    Args:
        dtype: type of the gradients: float16, float32 or float64.
        shape: their shape, as far as it is known.
        shared_name: accumulators of one name are one, across sessions of a server too.
        name: name of the operation.
        reduction_type: "MEAN" or "SUM", what `take_grad` gives.

    Raises:
        ValueError: `reduction_type` is neither.
    """

    def __init__(
        self,
        dtype: Any,
        shape: Any = None,
        shared_name: str | None = None,
        name: str = "conditional_accumulator",
        reduction_type: str = "MEAN",
    ):
        ref = raw_ops.ResourceConditionalAccumulator(
            dtype=dtype, shape=TensorShape(shape), shared_name=shared_name or "", name=name,
            reduction_type=reduction_type,
        )  # fmt: skip
        super().__init__(dtype, shape, ref)

    def apply_grad(self, grad: Any, local_step: Any = 0, name: str | None = None) -> Operation:
        """An operation that adds `grad`, computed at step `local_step`.

        Raises:
            ValueError: the shape of `grad` does not fit.
        """
        grad = convert_to_tensor(grad, self._dtype)
        grad.shape.assert_is_compatible_with(self._shape)
        step = cast(convert_to_tensor(local_step), types.int64)
        return self._record(
            "AccumulatorApplyGradient", handle=self._accumulator_ref, local_step=step, gradient=grad, name=name
        )

    def take_grad(self, num_required: Any, name: str | None = None) -> Tensor:
        """The mean or sum of the gradients, once there are `num_required`; the run waits for them.

        Raises:
            InvalidArgumentError: `num_required` is less than 1.
        """
        out: Tensor = self._record(
            "AccumulatorTakeGradient",
            handle=self._accumulator_ref, num_required=num_required, dtype=self._dtype, name=name,
        )  # fmt: skip
        out.set_shape(self._shape)
        return out


@tf_export("sparse.SparseConditionalAccumulator", "SparseConditionalAccumulator")
class SparseConditionalAccumulator(ConditionalAccumulatorBase):
    """Accumulates gradients given as some of their rows. The mean of a row is over the gradients that had it.

    Args:
        dtype: type of the gradients: float16, float32 or float64.
        shape: their shape, as far as it is known.
        shared_name: accumulators of one name are one, across sessions of a server too.
        name: name of the operation.
        reduction_type: "MEAN" or "SUM", what `take_grad` gives.

    Raises:
        ValueError: `reduction_type` is neither.
    """

    def __init__(
        self,
        dtype: Any,
        shape: Any = None,
        shared_name: str | None = None,
        name: str = "sparse_conditional_accumulator",
        reduction_type: str = "MEAN",
    ):
        ref = raw_ops.SparseConditionalAccumulator(
            dtype=dtype, shape=TensorShape(shape), shared_name=shared_name or "", name=name,
            reduction_type=reduction_type,
        )  # fmt: skip
        super().__init__(dtype, shape, ref)

    def apply_indexed_slices_grad(self, grad: IndexedSlices, local_step: Any = 0, name: str | None = None) -> Operation:
        """An operation that adds the rows of `grad`, computed at step `local_step`."""
        return self.apply_grad(grad.indices, grad.values, grad.dense_shape, local_step, name)

    def apply_grad(
        self, grad_indices: Any, grad_values: Any, grad_shape: Any = None, local_step: Any = 0, name: str | None = None
    ) -> Operation:
        """An operation that adds rows.

        Args:
            grad_indices: the numbers of the rows, an int64 vector.
            grad_values: the rows.
            grad_shape: the shape of the whole gradient; None when it is not known.
            local_step: the step at which they were computed.
            name: name of the operation.

        Returns:
            The operation; it fails with InvalidArgumentError when shapes do not fit.
        """
        step = cast(convert_to_tensor(local_step), types.int64)
        return self._record(
            "SparseAccumulatorApplyGradient",
            handle=self._accumulator_ref,
            local_step=step,
            gradient_indices=cast(grad_indices, types.int64),
            gradient_values=grad_values,
            gradient_shape=cast([] if grad_shape is None else grad_shape, types.int64),
            has_known_shape=grad_shape is not None,
            name=name,
        )

    def take_grad(self, num_required: Any, name: str | None = None) -> Any:
        """(indices, values, shape) of the mean or sum of the gradients, once there are `num_required`.

        Raises:
            InvalidArgumentError: `num_required` is less than 1.
        """
        return self._record(
            "SparseAccumulatorTakeGradient",
            handle=self._accumulator_ref, num_required=num_required, dtype=self._dtype, name=name,
        )  # fmt: skip

    def take_indexed_slices_grad(self, num_required: Any, name: str | None = None) -> IndexedSlices:
        """The same as `take_grad`, as IndexedSlices."""
        taken = self.take_grad(num_required, name)
        return IndexedSlices(indices=taken.indices, values=taken.values, dense_shape=taken.shape)
