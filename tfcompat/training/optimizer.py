"""`tf.train.Optimizer`: gradients, slots, and the operation that applies one step."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.gradients.api import gradients
from tfcompat.graph import dtypes, nest
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor, convert_to_tensor_or_indexed_slices
from tfcompat.graph.default import (
    control_dependencies,
    get_collection,
    get_collection_ref,
    get_default_graph,
    name_scope,
)
from tfcompat.graph.export import tf_export
from tfcompat.graph.lifting import init_scope
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.variable_watch import watch_variables
from tfcompat.ops import array, grouping, raw_ops, state
from tfcompat.ops.resource_variable import ResourceVariable
from tfcompat.ops.variable_base import Variable
from tfcompat.ops.variables import trainable_variables
from tfcompat.training import slot_creator, targets


@tf_export("train.Optimizer")
class Optimizer:
    """Base of optimizers.

    A subclass gives `_prepare` (make tensors of its parameters), `_create_slots`, and the operations for one variable:
    `_apply_dense` and `_apply_sparse` for reference variables, `_resource_apply_dense` and `_resource_apply_sparse` for
    resource variables.

    Args:
        use_locking: attribute of the operations that change variables.
        name: name of the scope of one step, and of the slots.

    Raises:
        ValueError: the name is empty.
    """

    GATE_NONE = 0
    GATE_OP = 1
    GATE_GRAPH = 2

    def __init__(self, use_locking: bool, name: str):
        if not name:
            raise ValueError("Must specify the optimizer name")
        self._use_locking = use_locking
        self._name = name
        self._slots: dict[str, dict[Any, Any]] = {}
        self._non_slot_dict: dict[Any, Any] = {}

    def get_name(self) -> str:
        """The name given."""
        return self._name

    # ---------------------------------------------------------------- steps

    def minimize(
        self,
        loss: Any,
        global_step: Any = None,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: int | None = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: Any = None,
    ) -> Operation:
        """The operation that changes variables by one step towards a smaller `loss`.

        `compute_gradients` and `apply_gradients` with these arguments.

        Raises:
            ValueError: no variable has a gradient.
        """
        pairs = self.compute_gradients(
            loss,
            var_list=var_list,
            gate_gradients=gate_gradients,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
            grad_loss=grad_loss,
        )
        if all(gradient is None for gradient, _ in pairs):
            raise ValueError(
                "No gradients provided for any variable, check your graph for ops that do not support "
                f"gradients, between variables {[str(v) for _, v in pairs]} and loss {loss}."
            )
        return self.apply_gradients(pairs, global_step=global_step, name=name)

    def compute_gradients(
        self,
        loss: Any,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: int | None = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> list[tuple[Any, Any]]:
        """Pairs of gradient and variable; the gradient is a tensor, IndexedSlices, or None.

        Args:
            loss: the tensor to minimize, or a callable that gives it.
            var_list: variables to differentiate for; default the trainable ones.
            gate_gradients: GATE_NONE, GATE_OP (the gradients of one operation wait for each other) or GATE_GRAPH (all
                wait for each other).
            aggregation_method: one of `tf.AggregationMethod`.
            colocate_gradients_with_ops: whether gradients are placed with the operations they belong to.
            grad_loss: the gradient that arrives at `loss`.

        Raises:
            ValueError: there are no variables, or an argument or type is not allowed.
        """
        if callable(loss):
            with watch_variables() as read:
                loss = loss()
            var_list = list(read) if var_list is None else var_list
        if gate_gradients not in (Optimizer.GATE_NONE, Optimizer.GATE_OP, Optimizer.GATE_GRAPH):
            raise ValueError(
                "gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, "
                f"Optimizer.GATE_GRAPH.  Not {gate_gradients}"
            )
        self._assert_valid_dtypes([loss] if grad_loss is None else [loss, grad_loss])
        if var_list is None:
            variables = trainable_variables() + get_collection("trainable_resource_variables")
        else:
            variables = nest.flatten(var_list)
        variables = variables + get_collection(GraphKeys._STREAMING_MODEL_PORTS)
        if not variables:
            raise ValueError("No variables to optimize.")
        grads = gradients(
            loss,
            [targets.differentiated(v) for v in variables],
            grad_ys=grad_loss,
            gate_gradients=gate_gradients == Optimizer.GATE_OP,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
        )
        if gate_gradients == Optimizer.GATE_GRAPH:
            grads = grouping.tuple(grads)
        pairs = list(zip(grads, variables, strict=True))
        self._assert_valid_dtypes([v for g, v in pairs if g is not None and v.dtype != dtypes.resource])
        return pairs

    def apply_gradients(
        self,
        grads_and_vars: Any,
        global_step: Any = None,
        name: str | None = None,
        skip_gradients_aggregation: bool = False,
    ) -> Operation:
        """The operation that changes variables by one step along given gradients.

        Args:
            grads_and_vars: pairs as `compute_gradients` gives them.
            global_step: variable to add 1 to afterwards.
            name: name of the operation; the optimizer's by default.
            skip_gradients_aggregation: accepted and not needed.

        Raises:
            ValueError: there is no pair, or no gradient.
            TypeError: a gradient is neither a tensor nor IndexedSlices nor None.
        """
        pairs = [(_as_gradient(g), v) for g, v in tuple(grads_and_vars)]
        if not pairs:
            raise ValueError("No variables provided.")
        for _, variable in pairs:
            targets.check(variable)
        used = [(g, v) for g, v in pairs if g is not None]
        if not used:
            raise ValueError(f"No gradients provided for any variable: {[str(v) for _, v in pairs]}.")
        with init_scope():
            self._create_slots([v for _, v in used])
        updates = []
        with name_scope(name, self._name) as scope:
            self._prepare()
            for gradient, variable in used:
                with name_scope("update_" + variable.op.name), get_default_graph().colocate_with(variable):
                    updates.append(targets.update(self, gradient, variable))
            if global_step is None:
                applied = self._finish(updates, scope)
            else:
                applied = self._counted(updates, global_step, scope)
            if isinstance(applied, Tensor):
                applied = applied.op
            train_ops = get_collection_ref(GraphKeys.TRAIN_OP)
            if applied not in train_ops:
                train_ops.append(applied)
            return applied

    def _counted(self, updates: list[Any], global_step: Any, scope: str) -> Any:
        """`updates`, then 1 added to `global_step`."""
        with control_dependencies([self._finish(updates, "update")]), get_default_graph().colocate_with(global_step):
            if isinstance(global_step, ResourceVariable):
                one = convert_to_tensor(1, dtype=global_step.dtype)
                return raw_ops.AssignAddVariableOp(resource=global_step.handle, value=one, name=scope)
            return state.assign_add(global_step, 1, name=scope)

    # ---------------------------------------------------------------- slots

    def get_slot(self, var: Any, name: str) -> Any:
        """The slot `name` of `var`, or None."""
        return self._slots.get(name, {}).get(_key(var))

    def get_slot_names(self) -> list[str]:
        """The names of the slots, sorted."""
        return sorted(self._slots)

    def variables(self) -> list[Any]:
        """The variables of this optimizer in the default graph, sorted by name."""
        graph = get_default_graph()
        own = [v for v in self._non_slot_dict.values() if v.graph is graph]
        own += [v for slots in self._slots.values() for v in slots.values() if v.graph is graph]
        return sorted(own, key=lambda v: v.name)  # type: ignore[no-any-return]

    def _slot_dict(self, slot_name: str) -> dict[Any, Any]:
        return self._slots.setdefault(slot_name, {})

    def _slot(self, var: Any, slot_name: str, make: Callable[[], Any]) -> Any:
        named = self._slot_dict(slot_name)
        key = _key(var)
        if key not in named:
            named[key] = make()
        return named[key]

    def _get_or_make_slot(self, var: Any, val: Any, slot_name: str, op_name: str) -> Any:
        """The slot of `var`, made with the initial value `val` when there is none."""
        return self._slot(var, slot_name, lambda: slot_creator.create_slot(var, val, op_name))

    def _get_or_make_slot_with_initializer(
        self, var: Any, initializer: Any, shape: Any, dtype: Any, slot_name: str, op_name: str
    ) -> Any:
        """The slot of `var`, made with `initializer` when there is none."""
        return self._slot(
            var, slot_name, lambda: slot_creator.create_slot_with_initializer(var, initializer, shape, dtype, op_name)
        )

    def _zeros_slot(self, var: Any, slot_name: str, op_name: str) -> Any:
        """The slot of `var`, made of zeros when there is none."""
        return self._slot(var, slot_name, lambda: slot_creator.create_zeros_slot(var, op_name))

    def _create_non_slot_variable(self, initial_value: Any, name: str, colocate_with: Any) -> Any:
        """The variable `name` that belongs to no variable in particular, made when the graph has none."""
        key = (name, colocate_with.graph)
        if key not in self._non_slot_dict:
            with slot_creator.variables_placed_with(colocate_with):
                self._non_slot_dict[key] = Variable(
                    initial_value=initial_value,
                    name=name,
                    trainable=False,
                    use_resource=isinstance(colocate_with, ResourceVariable),
                )
        return self._non_slot_dict[key]

    def _get_non_slot_variable(self, name: str, graph: Any = None) -> Any:
        return self._non_slot_dict.get((name, graph))

    def _non_slot_variables(self) -> Any:
        return self._non_slot_dict.values()

    # ---------------------------------------------------------------- what subclasses give

    def _valid_dtypes(self) -> set[dtypes.DType]:
        """The types of losses and variables that are allowed."""
        return {dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64}

    def _assert_valid_dtypes(self, tensors: Sequence[Any]) -> None:
        valid = self._valid_dtypes()
        for tensor in tensors:
            dtype = tensor.dtype.base_dtype
            if dtype not in valid:
                raise ValueError(f"Invalid type {dtype!r} for {tensor.name}, expected: {list(valid)}.")

    def _create_slots(self, var_list: list[Any]) -> None:
        """Makes the slots of the variables; most subclasses override this."""

    def _prepare(self) -> None:
        """Makes tensors of the parameters, before the first variable is changed."""

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        """The operation that applies a dense gradient to a reference variable."""
        raise NotImplementedError

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
        """The operation that applies a dense gradient to a resource variable."""
        raise NotImplementedError

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        """The operation that applies IndexedSlices without repeated indices to a reference variable."""
        raise NotImplementedError

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        """The operation that applies slices `grad` at `indices`, none repeated, to a resource variable."""
        raise NotImplementedError

    def _apply_sparse_duplicate_indices(self, grad: Any, var: Any) -> Any:
        """`_apply_sparse` after adding up the slices of equal indices; for subclasses that can do without."""
        values, indices = without_repeats(grad.values, grad.indices)
        return self._apply_sparse(IndexedSlices(values, indices, grad.dense_shape), var)

    def _resource_apply_sparse_duplicate_indices(self, grad: Any, handle: Any, indices: Any) -> Any:
        """`_resource_apply_sparse` after adding up the slices of equal indices; for subclasses that can do without."""
        values, unique = without_repeats(grad, indices)
        return self._resource_apply_sparse(values, handle, unique)

    def _finish(self, update_ops: list[Any], name_scope: str) -> Any:
        """The operation, called `name_scope`, that completes a step."""
        return grouping.group(*update_ops, name=name_scope)

    def _call_if_callable(self, param: Any) -> Any:
        """`param()` when it can be called, else `param`."""
        return param() if callable(param) and not hasattr(param, "dtype") else param


def _key(var: Any) -> Any:
    if hasattr(var, "op") and not inspect.ismethod(var.op):
        return var.op.graph, var.op.name
    return var._unique_id


def _as_gradient(gradient: Any) -> Any:
    if gradient is None:
        return None
    try:
        return convert_to_tensor_or_indexed_slices(gradient)
    except TypeError:
        raise TypeError(f"Gradient must be convertible to a Tensor or IndexedSlices, or None: {gradient}") from None


def without_repeats(values: Any, indices: Any) -> tuple[Any, Any]:
    """Slices and their indices with the slices of equal indices added up."""
    unique, positions = raw_ops.Unique(x=indices)
    count = array.shape(unique)[0]  # type: ignore[index]
    return raw_ops.UnsortedSegmentSum(data=values, segment_ids=positions, num_segments=count), unique
