"""Rows of embedding lookups: several tables, norms, sparse ids and weights."""

from tests.cases import Case, arr, expr, f16, f32
from tests.runner import run_cases

POSITIONS = arr([[0, 0], [0, 2], [1, 1], [3, 0], [3, 1]], "int64")
IDS = arr([4, 0, 2, 4, 4], "int64")
WEIGHTS = arr([1.0, 0.5, 2.0, 3.0, 0.25])
SPARSE = "tf.nn.embedding_lookup_sparse(p, tf.SparseTensor(i, v, [4, 3]), {}, combiner='{}')"
WEIGHTED = "tf.SparseTensor(i, w, [4, 3])"
SAFE = "tf.nn.safe_embedding_lookup_sparse({}, tf.SparseTensor(i, v, [5, 3]), {}, {})"
SAFE_WEIGHTED = "tf.SparseTensor(i, w, [5, 3])"
INVALID = arr([4, -1, 2, -7, 4], "int64")
SIGNED = arr([1.0, 0.5, -2.0, 3.0, 0.25])
FIXED = {"unknown_batch": False, "unknown_rank": False}

CASES = [
    Case("nn.embedding_lookup", f32(6, 2, 3), arr([[5, 0], [1, 1]], "int32")),
    Case("nn.embedding_lookup", f32(6, 3), arr(4, "int64")),
    Case("nn.embedding_lookup", [f32(3, 2), f32(2, 2), f32(2, 2, salt=1)], arr([6, 0, 3, 5], "int32"), "div"),
    Case("nn.embedding_lookup", [f32(3, 2), f32(3, 2, salt=1)], arr([[5, 0], [3, 5]], "int64"), max_norm=1.5),
    Case("nn.embedding_lookup", [f32(3, 2), f32(3, 2, salt=1)], arr([1], "int32"), "other", raises="ValueError"),
    Case("nn.embedding_lookup", [], arr([1], "int32"), raises="ValueError"),
    Case("nn.embedding_lookup", f32(3, 2), arr([3], "int32"), raises="InvalidArgumentError"),
    *[expr(SPARSE.format("None", combiner), p=f32(5, 3), i=POSITIONS, v=IDS, **FIXED)
      for combiner in ("sum", "mean", "sqrtn")],
    *[expr(SPARSE.format(WEIGHTED, combiner), p=f32(5, 3), i=POSITIONS, v=IDS, w=WEIGHTS, **FIXED)
      for combiner in ("sum", "mean", "sqrtn")],
    expr(SPARSE.format(WEIGHTED, "mean"), p=f16(5, 3), i=POSITIONS, v=IDS, w=WEIGHTS, **FIXED),
    expr(SPARSE.format("None", "other"), p=f32(5, 3), i=POSITIONS, v=IDS, raises="ValueError"),
    *[expr(SAFE.format("[p]", weights, f"{combiner!r}"), p=f32(5, 3), i=POSITIONS, v=INVALID, **given, **FIXED)
      for combiner in ("sum", "mean", "sqrtn")
      for weights, given in (("None", {}), (SAFE_WEIGHTED, {"w": SIGNED}))],
    expr(SAFE.format("p", "None", "default_id=3"), p=f32(5, 3), i=POSITIONS, v=INVALID, **FIXED),
    expr(SAFE.format("[p, q]", "None", "name='safe', max_norm=0.5"), p=f32(3, 3), q=f32(2, 3), i=POSITIONS, v=INVALID,
         **FIXED),
    expr("tf.nn.safe_embedding_lookup_sparse(p, tf.SparseTensor(np.array([[0, 0, 1], [1, 1, 0]]), v, [2, 2, 2]))",
         p=f32(5, 3), v=arr([4, 2], "int64"), **FIXED),
    expr(SAFE.format("None", "None", "'mean'"), i=POSITIONS, v=IDS, raises="ValueError"),
]  # fmt: skip

test_rows = run_cases("embedding", CASES)
