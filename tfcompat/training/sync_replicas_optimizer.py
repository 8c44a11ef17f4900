"""`tf.train.SyncReplicasOptimizer`: one step from the gradients of several workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.default import colocate_with, control_dependencies, device, get_default_graph, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.accumulators import ConditionalAccumulator, SparseConditionalAccumulator
from tfcompat.ops.filling import fill
from tfcompat.ops.grouping import group, no_op
from tfcompat.ops.queues import FIFOQueue
from tfcompat.ops.state import assign
from tfcompat.ops.variable_base import Variable
from tfcompat.ops.variables import global_variables, report_uninitialized_variables
from tfcompat.training.optimizer import Optimizer
from tfcompat.training.queue_runner import QueueRunner
from tfcompat.training.session_manager import model_is_ready
from tfcompat.training.session_run_hook import SessionRunHook


@tf_export("train.SyncReplicasOptimizer")
class SyncReplicasOptimizer(Optimizer):
    """Applies the mean of the gradients of several workers with another optimizer.

    Workers put their gradients into accumulators and wait for a token. The chief's queue runner takes the means once
    there are `replicas_to_aggregate` gradients of the present step, applies them, and gives out tokens with the next
    step. Gradients of earlier steps are dropped.

    Args:
        opt: the optimizer that applies the means.
        replicas_to_aggregate: how many gradients make one step.
        total_num_replicas: how many workers there are; `replicas_to_aggregate` when None.
        variable_averages: an `ExponentialMovingAverage` to update after each step.
        variables_to_average: the variables it averages.
        use_locking: attribute of the operations that change variables.
        name: name of the scope of one step.

    Raises:
        ValueError: only one of `variable_averages` and `variables_to_average` is given.
    """

    def __init__(
        self,
        opt: Optimizer,
        replicas_to_aggregate: int,
        total_num_replicas: int | None = None,
        variable_averages: Any = None,
        variables_to_average: Sequence[Variable] | None = None,
        use_locking: bool = False,
        name: str = "sync_replicas",
    ):
        super().__init__(use_locking, name)
        if variable_averages is None and variables_to_average is not None:
            raise ValueError("`variables_to_average` needs `variable_averages`.")
        self._opt = opt
        self._replicas_to_aggregate = replicas_to_aggregate
        self._total_num_replicas = replicas_to_aggregate if total_num_replicas is None else total_num_replicas
        self._tokens_per_step = max(self._total_num_replicas, replicas_to_aggregate)
        self._variable_averages, self._variables_to_average = variable_averages, variables_to_average
        self._gradients_applied = False
        self._global_step: Any = None
        self._sync_token_queue: Any = None
        self._chief_queue_runner: QueueRunner | None = None

    def compute_gradients(self, *args: Any, **kwargs: Any) -> Any:
        """As the wrapped optimizer does."""
        return self._opt.compute_gradients(*args, **kwargs)

    def apply_gradients(  # type: ignore[override]
        self, grads_and_vars: Any, global_step: Any = None, name: str | None = None
    ) -> Tensor:
        """Hands in the gradients of one worker, and waits for the step that they belong to.

        Args:
            grads_and_vars: pairs, as `compute_gradients` gives them.
            global_step: the variable that counts steps; needed.
            name: accepted and not needed.

        Returns:
            What a worker runs.

        Raises:
            ValueError: there are no variables, or no `global_step`.
        """
        pairs = list(grads_and_vars)
        if not pairs:
            raise ValueError("Must supply at least one variable")
        if global_step is None:
            raise ValueError("Global step is required to check staleness")
        self._global_step = global_step
        with colocate_with(no_op()):
            self._local_step = Variable(
                initial_value=0,
                trainable=False,
                collections=[GraphKeys.LOCAL_VARIABLES],
                dtype=global_step.dtype.base_dtype,
                name="sync_rep_local_step",
            )
        self.local_step_init_op = assign(self._local_step, global_step)
        self.ready_for_local_init_op = report_uninitialized_variables(global_variables())
        with name_scope(None, self._name):
            accumulators, handed_in, means = self._accumulate(pairs)
            with device(global_step.device), name_scope(""):
                update = self._opt.apply_gradients(zip(means, (v for _, v in pairs), strict=True), global_step)
                train_op = self._make_tokens(handed_in, update)
            starts = [self.local_step_init_op]
            for accumulator, variable in accumulators:
                with device(variable.device):
                    starts.append(accumulator.set_global_step(global_step, name="SetGlobalStep"))
            self.chief_init_op = group(*starts)
        self._gradients_applied = True
        return train_op

    def _accumulate(self, pairs: list[Any]) -> tuple[list[Any], list[Operation], list[Any]]:
        """(accumulator and variable, what hands the gradient in, its mean), None as the mean where there is none."""
        accumulators: list[Any] = []
        handed_in: list[Operation] = []
        means: list[Any] = []
        for gradient, variable in pairs:
            shared_name = f"{variable.name}/grad_accum"
            accumulator: Any
            with device(variable.device):
                if gradient is None:
                    means.append(None)
                    continue
                if isinstance(gradient, IndexedSlices):
                    accumulator = SparseConditionalAccumulator(gradient.dtype, shape=(), shared_name=shared_name)
                    handed_in.append(accumulator.apply_indexed_slices_grad(gradient, local_step=self._local_step))
                    means.append(accumulator.take_indexed_slices_grad(self._replicas_to_aggregate))
                else:
                    accumulator = ConditionalAccumulator(gradient.dtype, variable.get_shape(), shared_name)
                    handed_in.append(accumulator.apply_grad(gradient, local_step=self._local_step))
                    means.append(accumulator.take_grad(self._replicas_to_aggregate))
            accumulators.append((accumulator, variable))
        return accumulators, handed_in, means

    def _make_tokens(self, handed_in: list[Operation], update: Operation) -> Tensor:
        """The queue of tokens, what the chief's runner does, and what a worker runs."""
        step_type = self._global_step.dtype.base_dtype
        queue = FIFOQueue(-1, step_type, shapes=(()), name="sync_token_q", shared_name="sync_token_q")
        self._sync_token_queue = queue
        with control_dependencies(handed_in):
            token = queue.dequeue()
        train_op = assign(self._local_step, token)
        with control_dependencies([update]):
            sync_op = queue.enqueue_many((fill([self._tokens_per_step], self._global_step),))
        if self._variable_averages is not None:
            with control_dependencies([sync_op]), name_scope(""):
                sync_op = self._variable_averages.apply(self._variables_to_average)
        self._chief_queue_runner = QueueRunner(queue, [sync_op])
        return train_op

    def get_chief_queue_runner(self) -> QueueRunner:
        """The queue runner that the chief starts; ValueError before `apply_gradients`."""
        if not self._gradients_applied:
            raise ValueError("Should be called after apply_gradients().")
        assert self._chief_queue_runner is not None
        return self._chief_queue_runner

    def get_init_tokens_op(self, num_tokens: int = -1) -> Operation:
        """What the chief runs first: it gives out tokens so that workers can begin.

        Args:
            num_tokens: how many; `replicas_to_aggregate` when -1.

        Raises:
            ValueError: `apply_gradients` was not called, or there would be too few tokens for the first step.
        """
        if not self._gradients_applied:
            raise ValueError("get_init_tokens_op() should be called after apply_gradients().")
        needed = self._replicas_to_aggregate - self._total_num_replicas
        if num_tokens == -1:
            num_tokens = self._replicas_to_aggregate
        elif num_tokens < needed:
            raise ValueError(f"Too few tokens to finish the first step: {num_tokens} (given) vs {needed} (needed)")
        if num_tokens <= 0:
            return no_op(name="no_init_tokens")
        with device(self._global_step.device), name_scope(""):
            tokens: Operation = self._sync_token_queue.enqueue_many((fill([num_tokens], self._global_step),))
            return tokens

    def get_slot(self, *args: Any, **kwargs: Any) -> Any:
        """As the wrapped optimizer does."""
        return self._opt.get_slot(*args, **kwargs)

    def get_slot_names(self, *args: Any, **kwargs: Any) -> list[str]:
        """As the wrapped optimizer does."""
        return self._opt.get_slot_names(*args, **kwargs)

    def variables(self) -> list[Any]:
        """As the wrapped optimizer does."""
        return self._opt.variables()

    def make_session_run_hook(self, is_chief: bool, num_tokens: int = -1) -> SessionRunHook:
        """A hook that starts what the optimizer needs in a monitored session.

        Args:
            is_chief: whether the session is the chief's.
            num_tokens: as for `get_init_tokens_op`.
        """
        return _SyncReplicasOptimizerHook(self, is_chief, num_tokens)


