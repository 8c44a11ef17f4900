"""Optimizers around other optimizers, and what else tf.contrib.opt does with gradients."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.default import colocate_with, control_dependencies, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.ops import clip, grouping, raw_ops, state
from tfcompat.ops.cast import cast
from tfcompat.ops.control_flow import cond
from tfcompat.ops.gather import gather
from tfcompat.ops.initializers import Zeros
from tfcompat.ops.variable_scope import get_variable
from tfcompat.ops.variables import global_variables
from tfcompat.summary.summary import scalar
from tfcompat.training.adagrad import AdagradOptimizer
from tfcompat.training.global_step import get_global_step
from tfcompat.training.moving_averages import ExponentialMovingAverage
from tfcompat.training.optimizer import Optimizer
from tfcompat.training.saveables import by_own_names
from tfcompat.training.saver import Saver


class _Wrapper(Optimizer):
    """An optimizer that hands to another one what it does not do itself."""

    def __init__(self, opt: Optimizer, use_locking: bool, name: str):
        super().__init__(use_locking, name)
        self._opt = opt

    def compute_gradients(self, *args: Any, **kwargs: Any) -> Any:
        """As the wrapped optimizer does."""
        return self._opt.compute_gradients(*args, **kwargs)

    def get_slot(self, *args: Any, **kwargs: Any) -> Any:
        """As the wrapped optimizer does."""
        return self._opt.get_slot(*args, **kwargs)

    def get_slot_names(self, *args: Any, **kwargs: Any) -> list[str]:
        """As the wrapped optimizer does."""
        return self._opt.get_slot_names(*args, **kwargs)


@tf_export("contrib.opt.MovingAverageOptimizer")
class MovingAverageOptimizer(_Wrapper):
    """Keeps moving averages of what it trains, and saves those in place of the variables.

    Args:
        opt: the optimizer.
        average_decay: decay of the averages.
        num_updates: as for `ExponentialMovingAverage`.
        sequential_update: whether averages are updated after the step, from the new values.
    """

    def __init__(
        self, opt: Optimizer, average_decay: float = 0.9999, num_updates: Any = None, sequential_update: bool = True
    ):
        super().__init__(opt, opt._use_locking, opt._name)
        self._ema = ExponentialMovingAverage(average_decay, num_updates=num_updates)
        self._swapped: dict[str, Any] | None = None
        self._sequential_update = sequential_update

    def apply_gradients(self, grads_and_vars: Any, global_step: Any = None, name: str | None = None) -> Operation:  # type: ignore[override]
        """As all optimizers do."""
        pairs = list(grads_and_vars)
        train_op = self._opt.apply_gradients(pairs, global_step=global_step, name=name)
        variables = [v for g, v in pairs if g is not None]
        self._swapped = {}
        with control_dependencies([train_op] if self._sequential_update else None):
            averages = self._ema.apply(variables)
        for variable in variables:
            average = self._ema.average(variable)
            self._swapped[variable.op.name] = average
            self._swapped[average.op.name] = variable
        return grouping.group(train_op, averages, name="train_with_avg")

    def swapping_saver(self, var_list: Any = None, name: str = "swapping_saver", **kwargs: Any) -> Saver:
        """A saver that saves averages under the names of variables, and the other way round.

        Args:
            var_list: what to save, as for `Saver`.
            name: name of the saver.
            **kwargs: for `Saver`.

        Raises:
            RuntimeError: before `apply_gradients`.
            ValueError: `var_list` has a variable without its average.
        """
        if self._swapped is None:
            raise RuntimeError("Must call apply_gradients or minimize before creating the swapping_saver")
        given = by_own_names(global_variables() if var_list is None else var_list)
        for variable in given.values():
            average = None if isinstance(variable, list) else self._ema.average(variable)
            if average is not None and average.op.name not in given:
                raise ValueError(
                    f"Variable to swap {average.op.name} is not part of variables to save. This breaks swapping."
                )
        swapped = {key: self._swapped.get(key, variable) for key, variable in given.items()}
        return Saver(swapped, name=name, **kwargs)


@tf_export("contrib.opt.VariableClippingOptimizer")
class VariableClippingOptimizer(_Wrapper):
    """Clips variables by their norms after each step.

    With sparse gradients only the rows that changed are clipped, unless norms are taken over dimension 0.

    Args:
        opt: the optimizer.
        vars_to_clip_dims: variable -> the dimensions over which norms are taken.
        max_norm: the largest norm.
        use_locking: attribute of the operations that change variables.
        colocate_clip_ops_with_vars: whether clipping is placed with the variables.
        name: name of the scope.
    """

    def __init__(
        self,
        opt: Optimizer,
        vars_to_clip_dims: Mapping[Any, Sequence[int]],
        max_norm: float,
        use_locking: bool = False,
        colocate_clip_ops_with_vars: bool = False,
        name: str = "VariableClipping",
    ):
        super().__init__(opt, use_locking, name)
        self._vars_to_clip_dims = {v.name: list(dims) for v, dims in vars_to_clip_dims.items()}
        self._max_norm = max_norm
        self._colocates = colocate_clip_ops_with_vars

    def apply_gradients(self, grads_and_vars: Any, global_step: Any = None, name: str | None = None) -> Operation:  # type: ignore[override]
        """As all optimizers do."""
        pairs = list(grads_and_vars)
        with name_scope(name, self._name) as scope:
            update = self._opt.apply_gradients(pairs, global_step=global_step)
            clipped = []
            with control_dependencies([update]):
                for grad, var in pairs:
                    if grad is None or var.name not in self._vars_to_clip_dims:
                        continue
                    with name_scope("clip_" + var.op.name), self._placed(var):
                        sparse = isinstance(grad, IndexedSlices)
                        clipped.append(self._clip_rows(grad, var) if sparse else self._clip(var))
            return grouping.group(*clipped, name=scope)

    def _placed(self, var: Any) -> Any:
        return var.graph.colocate_with(var.op) if self._colocates else contextlib.nullcontext()

    def _clip(self, var: Any) -> Any:
        value = var.read_value() if hasattr(var, "handle") else var
        return var.assign(
            clip.clip_by_norm(value, self._max_norm, self._vars_to_clip_dims[var.name]), use_locking=self._use_locking
        )

    def _clip_rows(self, grad: IndexedSlices, var: Any) -> Any:
        axes = self._vars_to_clip_dims[var.name]
        if 0 in axes:
            return self._clip(var)
        rows = clip.clip_by_norm(gather(var, grad.indices), self._max_norm, axes)
        if hasattr(var, "handle"):
            return raw_ops.ResourceScatterUpdate(resource=var.handle, indices=grad.indices, updates=rows)
        return state.scatter_functions["Update"](var, grad.indices, rows, use_locking=self._use_locking)


@tf_export("contrib.opt.RegAdagradOptimizer")
class RegAdagradOptimizer(AdagradOptimizer):
    """Adagrad that can leave its accumulators alone; arguments as for `AdagradOptimizer`."""

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        use_locking: bool = False,
        name: str = "RegAdagrad",
    ):
        super().__init__(learning_rate, initial_accumulator_value, use_locking, name)
        self._should_use_slots = True

    @contextlib.contextmanager
    def avoid_updating_slots(self) -> Iterator[None]:
        """Inside, steps are recorded that use the accumulators without changing them."""
        before, self._should_use_slots = self._should_use_slots, False
        try:
            yield
        finally:
            self._should_use_slots = before

    def _extra_attrs(self) -> dict[str, Any]:
        return {"update_slots": self._should_use_slots}


@tf_export("contrib.opt.DropStaleGradientOptimizer")
class DropStaleGradientOptimizer(_Wrapper):
    """Drops gradients when `global_step` has moved on by more than `staleness` since they were begun.

    Args:
        opt: the optimizer.
        staleness: the largest difference.
        use_locking: attribute of the operations that change variables.
        name: name of the scope.
    """

    def __init__(self, opt: Optimizer, staleness: int, use_locking: bool = False, name: str = "DropStaleGradient"):
        super().__init__(opt, use_locking, name)
        self._staleness = staleness
        self._local_step: Any = None

    def compute_gradients(self, loss: Any, *args: Any, **kwargs: Any) -> Any:
        """As the wrapped optimizer does, after the step has been noted."""
        with colocate_with(loss):
            self._local_step = get_global_step() + 0  # type: ignore[operator]
        with control_dependencies([self._local_step]):
            return self._opt.compute_gradients(raw_ops.Identity(input=loss), *args, **kwargs)

    def apply_gradients(self, grads_and_vars: Any, global_step: Any = None, name: str | None = None) -> Any:  # type: ignore[override]
        """As all optimizers do; gives the number of those dropped so far, kept in `stale_counter`."""
        pairs = list(grads_and_vars)
        with colocate_with(global_step.op):
            dropped = get_variable("stale_counter", [], initializer=Zeros(), trainable=False)

        def accepted() -> Any:
            with control_dependencies([self._opt.apply_gradients(pairs, global_step=global_step, name=name)]):
                return raw_ops.Identity(input=0.0)

        made = [g.op if isinstance(g, IndexedSlices) else g for g, _ in pairs if g is not None]
        with control_dependencies(made), colocate_with(global_step.op):
            behind = raw_ops.Reshape(tensor=global_step - self._local_step, shape=[])
        in_time = raw_ops.LessEqual(x=behind, y=self._staleness)
        counted = dropped.assign_add(cond(in_time, accepted, lambda: raw_ops.Identity(input=1.0)))
        scalar("Gradient staleness percentage", dropped / cast(global_step + 1, dtypes.float32))
        return counted


@tf_export("contrib.opt.MultitaskOptimizerWrapper")
class MultitaskOptimizerWrapper:
    """Makes the steps of an optimizer leave slots alone where a gradient is all zero.

    For training on several losses in turn: momentum of one task does not decay while others train.

    Args:
        opt: an `Optimizer`, whose methods for dense gradients are wrapped.

    Raises:
        TypeError: `opt` is no `Optimizer`.
    """

    def __init__(self, opt: Optimizer):
        if not isinstance(opt, Optimizer):
            raise TypeError("Supplied optimizer must be an instance of tf.train.Optimizer")
        self._opt = opt
        for method in ("_apply_dense", "_resource_apply_dense", "_apply_sparse", "_resource_apply_sparse"):
            setattr(opt, method, self._guarded(getattr(opt, method)))

    @staticmethod
    def _guarded(method: Any) -> Any:
        from tfcompat.ops import binary, reduction

        def apply(grad: Any, *args: Any, **kwargs: Any) -> Any:
            values = grad.values if isinstance(grad, IndexedSlices) else grad
            is_zero = reduction.reduce_all(binary.equal(values, 0.0))
            return cond(is_zero, grouping.no_op, lambda: grouping.group(method(grad, *args, **kwargs)))

        return apply

    def __getattr__(self, name: str) -> Any:
        return getattr(self._opt, name)


@tf_export("contrib.opt.clip_gradients_by_global_norm")
def clip_gradients_by_global_norm(gradients_variables: Any, clip_norm: float = 20.0) -> list[tuple[Any, Any]]:
    """Pairs of gradient and variable with gradients scaled so that their global norm is at most `clip_norm`."""
    gradients, variables = zip(*gradients_variables, strict=True)
    clipped, _ = clip.clip_by_global_norm(list(gradients), clip_norm)
    return list(zip(clipped, variables, strict=True))
