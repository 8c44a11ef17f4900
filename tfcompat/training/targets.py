"""How optimizers treat what they change: reference variables, resource variables; tensors only have gradients."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.default import control_dependencies
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.ref_variable import RefVariable
from tfcompat.ops.resource_variable import ResourceVariable


def check(variable: Any) -> None:
    """NotImplementedError unless `variable` is a variable or tensor."""
    if not isinstance(variable, (RefVariable, ResourceVariable, Tensor)):
        raise NotImplementedError("Trying to optimize unsupported type ", variable)


def differentiated(variable: Any) -> Any:
    """What to differentiate with respect to: reference, handle, or the tensor itself."""
    check(variable)
    if isinstance(variable, RefVariable):
        return variable._ref()
    return variable.handle if isinstance(variable, ResourceVariable) else variable


def update(optimizer: Any, gradient: Any, variable: Any) -> Any:
    """The operation by which `optimizer` changes `variable`, and its constraint after that.

    Raises:
        NotImplementedError: it is a tensor.
        RuntimeError: it has a constraint and the gradient is sparse.
    """
    if isinstance(variable, Tensor):
        raise NotImplementedError("Trying to update a Tensor ", variable)
    is_resource = isinstance(variable, ResourceVariable)
    if isinstance(gradient, IndexedSlices):
        if variable.constraint is not None:
            raise RuntimeError("Cannot use a constraint function on a sparse variable.")
        if is_resource:
            return optimizer._resource_apply_sparse_duplicate_indices(gradient.values, variable, gradient.indices)
        return optimizer._apply_sparse_duplicate_indices(gradient, variable)
    apply = optimizer._resource_apply_dense if is_resource else optimizer._apply_dense
    updated = apply(gradient, variable)
    if variable.constraint is None:
        return updated
    with control_dependencies([updated]):
        return variable.assign(variable.constraint(variable))
