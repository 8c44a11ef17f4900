"""Rows of ragged tensors: factories, encodings, indexing, arithmetic, reductions, joins, gathers, text."""

from tests.cases import arr, expr, f32, f64, i32, strings
from tests.runner import run_cases

BAD = "InvalidArgumentError"
KNOWN = {"unknown_rank": False, "unknown_batch": False, "graph": False}
SPLITS = arr([0, 2, 2, 3, 6], "int64")
DEEP = arr([0, 1, 3, 3, 4], "int64")


def on(call, values, graph=False, **inputs):
    """A row whose call has `R`, rows of 2, 0, 1 and 3 values, and `D`, rows of these rows."""
    call = call.replace("R", "tf.RaggedTensor.from_row_splits(v, s, validate=False)")
    call = call.replace("D", "tf.RaggedTensor.from_nested_row_splits(v, [d, s], validate=False)")
    used = {"d": DEEP} if "[d, s]" in call else {}
    source = f"tf.nest.flatten({call}, expand_composites=True)"
    return expr(source, v=values, s=SPLITS, **used, **{**KNOWN, "graph": graph, **inputs})


CASES = [
    expr("tf.RaggedTensor.from_row_splits(v, s)", v=f32(6), s=SPLITS, **KNOWN),
    expr("tf.RaggedTensor.from_row_splits(v, s)", v=f32(6), s=arr([0, 4, 2, 6], "int64"), raises=(BAD, "monotonic"),
         **KNOWN),
    expr("tf.RaggedTensor.from_row_splits(v, s)", v=f32(5), s=SPLITS, raises=(BAD, "valid RaggedTensor"), **KNOWN),
    expr("tf.RaggedTensor.from_row_lengths(v, n)", v=f32(6), n=arr([2, 0, 4], "int32"), **{**KNOWN, "graph": True}),
    expr("tf.RaggedTensor.from_value_rowids(v, r, nrows=5)", v=f32(4), r=arr([0, 0, 2, 3], "int64"), **KNOWN),
    expr("tf.RaggedTensor.from_row_starts(v, n)", v=f32(4), n=arr([0, 1, 1], "int64"), **KNOWN),
    expr("tf.RaggedTensor.from_row_limits(v, n)", v=f32(4), n=arr([0, 1, 4], "int64"), **KNOWN),
    expr("tf.RaggedTensor.from_uniform_row_length(v, 3)", v=f32(6), **KNOWN),
    expr("tf.RaggedTensor.from_tensor(v, lengths=[2, 0, 5])", v=f32(3, 4), **KNOWN),
    expr("tf.RaggedTensor.from_tensor(v, padding=0)", v=arr([[1, 0, 2, 0], [0, 0, 0, 0]], "int32"), **KNOWN),
    expr("tf.RaggedTensor.from_tensor(v, ragged_rank=2)", v=f32(2, 3, 2), **KNOWN),
    expr("tf.RaggedTensor.from_sparse(tf.SparseTensor([[0, 0], [0, 1], [2, 0]], v, [3, 4]))", v=f32(3), **KNOWN),
    expr("tf.RaggedTensor.from_sparse(tf.SparseTensor([[0, 1], [2, 0]], v, [3, 4]))", v=f32(2),
         raises=(BAD, "not right-ragged"), **KNOWN),
    expr("tf.ragged.constant([[[1, 2], [3, 4]], [[5, 6]]], inner_shape=(2,))"),
    expr("tf.ragged.constant([[1], 2])", raises=("ValueError", "same nesting depth")),
    on("R.to_tensor()", f32(6), graph=True),
    on("R.to_tensor(7.0, shape=[None, 2])", f32(6), graph=True),
    on("D.to_tensor(-1)", i32(6), graph=True),
    on("R.to_sparse()", strings("a", "b", "c", "d", "e", "f"), graph=True),
    on("D.to_sparse()", f64(6), graph=True),
    on("[R.row_lengths(), R.value_rowids(), R.bounding_shape(), D.nested_row_lengths()]", f32(6), grad=False),
    on("[R[0], R[3], R[-1]]", f32(6)),
    on("[R[1:], R[:, 1:], R[:, :-1], R[::2], R[:, ::-1]]", f32(6)),
    on("[D[1], D[1, 1], D[:, :1], D[:, :, -1:], D[..., tf.newaxis], D[tf.newaxis]]", i32(6)),
    on("D[:, 0]", i32(6), raises=("ValueError", "inner ragged dimension")),
    on("R + R * 2 - 1", f32(6), static=False),
    on("R + [[10.0], [20.0], [30.0], [40.0]]", f32(6), static=False),
    on("tf.maximum(R, 0.5)", f64(6)),
    on("R + tf.constant([[1.0, 2.0]] * 4)", f32(6), raises=(BAD, ".")),
    on("[tf.reduce_sum(R, 1), tf.reduce_sum(R, 0), tf.reduce_sum(R)]", f32(6)),
    on("[tf.reduce_mean(D, 2), tf.reduce_max(D, 1), tf.reduce_min(D, [1, 2])]", f64(6), grad2=False, grad=False),
    on("[tf.reduce_all(R > 0, 1), tf.reduce_any(R > 0, 1, keepdims=True)]", i32(6)),
    on("[tf.concat([R, R], 0), tf.concat([R, R], 1), tf.ragged.stack([R, R]), tf.ragged.stack([R, R], 1)]", f32(6),
       static=False),
    on("[tf.gather(R, [3, 0]), tf.gather(R, [[1], [2]]), tf.gather_nd(R, [[0, 1], [3, 2]])]", f32(6), static=False),
    on("tf.gather(R, [4])", i32(6), raises=(BAD, "is not in")),
    on("[tf.expand_dims(R, 1), tf.tile(R, [2, 2]), tf.reverse(R, [1]), tf.where(R > 0)]", i32(6)),
    on("tf.ragged.boolean_mask(R, R > 0)", f32(6), grad=False),
    on("[tf.ragged.map_flat_values(tf.square, R), tf.map_fn(lambda x: x + 1.0, R)]", f32(6), static=False,
       export=False),
    on("tf.map_fn(tf.reduce_sum, R, dtype=tf.float32)", f32(6), grad2=False),
    expr("tf.map_fn(lambda r: r * r, tf.RaggedTensor.from_row_splits(v, s), "
         "fn_output_signature=tf.RaggedTensorSpec([None], tf.float32, ragged_rank=0)).flat_values",
         v=f32(6), s=SPLITS, **{**KNOWN, "static": False, "grad2": False, "export": False}),
    *[expr("tf.raw_ops.RaggedTensorFromVariant(encoded_ragged=tf.raw_ops.RaggedTensorToVariant(rt_nested_splits="
           f"[d, s], rt_dense_values=v, batched_input={batched}), input_ragged_rank={2 - batched}, "
           "output_ragged_rank=2, Tvalues=tf.float32, Tsplits=tf.int64)[1]", v=f32(6), d=DEEP, s=SPLITS,
           **{**KNOWN, "static": False, "export": False}) for batched in (False, True)],
    expr("(lambda x: tf.nest.flatten([tf.raw_ops.RaggedTensorFromVariant(encoded_ragged=x, input_ragged_rank=0, "
         "output_ragged_rank=0, Tvalues=tf.float32, Tsplits=tf.int64)[1] ** n for n in (2.0, 3.0)]))("
         "tf.raw_ops.RaggedTensorToVariant(rt_nested_splits=[], rt_dense_values=v, batched_input=False))",
         v=f32(2, 3), **{**KNOWN, "static": False, "export": False}),
    expr("[tf.ragged.range(v), tf.ragged.range(v, [7, 1, 9], 3)]", v=arr([3, 0, 2], "int32"), **KNOWN),
    expr("tf.ragged.range(v, [1.0, -1.0], [0.25, -0.5])", v=arr([0.0, 1.0]), **KNOWN),
    expr("tf.ragged.range(v, 5, 0)", v=arr([3, 0], "int32"), raises=(BAD, "Requires delta != 0"), **KNOWN),
    expr("tf.ragged.stack_dynamic_partitions(v, [2, 0, 2, 1], 4)", v=f32(4), **KNOWN),
    expr("tf.ragged.cross([tf.RaggedTensor.from_row_lengths(v, [1, 2]), tf.constant([[1], [2]])])",
         v=strings("a", "b", "c"), **KNOWN),
    expr("tf.ragged.cross_hashed([tf.RaggedTensor.from_row_lengths(v, [1, 2])] * 2, 1000, 5)",
         v=arr([3, -1, 9], "int64"), **KNOWN),
    expr("tf.sparse.bincount(tf.RaggedTensor.from_row_lengths(v, [1, 3]), axis=-1)", v=arr([3, 1, 9, 1], "int64"),
         **KNOWN),
    expr("tf.strings.split(v, result_type='RaggedTensor')", v=strings("a b", "", " c  d e"), **KNOWN),
    expr("tf.strings.bytes_split(v)", v=strings([["ab", ""], ["c", "déf"]]), export="half characters",
         **KNOWN),
    expr("tf.strings.bytes_split(v)", v=strings([["ab", ""], ["c", "de"]]), **KNOWN),
    expr("[tf.strings.ngrams(v, 2), tf.strings.ngrams(v, [1, 3], '-', ('<', '>'), 1)]", v=strings("a", "b", "c"),
         **KNOWN),
    expr("tf.strings.unicode_decode(v, 'UTF-8')", v=strings("aé", "", "漢"), **KNOWN),
    expr("tf.strings.unicode_decode_with_offsets(v, 'UTF-16-BE')", v=strings("\0a\0b", "\0c"), **KNOWN),
    expr("tf.strings.unicode_split(v, 'UTF-8')", v=strings([["aé"], ["漢x"]]), **KNOWN),
    expr("tf.strings.unicode_script(p)", p=arr([-1, 0, 65, 0x3B1, 0x416, 0x4E2D, 0xE000, 0x10FFFF, 0x110000], "int32")),
    expr("tf.strings.unicode_encode(tf.RaggedTensor.from_row_lengths(v, [1, 0, 3]), 'UTF-8')",
         v=arr([233, 28450, -5, 120], "int32"), **KNOWN),
    expr("tf.strings.unicode_encode(v, 'UTF-8', errors='strict')", v=arr([97, 55296], "int32"),
         raises=(BAD, "out of range for Unicode"), **KNOWN),
    expr("tf.strings.unicode_transcode(v, 'UTF-8', 'UTF-16-BE')", v=strings("aé", ""), **KNOWN),
]  # fmt: skip

test_rows = run_cases("ragged", CASES)
