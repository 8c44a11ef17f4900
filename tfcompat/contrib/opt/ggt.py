"""Full-matrix adaptive regularisation from a window of gradients."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import tf_export
from tfcompat.ops import array, cast, control_flow, filling, grouping, math, reduction, state
from tfcompat.ops.binary import floormod, minimum
from tfcompat.ops.binary import pow as power
from tfcompat.ops.decompositions import svd
from tfcompat.ops.matmul import matmul
from tfcompat.ops.sequences import range as sequence
from tfcompat.training.optimizer import Optimizer


@tf_export("contrib.opt.GGTOptimizer")
class GGTOptimizer(Optimizer):
    """Steps along (M M^T)^(-1/2) m, M the last `window` moving averages m of the gradient of all variables at once.

    m = beta1 * m + (1 - beta1) * gradient; the columns of M are divided by sqrt(min(t, window)); with
    U diag(s) U^T = M^T M + svd_eps * I the step is h = M U diag((sqrt(s) + sigma_eps)^-3) U^T M^T m, plus
    (m - M U diag(1 / s) U^T M^T m) / min(sqrt(s)) where that minimum exceeds `eps`, times `learning_rate`
    (Agarwal and others, arXiv:1806.02958). Sparse gradients are not supported.

    Args:
        learning_rate: number, tensor, or callable that gives one.
        beta1: decay of m.
        use_locking: attribute of the operations that change variables.
        name: name of the step.
        window: number of averages that are kept.
        eps: see the formula.
        svd_eps: see the formula.
        sigma_eps: see the formula.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        use_locking: bool = False,
        name: str = "GGT",
        window: int = 10,
        eps: Any = 1e-4,
        svd_eps: Any = 1e-6,
        sigma_eps: Any = 1e-2,
    ):
        super().__init__(use_locking, name)
        self._hyper = {"lr": learning_rate, "beta1": beta1, "eps": eps, "svd_eps": svd_eps, "sigma_eps": sigma_eps}
        self._window = window
        self._tensors: dict[str, Any] = {}
        self._places: dict[str, tuple[int, int]] = {}
        self._variables: list[Any] = []

    def _create_slots(self, var_list: list[Any]) -> None:
        size = 0
        for var in sorted(var_list, key=lambda v: v.name):
            count = var.shape.num_elements()
            self._places[var.name] = (size, size + count)
            size += count
        dtype = var_list[0].dtype.base_dtype
        shapes = {"global_step": [], "grad_buffer": [self._window, size], "moment1": [size], "flat_grad": [size]}
        for name, shape in shapes.items():
            self._create_non_slot_variable(filling.zeros(shape, dtype), name, var_list[0])

    def _own(self, name: str) -> Any:
        return self._get_non_slot_variable(name, self._variables[0].graph)

    def _prepare(self) -> None:
        self._variables = []
        self._tensors = {k: convert_to_tensor(self._call_if_callable(v), name=k) for k, v in self._hyper.items()}

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        self._variables.append(var)
        rows = sequence(*self._places[var.name])
        return state.scatter_functions["Update"](self._own("flat_grad"), rows, array.reshape(grad, [-1]))

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
        return self._apply_dense(grad, handle)

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        raise NotImplementedError("Sparse gradient updates are not supported.")

    def _finish(self, update_ops: list[Any], name_scope: str) -> Any:
        dtype = self._variables[0].dtype.base_dtype
        lr, beta1, eps, svd_eps, sigma_eps = (cast.cast(self._tensors[name], dtype) for name in self._hyper)
        with control_dependencies(update_ops):
            number = state.assign_add(self._own("global_step"), filling.ones([], dtype))
            moment, flat = self._own("moment1"), self._own("flat_grad")
            averaged = moment.assign(beta1 * moment + (1.0 - beta1) * flat)
            row = floormod(cast.cast(number - 1.0, dtypes.int32), self._window)
            kept = state.scatter_functions["Update"](self._own("grad_buffer"), row, averaged)
            m = array.transpose(kept / math.sqrt(minimum(number, cast.cast(self._window, dtype))))
            step = self._preconditioned(m, array.expand_dims(averaged, -1), eps, svd_eps, sigma_eps)
            changes = []
            for var in self._variables:
                first, end = self._places[var.name]
                changes.append(state.assign_sub(var, lr * array.reshape(step[first:end], var.shape)))
        return grouping.group(*changes, name=name_scope)

    def _preconditioned(self, m: Any, average: Any, eps: Any, svd_eps: Any, sigma_eps: Any) -> Any:
        """The step of the formula from M and the newest average, both as columns."""
        product = matmul(m, m, transpose_a=True)
        sigma, u, _ = svd(product + filling.eye(self._window, dtype=product.dtype) * svd_eps)
        root = math.sqrt(sigma)
        seen = matmul(u, matmul(m, average, transpose_a=True), transpose_a=True)

        def scaled(by: Any) -> Any:
            return matmul(m, matmul(u, array.expand_dims(by, -1) * seen))

        head = scaled(1.0 / power(root + sigma_eps, 3.0))
        smallest = reduction.reduce_min(root)
        rest = (average - scaled(1.0 / sigma)) / smallest
        return control_flow.cond(smallest > eps, lambda: head + rest, lambda: head + 0.0)
