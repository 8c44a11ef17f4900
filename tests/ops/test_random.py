"""Rows of random operations: dtypes, shapes and recorded nodes with seeds; the streams have tests of their own."""

from tests.cases import Case, arr, const, expr, f32, f64, i32, sym
from tests.runner import run_cases


def rows(*cases):
    """Results are random, and no gradient is asked for."""
    for case in cases:
        case.options.update(random=True, export=False)
    return list(cases)


CASES = rows(
    Case("random_uniform", [2, 3]),
    Case("random_uniform", [2, 3], -1.0, 1.0, seed=5, name="noise"),
    Case("random_uniform", [4], minval=2, maxval=9, dtype=sym("int32")),
    Case("random_uniform", [4], maxval=9, dtype=sym("int64"), seed=1),
    Case("random_uniform", arr([2, 3], "int32"), dtype=sym("float64")),
    Case("random_uniform", [2], 0, 1, dtype=sym("float16")),
    Case("random_uniform", [2], dtype=sym("bfloat16")),
    Case("random_uniform", [3], f32(), 4.0),
    Case("random_uniform", [0, 3]),
    Case("random_uniform", [3], dtype=sym("int32"), raises=("ValueError", "Must specify maxval for integer dtype")),
    Case("random_uniform", [3], maxval=2, dtype=sym("int8"), raises="ValueError"),
    Case("random.uniform", [2, 3]),
    expr("tf.random_uniform(tf.shape(x))", x=f32(2, 3)),
    expr("tf.random_uniform([tf.shape(x)[0], 3])", x=f32(2, 3)),
    Case("random_normal", [2, 3]),
    Case("random_normal", [2, 3], 1.0, 0.5, seed=7, name="noise"),
    Case("random_normal", arr([2, 3], "int64"), mean=f64(), stddev=2.0, dtype=sym("float64")),
    Case("random_normal", [2], dtype=sym("float16")),
    Case("random.normal", shape=(3,)),
    Case("truncated_normal", [2, 3], stddev=0.1),
    Case("truncated_normal", [4], mean=2.0, dtype=sym("float64"), seed=2, name="cut"),
    Case("random.truncated_normal", [3], seed=1),
    Case("random_shuffle", f32(5, 2)),
    Case("random_shuffle", arr([1, 2, 3], "int32"), seed=4, name="mixed"),
    Case("multinomial", f32(2, 4), 5),
    Case("multinomial", f64(2, 4), arr(3, "int32"), seed=3, output_dtype=sym("int32")),
    Case("random.categorical", f32(2, 4), 6, dtype=sym("int32"), name="drawn"),
    Case("random_gamma", [3], alpha=0.5),
    Case("random_gamma", [2], f32.positive(3), beta=2.0, seed=8, grad=False),
    Case("random_poisson", f32.positive(3), [2]),
    Case("random.poisson", f64.positive(2), [3], dtype=sym("int32"), seed=1),
    Case("random_crop", f32(6, 5, 2), [3, 3, 2], seed=1, grad=False),
    Case("random_crop", f32(2, 2), [3, 3], raises="InvalidArgumentError"),
    Case("random.stateless_uniform", [3], seed=[1, 2]),
    Case("random.stateless_normal", [3], seed=const([1, 2]), mean=1.0),
    Case("random.stateless_truncated_normal", [3], [3, 4], dtype=sym("float64")),
    Case("random.stateless_uniform", [3], [1, 2], minval=0, maxval=10, dtype=sym("int32")),
    Case("nn.dropout", f32(3, 4), 0.5, grad=False),
    Case("nn.dropout", f64(3, 4), keep_prob=0.5, seed=9, grad=False),
    Case("nn.dropout", f32(3, 4), keep_prob=f32(lo=0.4, hi=0.6), grad=False),
    Case("nn.dropout", f32(3, 4), rate=0.5, noise_shape=[1, 4], name="drop", grad=False),
    expr("tf.nn.dropout(x, 0.5, noise_shape=[tf.shape(x)[0], 1])", x=f32(3, 4), grad=False),
    expr("[tf.set_random_seed(3), tf.random_uniform([2]), tf.random_normal([2])][1:]"),
    expr("[tf.set_random_seed(3), tf.random_uniform([2], seed=4)][1]"),
    expr("tf.add(x, tf.random_normal([3], seed=1))", x=f32(3), grad=False),
    Case("nn.uniform_candidate_sampler", arr([[1], [2]], "int64"), 1, 3, True, 10, seed=1),
    Case("nn.log_uniform_candidate_sampler", arr([[1], [2]], "int64"), 1, 3, True, 10, seed=1),
    Case("random_uniform", i32(2, lo=2, hi=4), maxval=5, dtype=sym("int32"), seed=1),
)


def seeded(*cases):
    """With seeds the values are those of the reference."""
    for case in cases:
        case.options.update(export=False, grad=False)
    return list(cases)


