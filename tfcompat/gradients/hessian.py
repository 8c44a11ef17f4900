"""`tf.hessians`: second derivatives."""

from __future__ import annotations

from typing import Any

from tfcompat.gradients.api import gradients
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import array, concat, filling, raw_ops, while_loop


@tf_export("hessians")
def hessians(
    ys: Any,
    xs: Any,
    name: str = "hessians",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: int | None = None,
) -> list[Tensor]:
    """The second derivatives of the sum of `ys` with respect to each of `xs`.

    Args:
        ys: a tensor or list of tensors.
        xs: a tensor, variable, or list of them.
        name: name of the scope.
        colocate_gradients_with_ops: see `gradients`.
        gate_gradients: see `gradients`.
        aggregation_method: see `gradients`.

    Returns:
        A list with one tensor per x, of shape x.shape + x.shape.

    Raises:
        LookupError: an operation between has no gradient, or its gradient has none.
        ValueError: an x has no influence on `ys`, or none on their gradients.
    """
    members = list(xs) if isinstance(xs, (list, tuple)) else [xs]
    options = {"colocate_gradients_with_ops": colocate_gradients_with_ops, "gate_gradients": gate_gradients,
               "aggregation_method": aggregation_method}  # fmt: skip
    with name_scope(name, "hessians"):
        firsts = gradients(ys, members, **options)  # type: ignore[arg-type]
        return [_hessian(first, x, options) for first, x in zip(firsts, members, strict=True)]


def _hessian(first: Any, x: Any, options: dict[str, Any]) -> Tensor:
    """Row by row the gradient of one element of the gradient."""
    if first is None:
        raise ValueError(f"There is no gradient of the ys with respect to {x}.")
    flat = array.reshape(first, [-1])
    count: Any = array.size(x)
    shape = array.shape(x)
    rows = filling.zeros(concat.concat([array.reshape(count, [1]), shape], 0), dtype=x.dtype.base_dtype)

    def body(index: Any, rows: Any) -> tuple[Any, Any]:
        row = gradients(flat[index], x, **options)[0]  # type: ignore[index]
        if row is None:
            raise ValueError(f"None values not supported: the gradient with respect to {x} does not depend on it.")
        place = array.reshape(index, [1, 1])
        placed = raw_ops.TensorScatterUpdate(tensor=rows, indices=place, updates=array.expand_dims(row, 0))
        return index + 1, placed

    _, filled = while_loop.while_loop(lambda index, rows: index < count, body, [0, rows])
    return array.reshape(filled, concat.concat([shape, shape], 0))
