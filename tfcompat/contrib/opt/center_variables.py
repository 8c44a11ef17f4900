"""Optimizers of several workers: each trains variables of its own, and they meet in center variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.contrib.opt.wrappers import _Wrapper
from tfcompat.graph import dtypes
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import colocate_with, control_dependencies, device, get_collection_ref, get_default_graph
from tfcompat.graph.default import name_scope as open_name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.ops import filling, grouping, state
from tfcompat.ops.accumulators import ConditionalAccumulator
from tfcompat.ops.add_n import add_n
from tfcompat.ops.bias import l2_loss
from tfcompat.ops.binary import equal, floormod, subtract
from tfcompat.ops.control_flow import cond
from tfcompat.ops.queues import FIFOQueue
from tfcompat.ops.variable_base import Variable
from tfcompat.ops.variable_scope import get_variable
from tfcompat.ops.variables import (
    global_variables,
    global_variables_initializer,
    local_variables_initializer,
    trainable_variables,
)
from tfcompat.training.optimizer import Optimizer
from tfcompat.training.saveables import by_own_names
from tfcompat.training.saver import Saver
from tfcompat.training.session_run_hook import SessionRunHook

_GLOBAL_CENTER, _LOCAL_CENTER = "global_center_variable", "local_center_variable"


class _CenterGetter:
    """A custom getter that makes trainable variables local to the worker, with center variables beside them.

    Args:
        worker_device: device of the worker.
    """

    def __init__(self, worker_device: str):
        self._worker_device = worker_device

    def __call__(self, getter: Any, name: str, trainable: bool, collections: Any, *args: Any, **kwargs: Any) -> Any:
        if not trainable:
            with device(self._worker_device if GraphKeys.LOCAL_VARIABLES in (collections or ()) else None):
                return getter(name, *args, trainable=trainable, collections=collections, **kwargs)
        with device(self._worker_device):
            local = getter(name, *args, trainable=True, collections=[GraphKeys.LOCAL_VARIABLES], **kwargs)
        self._add_centers(local, getter, name, args, kwargs)
        return local

    def _add_centers(self, local: Any, getter: Any, name: str, args: Any, kwargs: Any) -> None:
        raise NotImplementedError


@tf_export("contrib.opt.ModelAverageCustomGetter")
class ModelAverageCustomGetter(_CenterGetter):
    """Custom getter for `ModelAverageOptimizer`: trainable variables are local, each with a global center variable.

    Args:
        worker_device: device of the worker.
    """

    def __init__(self, worker_device: str):
        super().__init__(worker_device)
        self._local_2_global: dict[Any, Any] = {}

    def _add_centers(self, local: Any, getter: Any, name: str, args: Any, kwargs: Any) -> None:
        self._local_2_global[local] = Variable(
            name=f"{_GLOBAL_CENTER}/{name}",
            initial_value=local.initialized_value(),
            trainable=False,
            collections=[GraphKeys.GLOBAL_VARIABLES],
        )


@tf_export("contrib.opt.ElasticAverageCustomGetter")
class ElasticAverageCustomGetter(_CenterGetter):
    """Custom getter for `ElasticAverageOptimizer`: trainable variables are local, each with a global center variable
    and a local copy of that.

    Args:
        worker_device: device of the worker.
    """

    _own_prefix = _LOCAL_CENTER

    def __init__(self, worker_device: str):
        super().__init__(worker_device)
        self._local_map: dict[Any, Any] = {}
        self._global_map: dict[Any, Any] = {}

    def _add_centers(self, local: Any, getter: Any, name: str, args: Any, kwargs: Any) -> None:
        if kwargs["reuse"] is True:
            return

        def center(prefix: str, collection: str) -> Any:
            return getter(f"{prefix}/{name}", *args, trainable=False, collections=[collection], **kwargs)

        of_all = center(_GLOBAL_CENTER, GraphKeys.GLOBAL_VARIABLES)
        with device(self._worker_device):
            own = center(self._own_prefix, GraphKeys.LOCAL_VARIABLES)
        if kwargs["partitioner"] is None:
            local, of_all, own = [local], [of_all], [own]
        self._global_map.update(zip(local, of_all, strict=True))
        self._local_map.update(zip(local, own, strict=True))


class PeriodicOptimizer(_Wrapper):
    """Counts the steps of the worker and does something more after every `period` of them."""

    def __init__(self, opt: Optimizer, period: int, use_locking: bool, name: str):
        super().__init__(opt, use_locking, name)
        self._period = period
        self._local_step = get_variable(
            "local_step", initializer=0, trainable=False, collections=[GraphKeys.LOCAL_VARIABLES]
        )
        opt._prepare()

    def _counted_step(self, pairs: Any) -> Operation:
        """The step of the wrapped optimizer, counted."""
        with control_dependencies([self._opt.apply_gradients(pairs)]):
            return state.assign_add(self._local_step, 1, name="local_step_update").op  # type: ignore[no-any-return]

    def _then(self, step: Operation, meet: Any) -> Any:
        """`step`, and `meet()` when the period is over."""
        with control_dependencies([step]):
            is_over = equal(floormod(self._local_step, self._period), 0)
            return cond(is_over, meet, grouping.no_op)


@tf_export("contrib.opt.ModelAverageOptimizer")
class ModelAverageOptimizer(PeriodicOptimizer):
    """Sets the variables of all workers to their average after every `interval_steps` steps of each.

    Args:
        opt: optimizer of the local variables.
        num_worker: number of workers, which wait for each other.
        is_chief: whether this worker changes the global center variables.
        ma_custom_getter: the custom getter with which the variables were made.
        interval_steps: number of steps between two meetings.
        use_locking: attribute of the operations that change variables.
        name: name of the scope.
    """

    def __init__(
        self,
        opt: Optimizer,
        num_worker: int,
        is_chief: bool,
        ma_custom_getter: ModelAverageCustomGetter,
        interval_steps: int = 100,
        use_locking: bool = True,
        name: str = "ModelAverageOptimizer",
    ):
        super().__init__(opt, interval_steps, use_locking, name)
        self._num_worker, self._is_chief = num_worker, is_chief
        self._local_2_global = ma_custom_getter._local_2_global
        self._chief_init_op: Any = None

    def apply_gradients(self, grads_and_vars: Any, global_step: Any = None, name: str | None = None) -> Any:  # type: ignore[override]
        """A step of this worker, and the meeting when it is time.

        Raises:
            ValueError: there are no variables, or no `global_step`.
        """
        pairs = list(grads_and_vars)
        if not pairs:
            raise ValueError("Must supply at least one variable")
        if global_step is None:
            raise ValueError("Global step is required")
        step = self._counted_step(pairs)
        local = [v for g, v in pairs if g is not None]
        centers = [self._local_2_global[v] for v in local]
        with colocate_with(global_step.op):
            queue = FIFOQueue(-1, [dtypes.bool], shapes=[[]], shared_name="sync_queue")
        accumulators = []
        for variable, center in zip(local, centers, strict=True):
            with open_name_scope(None, self._name + "/global"), device(center.device):
                accumulators.append(
                    ConditionalAccumulator(
                        variable.dtype.base_dtype, shape=variable.shape, shared_name=center.name + "/var_accum"
                    )
                )

        def meet() -> Any:
            handed_in = [
                a.apply_grad(v.read_value(), local_step=global_step) for a, v in zip(accumulators, local, strict=True)
            ]
            with control_dependencies(handed_in):
                done = self._averaged(accumulators, centers, queue, global_step)
            with control_dependencies([done]):
                return self._taken_from_centers(local)

        meeting = self._then(step, meet)
        starts = [a.set_global_step(global_step, name="SetGlobalStep") for a in accumulators]
        self._chief_init_op = grouping.group(*starts)
        return meeting

    def _averaged(self, accumulators: Sequence[Any], centers: Sequence[Any], queue: Any, global_step: Any) -> Any:
        """The chief changes the centers and tells the others, who wait for that."""
        if not self._is_chief:
            return queue.dequeue()
        pairs = zip(accumulators, centers, strict=True)
        changes = [state.assign(center, a.take_grad(self._num_worker)) for a, center in pairs]
        with control_dependencies([*changes, state.assign_add(global_step, 1)]):
            return queue.enqueue_many(filling.fill([self._num_worker - 1], False))

    def _taken_from_centers(self, var_list: Sequence[Any]) -> Operation:
        if not var_list:
            raise ValueError("The list of local_variables should not be empty")
        return grouping.group(*[state.assign(v, self._local_2_global[v].read_value()) for v in var_list])

    def get_init_op(self) -> Operation:
        """Sets all local variables to their centers, before training."""
        return self._taken_from_centers(trainable_variables())

    def make_session_run_hook(self) -> SessionRunHook:
        """A hook that initializes the variables and their centers."""
        return Initialization(self, self._is_chief)


@tf_export("contrib.opt.ElasticAverageOptimizer")
class ElasticAverageOptimizer(PeriodicOptimizer):
    """Moves the variables of each worker and the center variables towards each other (Zhang, Choromanska, LeCun,
    arXiv:1412.6651), after every `communication_period` steps by `moving_rate` times their difference.

    Args:
        opt: optimizer of the local variables.
        num_worker: number of workers.
        ea_custom_getter: the custom getter with which the variables were made.
        communication_period: number of steps between two meetings.
        moving_rate: see above; 0.9 / communication_period / num_worker by default.
        rho: factor of the squared differences that are added to losses; moving_rate / learning rate by default.
        use_locking: attribute of the operations that change variables.
        synchronous: whether workers wait for each other before they begin.
        name: name of the scope.
    """

    BETA = 0.9

    def __init__(
        self,
        opt: Optimizer,
        num_worker: int,
        ea_custom_getter: ElasticAverageCustomGetter,
        communication_period: int = 10,
        moving_rate: float | None = None,
        rho: float | None = None,
        use_locking: bool = True,
        synchronous: bool = False,
        name: str = "ElasticAverageOptimizer",
    ):
        super().__init__(opt, communication_period, use_locking, name)
        self._num_worker, self._synchronous = num_worker, synchronous
        self._local_map, self._global_map = ea_custom_getter._local_map, ea_custom_getter._global_map
        default = self.BETA / communication_period / num_worker
        self._moving_rate = default if moving_rate is None else moving_rate
        self._rho = self._moving_rate / _learning_rate(opt) if rho is None else rho

    def compute_gradients(self, loss: Any, var_list: Any = None, *args: Any, **kwargs: Any) -> Any:
        """As the wrapped optimizer does, of `loss` plus rho times half the squared differences."""
        var_list = var_list or trainable_variables()
        pairs = zip(trainable_variables(), [self._local_map[v] for v in var_list], strict=False)
        distance = self._rho * add_n([l2_loss(subtract(v, center)) for v, center in pairs])
        return self._opt.compute_gradients(loss + distance, var_list, *args, **kwargs)

    def apply_gradients(self, grads_and_vars: Any, global_step: Any = None, name: str | None = None) -> Any:  # type: ignore[override]
        """A step of this worker, and the meeting when it is time. Slots become local variables."""
        pairs = list(grads_and_vars)
        before = set(global_variables())
        step = self._counted_step(pairs)
        _make_local([v for v in global_variables() if v not in before])
        local = [v for g, v in pairs if g is not None]

        def meet() -> Operation:
            refreshed = [self._local_map[v].assign(self._global_map[v]) for v in local]
            with control_dependencies(refreshed):
                changes = [self._moving_rate * subtract(v.read_value(), self._local_map[v].read_value()) for v in local]
            moved = [state.assign_sub(v, change) for v, change in zip(local, changes, strict=True)]
            moved += [state.assign_add(self._global_map[v], c) for v, c in zip(local, changes, strict=True)]
            if global_step is not None:
                moved.append(state.assign_add(global_step, 1))
            return grouping.group(*moved)

        return self._then(step, meet)

    def get_init_op(self, task_index: int) -> Operation:
        """Sets all local variables and copies of centers to the centers, before training.

        Raises:
            ValueError: there are no variables.
        """
        local = trainable_variables()
        if not local:
            raise ValueError(
                "The lists of local_variables, global_center_variables, local_center_variables should not be empty"
            )
        starts = [state.assign(v, self._global_map[v]) for v in local]
        starts += [state.assign(self._local_map[v], self._global_map[v]) for v in local]
        started = grouping.group(*starts)
        return self._met(started, task_index) if self._synchronous else started

    def _met(self, started: Operation, task_index: int) -> Operation:
        """`started` here and, as queues tell, at all other workers."""
        queues = [
            FIFOQueue(self._num_worker, [dtypes.bool], shapes=[[]], shared_name=f"variable_init_sync_queue{i}")
            for i in range(self._num_worker)
        ]
        with control_dependencies([started]):
            told = [q.enqueue(False) for i, q in enumerate(queues) if i != task_index]
        return grouping.group(*told, queues[task_index].dequeue_many(self._num_worker - 1))

    def make_session_run_hook(self, is_chief: bool, task_index: int) -> SessionRunHook:
        """A hook that initializes the variables and their centers."""
        return Initialization(self, is_chief, task_index)

    def swapping_saver(self, var_list: Any = None, name: str = "swapping_saver", **kwargs: Any) -> Saver:
        """A saver that saves center variables under the names of variables.

        Args:
            var_list: what to save, as for `Saver`; the trainable variables by default.
            name: name of the saver.
            **kwargs: for `Saver`.

        Raises:
            RuntimeError: no variables were made with the custom getter.
        """
        if not self._global_map:
            raise RuntimeError(
                "global_center_variable is empty, please make sure this is called after model created and "
                "ElasticAverageCustomGetter is used when declaring you model"
            )
        given = by_own_names(trainable_variables() if var_list is None else var_list)
        swapped = {
            key: [self._global_map.get(v, v) for v in value]
            if isinstance(value, list)
            else self._global_map.get(value, value)
            for key, value in given.items()
        }
        return Saver(swapped, name=name, **kwargs)


def _learning_rate(opt: Any) -> Any:
    own = getattr(opt, "_values", {}).get("learning_rate")
    return opt._learning_rate if own is None else own  # type: ignore[attr-defined]


def _make_local(variables: Sequence[Any]) -> None:
    """Moves variables from the collection of global ones to that of local ones."""
    moved = set(variables)
    globals_ = get_collection_ref(GraphKeys.GLOBAL_VARIABLES)
    globals_[:] = [v for v in globals_ if v not in moved]
    for variable in variables:
        get_default_graph().add_to_collection(GraphKeys.LOCAL_VARIABLES, variable)


class Initialization(SessionRunHook):
    """Makes the operations that initialize a worker, and sets its variables to the centers."""

    def __init__(self, optimizer: Any, is_chief: bool, *arguments: Any):
        self._optimizer, self._is_chief, self._arguments = optimizer, is_chief, arguments

    def begin(self) -> None:
        """Makes the operations."""
        self._local_init_op = local_variables_initializer()
        self._global_init_op = global_variables_initializer() if self._is_chief else None
        self._variable_init_op = self._optimizer.get_init_op(*self._arguments)

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Sets the variables."""
        session.run(self._variable_init_op)
