"""Host kernels that load a matrix of a checkpoint with its rows and columns in the order of other vocabularies."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError, UnimplementedError
from tfcompat.graph.file_errors import translated_os_errors
from tfcompat.graph.inference import InferenceContext, KernelContext
from tfcompat.graph.registry import kernel, not_differentiable, shape_of
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.io.checkpoint.kernels import open_checkpoint

not_differentiable("GenerateVocabRemapping", "LoadAndRemapMatrix")


@shape_of("GenerateVocabRemapping")
def _remapping_shapes(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [TensorShape([c.op.attrs["num_new_vocab"]]), TensorShape([])]


@shape_of("LoadAndRemapMatrix")
def _matrix_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [TensorShape([c.op.attrs["num_rows"], c.op.attrs["num_cols"]])]


def _lines(path: str, limit: int) -> list[bytes]:
    """The first `limit` lines of a file, all when -1."""
    with translated_os_errors(path), open(path, "rb") as file:
        lines = file.read().split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    return lines if limit < 0 else lines[:limit]


@kernel("GenerateVocabRemapping")
def _generate_remapping(k: KernelContext, new_file: Any, old_file: Any) -> tuple[np.ndarray, np.ndarray]:
    offset, wanted = k.attr("new_vocab_offset"), k.attr("num_new_vocab")
    old = {word: i for i, word in reversed([*enumerate(_lines(old_file[()].decode(), k.attr("old_vocab_size")))])}
    new = _lines(new_file[()].decode(), -1)[offset : offset + wanted]
    if len(new) < wanted:
        raise InvalidArgumentError(
            None,
            k.op,
            f"The vocabulary {new_file[()].decode()} has {len(new)} entries from {offset} on, fewer than the {wanted} "
            "of num_new_vocab.",
        )
    remapping = np.array([old.get(word, -1) for word in new], np.int64)
    return remapping, np.array(np.count_nonzero(remapping >= 0), np.int32)


@kernel("LoadAndRemapMatrix")
def _load_matrix(
    k: KernelContext, path: Any, name: Any, rows: np.ndarray, columns: np.ndarray, initial: np.ndarray
) -> np.ndarray:
    num_rows, num_columns = k.attr("num_rows"), k.attr("num_cols")
    prefixes = path.reshape(-1).tolist()
    if len(prefixes) != 1:
        raise InvalidArgumentError(None, k.op, f"The checkpoint path must have one element, not {len(prefixes)}.")
    if len(rows) != num_rows:
        raise InvalidArgumentError(None, k.op, f"Size of row_remapping {len(rows)} is not equal to num_rows={num_rows}")
    old = open_checkpoint(prefixes[0].decode()).read(name.reshape(-1)[0].decode())
    if old.ndim != 2 or old.dtype != np.float32:
        raise InvalidArgumentError(
            None, k.op, f"The old tensor must be a matrix of float32, and is {old.dtype} of shape {list(old.shape)}."
        )
    if len(columns) not in (0, num_columns):
        raise InvalidArgumentError(
            None, k.op, f"Size of col_remapping {len(columns)} is not equal to num_cols={num_columns}"
        )
    if len(columns) == 0:
        columns = np.arange(num_columns)
    _check_indices(k, "row", rows, old.shape[0])
    _check_indices(k, "col", columns, old.shape[1])
    known = (rows >= 0)[:, None] & (columns >= 0)[None, :]
    missing = int(known.size - np.count_nonzero(known))
    if initial.size != missing:
        raise InvalidArgumentError(
            None,
            k.op,
            f"Incorrect number of initializing values: {missing} elements of the new matrix are missing from the old "
            f"one, and there are {initial.size} values.",
        )
    out = np.empty((num_rows, num_columns), np.float32)
    out[known] = old[np.ix_(rows[rows >= 0], columns[columns >= 0])].reshape(-1)
    out[~known] = initial.reshape(-1)
    return out


def _check_indices(k: KernelContext, what: str, indices: np.ndarray, size: int) -> None:
    used = indices[indices >= 0]
    if used.size and used.max() >= size:
        raise InvalidArgumentError(
            None, k.op, f"The {what}_remapping has index {used.max()}, and the old tensor {size} {what}s."
        )
    if np.unique(used).size != used.size:
        raise UnimplementedError(None, k.op, f"Found multiple mappings to one index in the {what}_remapping.")
