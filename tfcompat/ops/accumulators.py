"""Conditional accumulators: gradients collected until there are enough of them, then taken out as one."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import no_outputs, scalar
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.cast import cast
from tfcompat.ops.shape_checks import exact_rank

_MAKERS = ("ConditionalAccumulator", "ResourceConditionalAccumulator", "SparseConditionalAccumulator")
_KINDS = ("Accumulator", "ResourceAccumulator")
_COUNTS = tuple(f"{kind}NumAccumulated" for kind in _KINDS)
_TAKERS = tuple(f"{kind}TakeGradient" for kind in _KINDS)
_STEPS = tuple(f"{kind}{what}" for kind in _KINDS for what in ("SetGlobalStep", "ApplyGradient"))

not_differentiable(
    *_MAKERS, *_COUNTS, *_TAKERS, *_STEPS, "SparseAccumulatorApplyGradient", "SparseAccumulatorTakeGradient"
)
shape_of(*_COUNTS)(scalar)
shape_of(*_STEPS, "SparseAccumulatorApplyGradient")(no_outputs)


@shape_of(*_MAKERS)
def _handle_shape(c: InferenceContext) -> list[TensorShape]:
    return [TensorShape([] if c.op.type == "ResourceConditionalAccumulator" else [2])]


@shape_of(*_TAKERS)
def _taken_shape(c: InferenceContext, handle: TensorShape, count: TensorShape) -> list[TensorShape]:
    exact_rank(count, 0)
    return [UNKNOWN]


@shape_of("SparseAccumulatorTakeGradient")
def _taken_sparse_shape(c: InferenceContext, handle: TensorShape, count: TensorShape) -> list[TensorShape]:
    exact_rank(count, 0)
    return [UNKNOWN] * 3


def _as_step(step: Any) -> Tensor:
    return cast(convert_to_tensor(step), dtypes.int64)  # type: ignore[no-any-return]


@tf_export("ConditionalAccumulatorBase")
class ConditionalAccumulatorBase:
    """What both kinds of accumulators share.

    Args:
        dtype: type of the gradients.
        shape: what is known of their shape, or None.
        accumulator_ref: the handle.
    """

    def __init__(self, dtype: Any, shape: Any, accumulator_ref: Tensor):
        self._dtype = dtype
        self._shape = TensorShape(None) if shape is None else TensorShape(shape)
        self._accumulator_ref = accumulator_ref
        self._name = accumulator_ref.op.name.split("/")[-1]
        self._prefix = "ResourceAccumulator" if accumulator_ref.dtype.base_dtype is dtypes.resource else "Accumulator"

    @property
    def accumulator_ref(self) -> Tensor:
        """The handle."""
        return self._accumulator_ref

    @property
    def name(self) -> str:
        """The name of the operation that stands for it."""
        return self._name

    @property
    def dtype(self) -> Any:
        """Type of the gradients."""
        return self._dtype

    def num_accumulated(self, name: str | None = None) -> Tensor:
        """How many gradients have been applied since some were taken, as int32."""
        name = f"{self._name}_NumAccumulated" if name is None else name
        return getattr(raw_ops, f"{self._prefix}NumAccumulated")(handle=self._accumulator_ref, name=name)  # type: ignore[no-any-return]

    def set_global_step(self, new_global_step: Any, name: str | None = None) -> Operation:
        """An operation that sets the step; gradients of earlier steps are then dropped."""
        return getattr(raw_ops, f"{self._prefix}SetGlobalStep")(  # type: ignore[no-any-return]
            handle=self._accumulator_ref, new_global_step=_as_step(new_global_step), name=name
        )


@tf_export("ConditionalAccumulator")
class ConditionalAccumulator(ConditionalAccumulatorBase):
    """Collects dense gradients.

    Args:
        dtype: their type.
        shape: their shape; checked when given.
        shared_name: accumulators of one shared name are one.
        name: name of the operation.
        reduction_type: "MEAN" or "SUM": what is taken out.

    Raises:
        ValueError: another `reduction_type`.
    """

    def __init__(
        self,
        dtype: Any,
        shape: Any = None,
        shared_name: str | None = None,
        name: str = "conditional_accumulator",
        reduction_type: str = "MEAN",
    ):
        handle = raw_ops.ResourceConditionalAccumulator(
            dtype=dtype,
            shape=TensorShape(shape),
            shared_name=shared_name or "",
            name=name,
            reduction_type=reduction_type,
        )
        super().__init__(dtypes.as_dtype(dtype), shape, handle)

    def apply_grad(self, grad: Any, local_step: Any = 0, name: str | None = None) -> Operation:
        """An operation that adds a gradient; nothing happens when `local_step` is before the accumulator's step.

        Raises:
            ValueError: the shape is known not to fit.
        """
        grad = convert_to_tensor(grad, self._dtype)
        grad.shape.assert_is_compatible_with(self._shape)
        return raw_ops.ResourceAccumulatorApplyGradient(  # type: ignore[no-any-return]
            handle=self._accumulator_ref, local_step=_as_step(local_step), gradient=grad, name=name
        )

    def take_grad(self, num_required: Any, name: str | None = None) -> Tensor:
        """The mean (or sum) of the gradients once there are `num_required`; a run waits for them.

        The accumulator is then empty, and its step one higher.
        """
        result: Tensor = raw_ops.ResourceAccumulatorTakeGradient(
            handle=self._accumulator_ref, num_required=num_required, dtype=self._dtype, name=name
        )
        result.set_shape(self._shape)
        return result


@tf_export("sparse.SparseConditionalAccumulator", "SparseConditionalAccumulator")
class SparseConditionalAccumulator(ConditionalAccumulatorBase):
    """Collects gradients that are slices of tensors (`tf.IndexedSlices`).

    Args:
        dtype: their type.
        shape: shape of the whole tensors; checked as far as it is given.
        shared_name: accumulators of one shared name are one.
        name: name of the operation.
        reduction_type: "MEAN", each slice over as many gradients as had it, or "SUM".

    Raises:
        ValueError: another `reduction_type`.
    """

    def __init__(
        self,
        dtype: Any,
        shape: Any = None,
        shared_name: str | None = None,
        name: str = "sparse_conditional_accumulator",
        reduction_type: str = "MEAN",
    ):
        handle = raw_ops.SparseConditionalAccumulator(
            dtype=dtype,
            shape=TensorShape(shape),
            shared_name=shared_name or "",
            name=name,
            reduction_type=reduction_type,
        )
        super().__init__(dtypes.as_dtype(dtype), shape, handle)

    def apply_indexed_slices_grad(self, grad: IndexedSlices, local_step: Any = 0, name: str | None = None) -> Operation:
        """`apply_grad` of the parts of `grad`."""
        return self.apply_grad(
            grad_indices=grad.indices,
            grad_values=grad.values,
            grad_shape=grad.dense_shape,
            local_step=local_step,
            name=name,
        )

    def apply_grad(
        self, grad_indices: Any, grad_values: Any, grad_shape: Any = None, local_step: Any = 0, name: str | None = None
    ) -> Operation:
        """An operation that adds a gradient; nothing happens when `local_step` is before the accumulator's step.

        Args:
            grad_indices: int64 vector.
            grad_values: a slice for each index.
            grad_shape: shape of the whole tensor, or None.
            local_step: step of the gradient.
            name: name of the operation.
        """
        step = _as_step(local_step)
        return raw_ops.SparseAccumulatorApplyGradient(  # type: ignore[no-any-return]
            handle=self._accumulator_ref,
            local_step=step,
            gradient_indices=cast(grad_indices, dtypes.int64),
            gradient_values=grad_values,
            gradient_shape=cast([] if grad_shape is None else grad_shape, dtypes.int64),
            has_known_shape=grad_shape is not None,
            name=name,
        )

    def take_grad(self, num_required: Any, name: str | None = None) -> Any:
        """(indices, values, shape) of the mean (or sum) of the gradients once there are `num_required`."""
        return raw_ops.SparseAccumulatorTakeGradient(
            handle=self._accumulator_ref, num_required=num_required, dtype=self._dtype, name=name
        )

    def take_indexed_slices_grad(self, num_required: Any, name: str | None = None) -> IndexedSlices:
        """`take_grad` as IndexedSlices."""
        taken = self.take_grad(num_required, name)
        return IndexedSlices(indices=taken.indices, values=taken.values, dense_shape=taken.shape)
