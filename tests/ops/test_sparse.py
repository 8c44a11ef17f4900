"""Rows of sparse tensors: to dense, products, order, sums, joining."""

from tests.cases import Case, arr, expr, f32, f64, strings
from tests.runner import run_cases

PLACES, TWISTED = arr([[0, 1], [1, 2]], "int64"), arr([[1, 2], [0, 1]], "int64")
FEW = arr([[0, 3], [0, 39], [7, 0], [20, 5], [20, 6], [29, 39]], "int64")
MANY = arr([[i, j] for i in range(0, 30, 2) for j in range(1, 40, 5)], "int64")
BAD = "InvalidArgumentError"


def sparse(call, values, places=PLACES, **inputs):
    """A row that calls with `s`, a SparseTensor of shape [2, 3]; nodes of gradients are not compared."""
    return expr(call.replace("s,", "tf.SparseTensor(i, v, [2, 3]),").replace("s)", "tf.SparseTensor(i, v, [2, 3]))"),
                i=places, v=values, unknown_rank=False, unknown_batch=False, graph=False, **inputs)  # fmt: skip


CASES = [
    Case("sparse_to_dense", PLACES, [2, 3], f32(2), -1.0, unknown_rank=False, unknown_batch=False, graph=False),
    Case("sparse_to_dense", arr([2, 1], "int64"), [4], 1.0, raises=(BAD, r"indices\[1\] = \[1\] is out of order"),
         unknown_rank=False, unknown_batch=False),
    sparse("tf.sparse_tensor_to_dense(s)", f32(2)),
    sparse("tf.sparse_tensor_to_dense(s, '-')", strings("a", "b")),
    sparse("tf.sparse_tensor_dense_matmul(s, b)", f32(2), b=f32(3, 2)),
    sparse("tf.sparse_tensor_dense_matmul(s, b, True, True)", f64(2), b=f64(5, 2)),
    *[expr(f"tf.sparse_tensor_dense_matmul(tf.SparseTensor(i, v, [30, 40]), b, {adjoint}, False)", i=places,
           v=f32(len(places)), b=f32(30 if adjoint else 40, 3), label=f"{name} {adjoint}", unknown_rank=False,
           unknown_batch=False, graph=False)
      for name, places in (("few", FEW), ("not in order", FEW[::-1].copy()), ("twice", FEW.repeat(2, 0)),
                           ("many", MANY))
      for adjoint in (False, True)],
    expr("tf.sparse_tensor_dense_matmul(tf.SparseTensor(i, v, [30, 40]), b)", i=MANY, v=f32(len(MANY)),
         b=arr([[float("inf"), 1]] + [[2, float("nan")]] + [[1, 0]] * 38), label="infinite", unknown_rank=False,
         unknown_batch=False, graph=False, grad=False),
    sparse("tf.sparse_reorder(s).values", f32(2), TWISTED),
    sparse("tf.sparse_reduce_sum(s)", f32(2)),
    sparse("tf.sparse_reduce_sum(s, 1, keepdims=True)", f32(2)),
    sparse("tf.sparse_reduce_max(s, 0)", f32.positive(2)),
    expr("tf.sparse_concat(1, [tf.SparseTensor(i, v, [2, 3])] * 2).indices", i=PLACES, v=f32(2), unknown_rank=False,
         unknown_batch=False, graph=False),
]  # fmt: skip

test_rows = run_cases("sparse", CASES)
