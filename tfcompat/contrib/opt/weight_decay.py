"""Optimizers that shrink weights apart from the gradient (Loshchilov and Hutter, arXiv:1711.05101)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.ops import cast, raw_ops, state
from tfcompat.ops.gather import gather
from tfcompat.ops.grouping import no_op
from tfcompat.training.adam import AdamOptimizer
from tfcompat.training.gradient_descent import MomentumOptimizer
from tfcompat.training.optimizer import Optimizer


@tf_export("contrib.opt.DecoupledWeightDecayExtension")
class DecoupledWeightDecayExtension:
    """Mixin for an optimizer, before it in the bases: var -= weight_decay * var, then the optimizer's step.

    With sparse gradients only the rows of the gradient shrink.

    Args:
        weight_decay: number, tensor, or callable that gives one.
        **kwargs: arguments of the optimizer.
    """

    def __init__(self, weight_decay: Any, **kwargs: Any):
        self._decay_var_list: set[Any] | None = None
        self._weight_decay = weight_decay
        self._weight_decay_tensor: Any = None
        super().__init__(**kwargs)

    def minimize(self, loss: Any, *args: Any, decay_var_list: Any = None, **kwargs: Any) -> Operation:
        """As the optimizer's. All variables shrink, whatever `decay_var_list` says: TensorFlow forgets it here."""
        return super().minimize(loss, *args, **kwargs)  # type: ignore[misc]

    def apply_gradients(
        self, grads_and_vars: Any, global_step: Any = None, name: str | None = None, decay_var_list: Any = None
    ) -> Operation:
        """As the optimizer's; only variables of `decay_var_list` shrink, all of them when it is None or empty."""
        self._decay_var_list = {v.name for v in decay_var_list} if decay_var_list else None
        return super().apply_gradients(grads_and_vars, global_step=global_step, name=name)  # type: ignore[misc]

    def _prepare(self) -> None:
        value = self._weight_decay() if callable(self._weight_decay) else self._weight_decay
        self._weight_decay_tensor = convert_to_tensor(value, name="weight_decay")
        super()._prepare()  # type: ignore[misc]

    def _decays(self, var: Any) -> bool:
        return self._decay_var_list is None or var.name in self._decay_var_list

    def _decayed(self, var: Any) -> Any:
        if not self._decays(var):
            return no_op()
        decay = cast.cast(self._weight_decay_tensor, var.dtype.base_dtype)
        return state.assign_sub(var, decay * var, use_locking=self._use_locking)  # type: ignore[attr-defined]

    def _decayed_rows(self, var: Any, indices: Any, scatter_add: Callable[[Any, Any, Any], Any]) -> Any:
        if not self._decays(var):
            return no_op()
        decay = cast.cast(self._weight_decay_tensor, var.dtype.base_dtype)
        return scatter_add(var, indices, -decay * gather(var, indices))

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        with control_dependencies([self._decayed(var)]):
            return super()._apply_dense(grad, var)  # type: ignore[misc]

    def _resource_apply_dense(self, grad: Any, var: Any) -> Any:
        with control_dependencies([self._decayed(var)]):
            return super()._resource_apply_dense(grad, var)  # type: ignore[misc]

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        def scatter_add(x: Any, i: Any, v: Any) -> Any:
            return state.scatter_functions["Add"](x, i, v, use_locking=self._use_locking)  # type: ignore[attr-defined]

        with control_dependencies([self._decayed_rows(var, grad.indices, scatter_add)]):
            return super()._apply_sparse(grad, var)  # type: ignore[misc]

    def _resource_apply_sparse(self, grad: Any, var: Any, indices: Any) -> Any:
        def scatter_add(x: Any, i: Any, v: Any) -> Any:
            return raw_ops.ResourceScatterAdd(resource=x.handle, indices=i, updates=v)

        with control_dependencies([self._decayed_rows(var, indices, scatter_add)]):
            return super()._resource_apply_sparse(grad, var, indices)  # type: ignore[misc]


@tf_export("contrib.opt.extend_with_decoupled_weight_decay")
def extend_with_decoupled_weight_decay(base_optimizer: type[Optimizer]) -> type:
    """A class that adds decoupled weight decay to `base_optimizer`; its first argument is `weight_decay`."""

    class OptimizerWithDecoupledWeightDecay(DecoupledWeightDecayExtension, base_optimizer):  # type: ignore[valid-type,misc]
        """The optimizer with weight decay."""

        def __init__(self, weight_decay: Any, *args: Any, **kwargs: Any):
            self._decay_var_list = None
            self._weight_decay = weight_decay
            base_optimizer.__init__(self, *args, **kwargs)

    return OptimizerWithDecoupledWeightDecay


@tf_export("contrib.opt.MomentumWOptimizer")
class MomentumWOptimizer(DecoupledWeightDecayExtension, MomentumOptimizer):
    """Momentum with decoupled weight decay; arguments as for `MomentumOptimizer`, after `weight_decay`."""

    def __init__(
        self,
        weight_decay: Any,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "MomentumW",
        use_nesterov: bool = False,
    ):
        super().__init__(
            weight_decay,
            learning_rate=learning_rate,
            momentum=momentum,
            use_locking=use_locking,
            name=name,
            use_nesterov=use_nesterov,
        )


@tf_export("contrib.opt.AdamWOptimizer")
class AdamWOptimizer(DecoupledWeightDecayExtension, AdamOptimizer):
    """Adam with decoupled weight decay; arguments as for `AdamOptimizer`, after `weight_decay`."""

    def __init__(
        self,
        weight_decay: Any,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "AdamW",
    ):
        super().__init__(
            weight_decay,
            learning_rate=learning_rate,
            beta1=beta1,
            beta2=beta2,
            epsilon=epsilon,
            use_locking=use_locking,
            name=name,
        )
