"""Matrices of checkpoints with rows and columns in the order of new vocabularies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import export, export_internal
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.concat import concat
from tfcompat.ops.initializers import Zeros


def load_and_remap_matrix(
    ckpt_path: Any,
    old_tensor_name: str,
    new_row_vocab_offset: int,
    num_rows_to_load: int,
    new_col_vocab_size: int,
    initializer: Callable[..., Any],
    old_row_vocab_size: int = -1,
    old_row_vocab_file: Any = None,
    new_row_vocab_file: Any = None,
    old_col_vocab_file: Any = None,
    new_col_vocab_file: Any = None,
    num_row_oov_buckets: int = 0,
    num_col_oov_buckets: int = 0,
    max_rows_in_memory: int = -1,
) -> Tensor:
    """A matrix of a checkpoint, rearranged from old vocabularies to new ones.

    Args:
        ckpt_path: prefix of the checkpoint, as a string or a list of one.
        old_tensor_name: name of the matrix, float32.
        new_row_vocab_offset: line of the new row vocabulary that row 0 belongs to.
        num_rows_to_load: number of rows.
        new_col_vocab_size: number of columns.
        initializer: called with a shape, for what the old matrix does not have.
        old_row_vocab_size: how many lines of the old row vocabulary count; all when -1.
        old_row_vocab_file: path of the old row vocabulary; rows keep their order without.
        new_row_vocab_file: path of the new one.
        old_col_vocab_file: path of the old column vocabulary; columns keep their order without.
        new_col_vocab_file: path of the new one.
        num_row_oov_buckets: number of new rows at the end.
        num_col_oov_buckets: number of new columns at the end.
        max_rows_in_memory: accepted.

    Returns:
        float32 [num_rows_to_load + num_row_oov_buckets, new_col_vocab_size + num_col_oov_buckets].

    Raises:
        ValueError: a number of buckets is negative, or one vocabulary of a pair is missing.
    """
    if num_row_oov_buckets < 0:
        raise ValueError(f"num_row_oov_buckets must be >= 0, but received {num_row_oov_buckets}")
    if num_col_oov_buckets < 0:
        raise ValueError(f"num_col_oov_buckets must be >= 0, but received {num_col_oov_buckets}")
    for what, old, new in (
        ("row", old_row_vocab_file, new_row_vocab_file),
        ("col", old_col_vocab_file, new_col_vocab_file),
    ):
        if bool(old) != bool(new):
            raise ValueError(
                f"old_{what}_vocab_file and new_{what}_vocab_file must both be specified or left unspecified. "
                f"old_{what}_vocab_file='{old}', new_{what}_vocab_file='{new}'"
            )
    parts: Any = [ckpt_path] if isinstance(ckpt_path, (str, bytes)) else ckpt_path
    rows, row_count = _remapping(
        new_row_vocab_file, old_row_vocab_file, new_row_vocab_offset, num_rows_to_load, old_row_vocab_size
    )
    columns, column_count = _remapping(new_col_vocab_file, old_col_vocab_file, 0, new_col_vocab_size, -1)
    missing = num_rows_to_load * new_col_vocab_size - row_count * column_count
    matrix: Tensor = raw_ops.LoadAndRemapMatrix(
        ckpt_path=parts,
        old_tensor_name=old_tensor_name,
        row_remapping=rows,
        col_remapping=columns,
        initializing_values=convert_to_tensor(initializer([missing, 1]), dtypes.float32),
        num_rows=num_rows_to_load,
        num_cols=new_col_vocab_size,
        max_rows_in_memory=max_rows_in_memory,
    )
    if num_row_oov_buckets > 0:
        extra = initializer([num_row_oov_buckets, new_col_vocab_size])
        matrix = concat([matrix, extra], 0)
    if num_col_oov_buckets > 0:
        extra = initializer([num_rows_to_load + num_row_oov_buckets, num_col_oov_buckets])
        matrix = concat([matrix, extra], 1)
    return matrix


def _remapping(new_file: Any, old_file: Any, offset: int, count: int, old_size: int) -> tuple[Any, Any]:
    """(old index of each new one or -1, how many are not -1)."""
    if not new_file:
        return np.arange(offset, offset + count, dtype=np.int64), count
    made = raw_ops.GenerateVocabRemapping(
        new_vocab_file=new_file,
        old_vocab_file=old_file,
        new_vocab_offset=offset,
        num_new_vocab=count,
        old_vocab_size=old_size,
    )
    return made[0], made[1]


def load_and_remap_matrix_initializer(
    ckpt_path: Any,
    old_tensor_name: str,
    new_row_vocab_size: int,
    new_col_vocab_size: int,
    old_row_vocab_size: int = -1,
    old_row_vocab_file: Any = None,
    new_row_vocab_file: Any = None,
    old_col_vocab_file: Any = None,
    new_col_vocab_file: Any = None,
    num_row_oov_buckets: int = 0,
    num_col_oov_buckets: int = 0,
    initializer: Callable[..., Any] | None = None,
    max_rows_in_memory: int = -1,
) -> Callable[..., Tensor]:
    """An initializer that gives a variable, or each slice of one, its part of `load_and_remap_matrix`.

    Raises:
        TypeError: a vocabulary size is missing.
        ValueError: the initializer is called for a shape that does not fit the sizes.
    """
    fallback = initializer or Zeros()

    def load(shape: Any, dtype: Any = dtypes.float32, partition_info: Any = None) -> Tensor:
        sizes = [int(d) for d in shape]
        if len(sizes) != 2:
            raise ValueError(f"Expected 2-dim shape, but received: {sizes}")
        if sizes[0] <= 0:
            raise ValueError(f"Expected 1st dim of shape to be > 0, but received shape: {sizes}")
        if sizes[1] != new_col_vocab_size + num_col_oov_buckets:
            raise ValueError(
                f"Expected 2nd dim of shape to be new_col_vocab_size ({new_col_vocab_size}) + num_col_oov_buckets "
                f"({num_col_oov_buckets}) = {new_col_vocab_size + num_col_oov_buckets}, but received shape: {sizes}"
            )
        offset = partition_info.single_offset(sizes) if partition_info is not None else 0
        end = offset + sizes[0]
        if end > new_row_vocab_size + num_row_oov_buckets:
            raise ValueError(
                f"Trying to initialize {sizes[0]} additional rows after {offset} rows have already been initialized, "
                f"which would exceed expected total row count of new_row_vocab_size ({new_row_vocab_size}) + "
                f"num_row_oov_buckets ({num_row_oov_buckets}) = {new_row_vocab_size + num_row_oov_buckets}."
            )
        buckets = min(max(0, end - new_row_vocab_size), sizes[0])
        return load_and_remap_matrix(
            ckpt_path=ckpt_path,
            old_tensor_name=old_tensor_name,
            new_row_vocab_offset=offset,
            num_rows_to_load=sizes[0] - buckets,
            new_col_vocab_size=new_col_vocab_size,
            initializer=fallback,
            old_row_vocab_size=old_row_vocab_size,
            old_row_vocab_file=old_row_vocab_file,
            new_row_vocab_file=new_row_vocab_file,
            old_col_vocab_file=old_col_vocab_file,
            new_col_vocab_file=new_col_vocab_file,
            num_row_oov_buckets=buckets,
            num_col_oov_buckets=num_col_oov_buckets,
            max_rows_in_memory=max_rows_in_memory,
        )

    return load


def load_embedding_initializer(
    ckpt_path: Any,
    embedding_tensor_name: str,
    new_vocab_size: int,
    embedding_dim: int,
    old_vocab_file: Any,
    new_vocab_file: Any,
    old_vocab_size: int = -1,
    num_oov_buckets: int = 0,
    initializer: Callable[..., Any] | None = None,
    max_rows_in_memory: int = -1,
) -> Callable[..., Tensor]:
    """`load_and_remap_matrix_initializer` for an embedding: only rows have a vocabulary."""
    if initializer is None:
        from tfcompat.ops.initializers import TruncatedNormal

        initializer = TruncatedNormal(stddev=1.0 / np.sqrt(embedding_dim))
    return load_and_remap_matrix_initializer(
        ckpt_path=ckpt_path,
        old_tensor_name=embedding_tensor_name,
        new_row_vocab_size=new_vocab_size,
        new_col_vocab_size=embedding_dim,
        old_row_vocab_size=old_vocab_size,
        old_row_vocab_file=old_vocab_file,
        new_row_vocab_file=new_vocab_file,
        num_row_oov_buckets=num_oov_buckets,
        initializer=initializer,
        max_rows_in_memory=max_rows_in_memory,
    )


for _function in (load_and_remap_matrix, load_and_remap_matrix_initializer, load_embedding_initializer):
    export(f"contrib.framework.{_function.__name__}", _function)
    export_internal(f"python.training.checkpoint_ops._{_function.__name__}", _function)