CASES += seeded(
    Case("random_uniform", [7], seed=5, label="values"),
    Case("random_uniform", [2, 3], -1.0, 4.0, seed=5, dtype=sym("float64"), label="values"),
    Case("random_uniform", [9], minval=2, maxval=9, dtype=sym("int32"), seed=6, label="values"),
    Case("random_uniform", [9], maxval=2**40, dtype=sym("int64"), seed=6, label="values"),
    Case("random_uniform", [9], dtype=sym("bfloat16"), seed=6, label="values"),
    Case("random_normal", [3, 3], 1.0, 0.5, seed=7, label="values"),
    Case("truncated_normal", [11], stddev=0.1, seed=0, label="values"),
    Case("random_shuffle", arr([1, 2, 3, 4, 5], "int32"), seed=4, label="values"),
    Case("multinomial", f32(2, 4), 5, seed=3, label="values"),
    Case("random.categorical", f64(2, 4), 5, seed=3, dtype=sym("int32"), label="values"),
    Case("random_gamma", [2], f32.positive(3), beta=2.0, seed=8, label="values"),
    Case("random_poisson", f64.positive(2), [3], dtype=sym("int32"), seed=1, label="values"),
    Case("random.stateless_uniform", [3], seed=[1, 2], label="values"),
    Case("random.stateless_uniform", [3], [1, 2], minval=None, dtype=sym("uint64")),
    Case("random.stateless_uniform", [3], [1, 2], minval=1, maxval=2, dtype=sym("uint32"), raises="ValueError"),
    Case("random.stateless_uniform", [3], [1, 2], minval=0, maxval=10, dtype=sym("int32"), label="values"),
    Case("random.stateless_normal", [3], seed=const([1, 2]), mean=1.0, alg="philox"),
    Case("random.stateless_truncated_normal", [3], [3, 4], dtype=sym("float64"), label="values"),
    Case("random.stateless_parameterized_truncated_normal", [3, 2], [3, 4], means=[1.0, 2.0], maxvals=3.0),
    Case("random.stateless_gamma", [3, 2], [1, 2], f32.positive(2), beta=2.0),
    Case("random.stateless_poisson", [3, 2], [1, 2], f32.positive(2), dtype=sym("float32")),
    Case("random.stateless_binomial", [3, 2], [1, 2], [10.0, 20.0], [0.5, 0.25]),
    Case("random.stateless_categorical", f32(2, 4), 3, [1, 2]),
    Case("random.experimental.stateless_shuffle", arr([1, 2, 3, 4, 5], "int32"), [1, 2]),
    Case("random.experimental.index_shuffle", arr([1, 2, 3], "int32"), [1, 2], 10),
    Case("random.split", arr([1, 2], "int32"), 3),
    Case("random.fold_in", arr([1, 2], "int64"), 3),
    Case("nn.uniform_candidate_sampler", arr([[1], [2]], "int64"), 1, 3, True, 10, seed=1, label="values"),
    Case("nn.learned_unigram_candidate_sampler", arr([[1], [2]], "int64"), 1, 3, False, 10, seed=1),
    Case("nn.fixed_unigram_candidate_sampler", arr([[1], [2]], "int64"), 1, 3, True, 4, unigrams=[1.0, 2.0, 3.0, 4.0],
         distortion=0.5, seed=1),
    Case("nn.all_candidate_sampler", arr([[1], [2]], "int64"), 1, 3, True, seed=1),
    Case("nn.compute_accidental_hits", arr([[1, 2], [3, 1]], "int64"), arr([1, 5, 3], "int64"), 2),
    expr("[tf.set_random_seed(3), tf.random_uniform([2]), tf.random_normal([2])][1:]", label="values"),
    expr("[tf.set_random_seed(3), tf.random_uniform([2], seed=4)][1]", label="values"),
)  # fmt: skip

CASES += [
    Case("random_gamma", [2], f64.positive(3), beta=f64.positive(2, 3), dtype=sym("float64"), seed=8, grad2=False,
         export=False, label="gradient"),
    Case("random.stateless_gamma", [4, 3], [1, 2], f64.positive(3), dtype=sym("float64"), grad2=False, export=False),
    expr("tf.random.stateless_parameterized_truncated_normal([4, 2], [1, 2], x, y, -1.0, 2.0)", x=f64(2),
         y=f64(lo=1, hi=2), raises="TypeError"),
    expr("tf.random.stateless_parameterized_truncated_normal([4, 2], [1, 2], x, y, z, w)", x=f64(2), y=f64(lo=1, hi=2),
         z=f64(2, lo=-2, hi=-1), w=f64(lo=1, hi=2), grad2=False, export=False, label="gradient"),
]  # fmt: skip

_BOXES = arr([[[0.1, 0.2, 0.5, 0.6], [0.3, 0.3, 0.9, 0.8]]])

CASES += seeded(
    Case("random.create_rng_state", 1234, "philox"),
    Case("random.create_rng_state", 2**70 + 5, 2),
    Case("random.create_rng_state", [7], 1),
    Case("random.create_rng_state", arr([1, 2, 3, 4], "int64"), sym("random.Algorithm.PHILOX")),
    Case("raw_ops.StatelessSampleDistortedBoundingBox", image_size=arr([40, 50, 3], "int32"), bounding_boxes=_BOXES,
         min_object_covered=0.3, seed=arr([3, 4], "int32"), unknown_batch=False, unknown_rank=False),
    Case("raw_ops.StatelessSampleDistortedBoundingBox", image_size=arr([40, 50, 3], "int64"), bounding_boxes=_BOXES,
         min_object_covered=0.9, seed=arr([5, -7], "int64"), aspect_ratio_range=[0.5, 2.0], area_range=[0.1, 0.9],
         max_attempts=20, unknown_batch=False, unknown_rank=False),
)  # fmt: skip

CASES += rows(
    expr("tf.raw_ops.NonDeterministicInts(shape=[2, 3])"),
    expr("tf.raw_ops.NonDeterministicInts(shape=[2], dtype=tf.uint32)"),
)

test_rows = run_cases("random", CASES)