class _SyncReplicasOptimizerHook(SessionRunHook):
    def __init__(self, sync_optimizer: SyncReplicasOptimizer, is_chief: bool, num_tokens: int):
        self._sync_optimizer, self._is_chief, self._num_tokens = sync_optimizer, is_chief, num_tokens
        self._start: Callable[[Any], None] | None = None

    def begin(self) -> None:
        optimizer = self._sync_optimizer
        if not optimizer._gradients_applied:
            raise ValueError(
                "SyncReplicasOptimizer.apply_gradient should be called before using the hook.",
            )
        self._graph = get_default_graph()
        self._init_tokens_op = optimizer.get_init_tokens_op(self._num_tokens) if self._is_chief else None
        self._local_init_op = optimizer.chief_init_op if self._is_chief else optimizer.local_step_init_op
        self._queue_runner = optimizer.get_chief_queue_runner() if self._is_chief else None

    def after_create_session(self, session: Any, coord: Any) -> None:
        ready, message = model_is_ready(self._sync_optimizer.ready_for_local_init_op, session)
        if not ready:
            raise RuntimeError(
                "Init operations did not make model ready for SyncReplicasOptimizer local_init. "
                f"Init op: {self._local_init_op.name}, error: {message}"
            )
        session.run(self._local_init_op)
        if self._init_tokens_op is not None:
            session.run(self._init_tokens_op)
        if self._queue_runner is not None:
            self._queue_runner.create_threads(session, coord=coord, daemon=True, start=True)
