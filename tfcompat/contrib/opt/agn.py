"""Accumulated gradient normalization: workers train on their own and hand in the mean of their gradients."""

from __future__ import annotations

from typing import Any

from tfcompat.contrib.opt.center_variables import ElasticAverageCustomGetter, Initialization, PeriodicOptimizer
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.ops import filling, grouping, state
from tfcompat.ops.variable_base import variable_creator_scope
from tfcompat.ops.variables import trainable_variables
from tfcompat.training.optimizer import Optimizer
from tfcompat.training.session_run_hook import SessionRunHook


@tf_export("contrib.opt.AGNCustomGetter")
class AGNCustomGetter(ElasticAverageCustomGetter):
    """Custom getter for `AGNOptimizer`: trainable variables are local, each with a global center variable and a local
    one for the sum of gradients.

    Args:
        worker_device: device of the worker.
    """

    _own_prefix = "grad_variable"


@tf_export("contrib.opt.AGNOptimizer")
class AGNOptimizer(PeriodicOptimizer):
    """Steps on local variables; every `communication_period` steps the optimizer takes one step of the center variables
    along the mean of the gradients since the last one, from which the local variables go on (Hermans and others,
    arXiv:1710.02368).

    Args:
        optimizer: optimizer of both.
        num_worker: number of workers.
        custom_getter: the custom getter with which the variables were made.
        communication_period: see above.
        use_locking: attribute of the operations that change variables.
        name: name of the scope.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        num_worker: int,
        custom_getter: AGNCustomGetter,
        communication_period: int = 10,
        use_locking: bool = True,
        name: str = "AGNOptimizer",
    ):
        super().__init__(optimizer, communication_period, use_locking, name)
        self._num_worker = num_worker
        self._global_map, self._grad_map = custom_getter._global_map, custom_getter._local_map

    def apply_gradients(self, grads_and_vars: Any, global_step: Any = None, name: str | None = None) -> Any:  # type: ignore[override]
        """A step of this worker, and one of the center variables when it is time. Slots become local variables."""
        pairs = [(g, v) for g, v in grads_and_vars if g is not None]
        variables = [v for _, v in pairs]
        sums = [self._grad_map[v] for v in variables]
        with variable_creator_scope(_local):
            changed = [self._opt.apply_gradients(pairs)]
        changed += [state.assign_add(total, g) for total, (g, _) in zip(sums, pairs, strict=True)]

        def meet() -> Operation:
            means = [state.assign(total, total.read_value() / self._period) for total in sums]
            with control_dependencies(means):
                centers = [(total.read_value(), self._global_map[v]) for total, v in zip(sums, variables, strict=True)]
                stepped = self._opt.apply_gradients(centers)
            with control_dependencies([stepped]):
                moved = [] if global_step is None else [state.assign_add(global_step, 1)]
                moved += [state.assign(v, self._global_map[v].read_value()) for v in variables]
                moved += [state.assign(total, filling.zeros_like(total.read_value())) for total in sums]
                return grouping.group(*moved)

        with control_dependencies(changed):
            counted = state.assign_add(self._local_step, 1, name="local_step_update").op
        return self._then(counted, meet)

    def get_init_op(self, task_index: int) -> Operation:
        """Sets all local variables to the centers and all sums to zero, before training.

        Raises:
            ValueError: there are no variables.
        """
        local = trainable_variables()
        if not local:
            raise ValueError(
                "The lists of local_variables, global_center_variables, grad_center_variables should not be empty"
            )
        starts = [state.assign(v, self._global_map[v]) for v in local]
        sums = [self._grad_map[v] for v in local]
        return grouping.group(*starts, *[state.assign(total, filling.zeros_like(total)) for total in sums])

    def make_session_run_hook(self, is_chief: bool, task_index: int) -> SessionRunHook:
        """A hook that initializes the variables and their centers."""
        return Initialization(self, is_chief, task_index)


def _local(next_creator: Any, **kwargs: Any) -> Any:
    """A variable creator that makes global variables local."""
    given = kwargs.pop("collections") or [GraphKeys.GLOBAL_VARIABLES]
    kept = [name for name in given if name != GraphKeys.GLOBAL_VARIABLES]
    return next_creator(collections=[*kept, GraphKeys.LOCAL_VARIABLES], **kwargs)
