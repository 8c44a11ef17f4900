"""Rows of sparse tensors in another shape, and with an element in every row."""

from tests.cases import Case, arr, expr
from tests.runner import run_cases

POSITIONS = arr([[0, 0], [0, 2], [2, 1], [2, 3]], "int64")
UNORDERED = arr([[2, 1], [0, 2], [2, 3], [0, 0]], "int64")
VALUES = arr([1.0, 2.0, 3.0, 4.0])
SPARSE = "tf.SparseTensor(i, v, [{}, 4])"
FIXED = {"unknown_batch": False, "unknown_rank": False}


def reshape(shape: str, rows: int = 3, **options: object) -> Case:
    return expr(f"tf.sparse.reshape({SPARSE.format(rows)}, {shape})", i=POSITIONS, v=VALUES, **FIXED, **options)


def fill(rows: int, positions: object = POSITIONS, **options: object) -> Case:
    text = f"tf.sparse.fill_empty_rows({SPARSE.format(rows)}, 9.0)"
    return expr(text, i=positions, v=VALUES, **FIXED, **options)


CASES = [
    *[reshape(shape) for shape in ("[-1]", "[4, 3]", "[2, -1]", "[2, 2, -1]", "[3, 4]", "[4, -1], name='r'")],
    *[reshape(shape, raises="ValueError") for shape in ("[5, -1]", "[-1, -1]", "[7]", "[]", "[[12]]")],
    *[reshape(f"s*{shape}", s=arr(1, "int64")) for shape in ("np.array([2, -1])", "np.array([3, 2, 2])")],
    *[reshape(f"s*{shape}", s=arr(1, "int64"), raises="InvalidArgumentError")
      for shape in ("np.array([5, -1])", "np.array([-1, -1])", "np.array([7])", "np.array([-2, 4])",
                    "np.array([0, -1])")],
    reshape("[-2, 4]", raises="InvalidArgumentError"),
    expr("tf.sparse.reshape(v, [4])", v=VALUES, raises="TypeError"),
    *[fill(rows) for rows in (3, 4, 6)],
    fill(4, UNORDERED),
    fill(2, raises="InvalidArgumentError"),
    expr("tf.sparse.fill_empty_rows(tf.SparseTensor(i, ['a', 'b', 'c', 'd'], [4, 4]), 'z')", i=POSITIONS, **FIXED),
    expr("tf.sparse.fill_empty_rows(tf.SparseTensor(np.zeros([0, 2]), tf.zeros([0]), [n, 2]), d)",
         n=arr(3, "int64"), d=arr(0.5), **FIXED),
    expr("tf.raw_ops.SparseFillEmptyRows(indices=i, values=v, dense_shape=[5, 4], default_value=d)", i=UNORDERED,
         v=VALUES, d=arr(0.5), **FIXED),
]  # fmt: skip

test_rows = run_cases("sparse_shape", CASES)
