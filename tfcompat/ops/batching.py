"""Computations on the inputs of several runs at once: `tf.nondifferentiable_batch_function`, Batch and Unbatch."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import SCALAR, UNKNOWN, TensorShape
from tfcompat.ops import raw_ops

_FOREVER = 10**12


@tf_export("nondifferentiable_batch_function")
def nondifferentiable_batch_function(
    num_batch_threads: int,
    max_batch_size: int,
    batch_timeout_micros: int,
    allowed_batch_sizes: Sequence[int] | None = None,
    max_enqueued_batches: int = 10,
    autograph: bool = True,
    enable_large_batch_splitting: bool = True,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator of functions of tensors, whose calls in runs of several threads are computed together.

    The rows of the arguments of all runs are one batch, of which one run computes the results of all; the others
    compute on no rows.

    Args:
        num_batch_threads: accepted; runs compute in their own threads.
        max_batch_size: how many rows a batch has at most.
        batch_timeout_micros: how long the first run waits for others, in microseconds.
        allowed_batch_sizes: the sizes that batches may have, rising to `max_batch_size`; batches are padded to them.
        max_enqueued_batches: accepted; batches are not kept.
        autograph: accepted.
        enable_large_batch_splitting: accepted; more than `max_batch_size` rows of one run are refused.

    Raises:
        InvalidArgumentError: in the run, when arguments differ in their numbers of rows, or have too many.
        LookupError: for gradients of the results.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def together(*args: Any) -> Any:
            with name_scope(None, "batch"):
                batched, index, number = raw_ops.Batch(
                    in_tensors=[convert_to_tensor(a) for a in args],
                    num_batch_threads=num_batch_threads,
                    max_batch_size=max_batch_size,
                    batch_timeout_micros=batch_timeout_micros,
                    allowed_batch_sizes=list(allowed_batch_sizes or ()),
                    max_enqueued_batches=max_enqueued_batches,
                    grad_timeout_micros=0,
                )

                def own(result: Any) -> Tensor:
                    part = raw_ops.Unbatch(batched_tensor=result, batch_index=index, id=number, timeout_micros=_FOREVER)
                    return raw_ops.PreventGradient(input=part, message="Batched functions have no gradients.")  # type: ignore[no-any-return]

                return nest.map_structure(own, function(*batched))

        return together

    return decorate


@shape_of("Batch")
def _batch_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [*(_of_any_rows(s.with_rank_at_least(1)) for s in shapes), TensorShape([None, 3]), SCALAR]


@shape_of("Unbatch", "UnbatchGrad")
def _unbatch_shape(c: InferenceContext, batched: TensorShape, *rest: TensorShape) -> list[TensorShape]:
    return [_of_any_rows(batched)]


def _of_any_rows(shape: TensorShape) -> TensorShape:
    return UNKNOWN if shape.rank is None else TensorShape([None, *shape.as_list()[1:]])


@gradient_of("Batch")
def _batch_gradient(op: Operation, *grads: Tensor) -> list[Tensor]:
    """Every run takes the gradients of its own rows out of those of the batch."""
    return [
        raw_ops.Unbatch(
            batched_tensor=grads[i],
            batch_index=op.outputs[-2],
            id=op.outputs[-1],
            timeout_micros=op.attrs["grad_timeout_micros"],
            shared_name=f"batch_gradient_{op.name}_{i}",
        )
        for i in range(len(op.inputs))
    ]


@gradient_of("Unbatch")
def _unbatch_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    """The gradients of all parts, put together where the batch is."""
    batched, index, number = op.inputs
    made = raw_ops.UnbatchGrad(
        original_input=batched, batch_index=index, grad=grad, id=number, shared_name=f"unbatch_gradient_{op.name}"
    )
    return [made, None, None]
