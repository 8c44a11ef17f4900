"""The Shampoo optimizer: a preconditioner for each dimension of a variable."""

from __future__ import annotations

from typing import Any

from tfcompat.contrib.opt.matrix_roots import matrix_inverse_root, matrix_square_root
from tfcompat.graph import dtypes
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.ops import array, cast, control_flow, filling, reduction, state
from tfcompat.ops.binary import floormod, maximum
from tfcompat.ops.binary import pow as power
from tfcompat.ops.decompositions import svd
from tfcompat.ops.einsum import tensordot
from tfcompat.ops.gather import gather
from tfcompat.ops.masks import where
from tfcompat.ops.matmul import matmul
from tfcompat.ops.scatter import scatter_nd
from tfcompat.training.optimizer import Optimizer


@tf_export("contrib.opt.ShampooOptimizer")
class ShampooOptimizer(Optimizer):
    """var -= learning_rate * (the averaged gradient, multiplied along every dimension i by H_i).

    gbar = gbar_decay * gbar + gbar_weight * g. With k dimensions, and G_i the average of the contraction of the
    gradient with itself over all dimensions but i (decay `mat_gbar_decay`, weight `mat_gbar_weight`), H_i is
    (G_i / size_i + epsilon * I) ^ (-alpha / k); for dimensions above `max_matrix_size` only the diagonal of G_i is
    kept (Gupta, Koren, Singer, arXiv:1802.09568). Parameters that are callables are called with the number of the step,
    a float32 scalar.

    Args:
        global_step: the number of steps before.
        max_matrix_size: the largest dimension with a matrix of its own.
        gbar_decay: see above; 0 keeps no average.
        gbar_weight: see above.
        mat_gbar_decay: see above.
        mat_gbar_weight: see above.
        learning_rate: see above.
        svd_interval: after how many steps the H_i are computed again.
        precond_update_interval: after how many steps the G_i are changed.
        epsilon: see above.
        alpha: see above.
        use_iterative_root: whether powers of matrices come from iterations, not from singular values.
        use_locking: attribute of the operations that change variables.
        name: name of the step and of the slots.
    """

    def __init__(
        self,
        global_step: Any = 0,
        max_matrix_size: int = 768,
        gbar_decay: Any = 0.0,
        gbar_weight: Any = 1.0,
        mat_gbar_decay: Any = 1.0,
        mat_gbar_weight: Any = 1.0,
        learning_rate: Any = 1.0,
        svd_interval: Any = 1,
        precond_update_interval: Any = 1,
        epsilon: float = 1e-4,
        alpha: Any = 0.5,
        use_iterative_root: bool = False,
        use_locking: bool = False,
        name: str = "Shampoo",
    ):
        super().__init__(use_locking, name)
        self._global_step = cast.cast(global_step, dtypes.float32)
        self._max_matrix_size = max_matrix_size
        self._gbar_decay, self._gbar_weight = gbar_decay, gbar_weight
        self._mat_gbar_decay, self._mat_gbar_weight = mat_gbar_decay, mat_gbar_weight
        self._learning_rate = learning_rate
        self._svd_interval, self._precond_update_interval = svd_interval, precond_update_interval
        self._epsilon, self._alpha = epsilon, alpha
        self._use_iterative_root = use_iterative_root

    def _create_slots(self, var_list: list[Any]) -> None:
        for v in var_list:
            with v.graph.colocate_with(v.op):
                self._zeros_slot(v, "gbar", self._name)
                for i, size in enumerate(v.shape.as_list()):
                    if size > self._max_matrix_size:
                        self._get_or_make_slot(v, filling.zeros([size], v.dtype.base_dtype), f"Gbar_{i}", self._name)
                        continue
                    identity = filling.eye(size, dtype=v.dtype.base_dtype)
                    if callable(self._svd_interval) or self._svd_interval > 1:
                        self._get_or_make_slot(v, identity, f"H_{i}", self._name)
                    self._get_or_make_slot(v, filling.zeros_like(identity), f"Gbar_{i}", self._name)

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        step = self._number()
        gbar = self._averaged(self.get_slot(var, "gbar"), "gbar", grad, step)
        direction = self._preconditioned(gbar, grad, var, step, None)
        return state.assign_sub(var, _value(self._learning_rate, step) * direction)

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
        return self._apply_dense(grad, handle)

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        return self._apply_rows(grad.values, var, grad.indices)

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        return self._apply_rows(grad, handle, indices)

    def _apply_rows(self, values: Any, var: Any, indices: Any) -> Any:
        """Changes the rows `indices` alone where the first dimension is too large for a matrix."""
        if var.shape.as_list()[0] <= self._max_matrix_size or self._gbar_decay != 0.0:
            shape = array.shape(var, out_type=indices.dtype)
            return self._apply_dense(scatter_nd(array.expand_dims(indices, 1), values, shape), var)
        step = self._number()
        direction = self._preconditioned(values, values, var, step, indices)
        change = -_value(self._learning_rate, step) * direction
        return state.scatter_functions["Add"](var, indices, change, use_locking=self._use_locking)

    def _number(self) -> Any:
        return self._global_step + 1

    def _averaged(self, average: Any, name: str, new: Any, step: Any, times: Any = 1.0) -> Any:
        """decay * average + weight * times * new, which becomes the average; without decay that is not kept."""
        decay, weight = getattr(self, f"_{name}_decay"), getattr(self, f"_{name}_weight")
        added = _value(weight, step) * times * new
        if isinstance(decay, (int, float)) and decay == 0.0:
            return added
        if isinstance(decay, (int, float)) and decay == 1.0:
            return state.assign_add(average, added)
        return average.assign_add((_value(decay, step) - 1) * average + added)

    def _preconditioned(self, gbar: Any, grad: Any, var: Any, step: Any, indices: Any) -> Any:
        """`gbar` multiplied by the H_i, one dimension after the other; each turn moves the first dimension last."""
        sizes = var.shape.as_list()
        exponent = -_value(self._alpha, step) / len(sizes)
        for i, size in enumerate(sizes):
            others = [d for d in range(len(sizes)) if d != i]
            if size <= self._max_matrix_size:
                matrix = self._matrix(grad, var, step, exponent, i, others)
                gbar = tensordot(gbar, matrix, axes=([0], [0]), name=f"precond_{i}")
            else:
                turned = array.transpose(gbar, perm=[*range(1, len(sizes)), 0])
                gbar = turned * self._diagonal(grad, var, step, exponent, i, others, indices)
        return gbar

    def _matrix(self, grad: Any, var: Any, step: Any, exponent: Any, i: int, others: list[int]) -> Any:
        """H_i, G_i being changed where it is time for that."""
        slot, size = self.get_slot(var, f"Gbar_{i}"), var.shape.as_list()[i]
        interval = _value(self._precond_update_interval, step)

        def changed() -> Any:
            outer = tensordot(grad, grad, axes=(others, others), name=f"grad_outer_{i}")
            return self._averaged(slot, "mat_gbar", outer, step, interval) + 0.0

        updated = control_flow.cond(floormod(step, interval) < 1, changed, slot.read_value) / float(size)
        if not callable(self._svd_interval) and self._svd_interval == 1:
            return self._power(updated, size, exponent)
        kept = self.get_slot(var, f"H_{i}")
        return control_flow.cond(
            floormod(step, _value(self._svd_interval, step)) < 1,
            lambda: state.assign(kept, self._power(updated, size, exponent)) + 0.0,
            kept.read_value,
        )

    def _power(self, matrix: Any, size: int, exponent: Any) -> Any:
        with name_scope("matrix_iterative_power"):
            if self._use_iterative_root:
                root = matrix_square_root(matrix, size, ridge=self._epsilon)
                return matrix_inverse_root(root, size, 2 * exponent, ridge=0.0)
            if size == 1:
                return power(matrix + self._epsilon, exponent)
            sigma, u, v = svd(matrix + self._epsilon * filling.eye(size, dtype=matrix.dtype), full_matrices=True)
            return matmul(v * power(maximum(sigma, self._epsilon), exponent), array.transpose(u))

    def _diagonal(self, grad: Any, var: Any, step: Any, exponent: Any, i: int, others: list[int], indices: Any) -> Any:
        """The diagonal of H_i; of its rows `indices` where these belong to this dimension."""
        slot, squares = self.get_slot(var, f"Gbar_{i}"), grad * grad
        if others:
            squares = reduction.reduce_sum(squares, axis=others)
            squares = squares / (1.0 if indices is not None else float(var.shape.as_list()[i]))
        if i == 0 and indices is not None:
            if self._mat_gbar_decay != 1.0:
                raise AssertionError("Sparse gradients need a mat_gbar_decay of 1.")
            weighted = _value(self._mat_gbar_weight, step) * squares
            updated = gather(state.scatter_functions["Add"](slot, indices, weighted), indices)
        else:
            updated = self._averaged(slot, "mat_gbar", squares, step)
        return where(updated > 0.0, power(updated, exponent), filling.zeros_like(updated))


def _value(parameter: Any, step: Any) -> Any:
    return parameter(step) if callable(parameter) else parameter
