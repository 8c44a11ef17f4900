"""Rows of sparse tensors: arithmetic, parts, other shapes, features, serialization, and sets."""

from tests.cases import Case, arr, expr, f32, f64, i32, strings
from tests.runner import run_cases

PLACES, OTHERS = arr([[0, 1], [1, 0], [1, 2]], "int64"), arr([[0, 0], [1, 2]], "int64")
BAD = "InvalidArgumentError"
KNOWN = {"unknown_rank": False, "unknown_batch": False, "graph": True}
A, B = "tf.SparseTensor(i, v, [2, 3])", "tf.SparseTensor(j, w, [2, 3])"


def on(call, values, **inputs):
    """A row whose call has `A`, and `B` when `w` is given, for SparseTensors of shape [2, 3]."""
    found = {"i": PLACES, "v": values, **({"j": OTHERS} if "w" in inputs else {}), **inputs}
    return expr(call.replace("A", A).replace("B", B), **{**KNOWN, **found})


IDS = arr([4, 0, 2], "int64")

CASES = [
    on("tf.sparse.add(A, B)", f32(3), w=f32(2)),
    on("tf.sparse.add(A, B, 1.0).values", arr([0.5, 3, 0.75], "float64"), w=arr([-2, 0.5], "float64")),
    on("tf.sparse_add(A, B).dense_shape", i32(3), w=i32(2)),
    on("tf.sparse.add(d, A)", f64(3), d=f64(2, 3)),
    on("tf.sparse.add(d, d)", f64(3), d=f64(2, 3), raises=("TypeError", "At least one input should be SparseTensor")),
    on("tf.sparse.add(A, tf.SparseTensor(i, v, [2, 4]))", f32(3), raises=("ValueError", "are incompatible")),
    on("tf.sparse.maximum(A, B)", f32(3), w=f32(2, salt=1), grad=False),
    on("tf.sparse.minimum(A, B)", i32(3), w=i32(2)),
    on("tf.sparse.softmax(A)", f64(3)),
    on("tf.sparse.softmax(A).values", arr([1e4, -1e4, 3.0])),
    on("tf.sparse.reduce_sum_sparse(A, 1)", f32(3), grad=False),
    on("tf.sparse.reduce_sum_sparse(A, 0, keepdims=True)", i32(3)),
    on("tf.sparse.reduce_max_sparse(A)", f32(3), grad=False),
    on("tf.sparse.reduce_max_sparse(A, [-1]).values", arr([-1.0, -5.0, -3.0]), grad=False),
    on("tf.sparse.slice(A, [0, 1], [2, 5])", f32(3)),
    on("tf.sparse.slice(A, [1, 0], [1, 1]).values", f64(3)),
    on("tf.sparse.slice(A, [0, 1], [-1, 5])", f32(3), raises=(BAD, "Expected a non-negative size, got -1")),
    on("tf.sparse.split(sp_input=A, num_split=2, axis=1)", f32(3), grad=False),
    on("tf.sparse.split(sp_input=A, num_split=4, axis=1)", i32(3), raises=(BAD, "num_split should be between 1 and")),
    on("tf.sparse.split(A, 2)", i32(3), raises=("ValueError", "Keyword arguments are required")),
    on("tf.sparse.retain(A, [True, False, True])", f32(3)),
    on("tf.sparse.transpose(A)", f32(3)),
    on("tf.sparse.transpose(A, [0, 1]).values", f32(3)),
    on("tf.sparse.expand_dims(A, 1)", f32(3)),
    on("tf.sparse.expand_dims(A, -2).indices", i32(3)),
    on("tf.sparse.expand_dims(A, 4)", i32(3), raises=("ValueError", ".")),
    on("tf.sparse.reset_shape(A)", f32(3)),
    on("tf.sparse.reset_shape(A, [4, 5])", f32(3)),
    on("tf.sparse.reset_shape(A, [1, 5])", i32(3), raises=("ValueError", "Requested new_shape")),
    on("tf.sparse.concat(1, [A, tf.SparseTensor(j, w, [4, 3])], expand_nonconcat_dim=True)", f32(3), w=f32(2),
       grad=False),
    on("tf.sparse.matmul(d, A)", f32(3), d=f32(4, 2)),
    on("A / d", i32(3), d=i32.positive(2, 3)),
    expr("tf.sparse.eye(3, 4)"),
    Case("sparse.from_dense", arr([[0, 2, 0], [-1, 0, 3]], "float32"), unknown_rank=False, unknown_batch=False),
    Case("sparse.from_dense", strings(["a", "", "b"])),
    on("tf.sparse.to_indicator(A, 5)", IDS),
    on("tf.sparse.merge(A, tf.SparseTensor(i, x, [2, 3]), 5)", IDS, x=f32(3), grad=False),
    on("tf.sparse.merge([A, A], tf.SparseTensor(i, x, [2, 3]), [5, 6], already_sorted=True).indices", IDS, x=f32(3),
       grad=False),
    on("tf.sparse.bincount(A, axis=-1)", IDS),
    on("tf.sparse.bincount(A, weights=tf.SparseTensor(i, x, [2, 3]))", arr([4, 0, 4], "int64"), x=f32(3), grad=False,
       graph=False),
    Case("sparse.bincount", arr([[1, 2, 1], [3, 3, 0]], "int32"), axis=-1, minlength=6, unknown_rank=False),
    Case("sparse.bincount", arr([1, 2, 1, 7], "int32"), weights=f64(4), maxlength=5, unknown_rank=False, grad=False,
         unknown_batch=False),
    Case("sparse.bincount", arr([[1, 2, 1], [3, 3, 0]], "int32"), binary_output=True, unknown_rank=False),
    on("tf.sparse.cross([A, d])", strings("a", "b", "c"), d=strings([["x", "y"], ["z", ""]])),
    on("tf.sparse.cross([A, tf.constant([[12], [-3]])], separator='-').values", strings("a", "b", "c")),
    on("tf.sparse.cross_hashed([A, d], num_buckets=100)", strings("a", "b", "c"), d=arr([[7, 8], [9, 1]], "int64")),
    *[
        on("tf.raw_ops.SparseCrossHashed(indices=[A.indices], values=[A.values], shapes=[A.dense_shape], "
           f"dense_inputs=[d], num_buckets={buckets}, strong_hash={strong}, salt=[3, -4])", values, d=dense)
        for values, dense, strong, buckets in (
            (strings("a", "b", "c"), arr([[7, 8], [-9, 1]], "int64"), False, 1000),
            (arr([5, -5, 1 << 40], "int64"), strings([["x"], ["longer than sixteen"]]), False, 0),
            (arr([5, -5, 1 << 40], "int64"), strings([["x"], ["longer than sixteen"]]), True, 1000),
            (strings("a", "b", "c"), strings([["x"], [""]]), True, 1 << 40),
        )
    ],
    on("tf.sparse.cross_hashed([A, d], hash_key=7).values", IDS, d=strings([["x"], ["a longer text than sixteen"]])),
    on("tf.io.serialize_sparse(A)", f32(3)),
    on("tf.io.serialize_many_sparse(A)", strings("a", "", "ccc")),
    on("tf.io.deserialize_many_sparse(tf.io.serialize_many_sparse(A), tf.string, rank=2)", strings("a", "", "ccc")),
    on("tf.io.deserialize_many_sparse(tf.io.serialize_many_sparse(A), tf.float32)", IDS,
       raises=(BAD, "Requested SparseTensor of type float")),
    on("tf.sets.size(A)", IDS),
    on("tf.sets.size(tf.SparseTensor([[1, 0], [0, 0], [0, 1]], v, [2, 3]))", IDS, raises=(BAD, "out of order")),
    on("tf.sets.union(A, B)", IDS, w=arr([4, 9], "int64")),
    on("tf.sets.intersection(d, A)", IDS, d=arr([[4, 1], [2, 5]], "int64")),
    on("tf.sets.difference(A, d)", IDS, d=arr([[4, 1], [2, 5]], "int64")),
    Case("sets.difference", strings([["a", "b", "b"], ["c", "d", "e"]]), strings([["b", "x"], ["c", "d"]]),
         aminusb=False, unknown_batch=False, unknown_rank=False),
    *[
        Case("sets.difference", arr([[[4, 1, 4], [2, -5, 9]]], "int32"), arr([[[4, 7], [2, 9]]], "int32"),
             aminusb=aminusb, unknown_rank=False)
        for aminusb in (True, False)
    ],
    Case("sets.union", f32(2, 2), f32(2, 2, salt=1), raises=("TypeError", "invalid dtype")),
    Case("sets.union", i32(2, 2), i32(3, 2, salt=1), raises=("ValueError", "Dimension 0 in both shapes must be"),
         unknown_batch=False, unknown_rank=False),
]  # fmt: skip


test_rows = run_cases("sparse_full", CASES)
