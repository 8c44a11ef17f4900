"""Where the diagonals of a matrix lie, shared by inference, kernels and converters.

Diagonal d holds the elements (r, r + d): 0 is the main one, positive ones lie above it. Several diagonals are stored as
rows of equal length, the upper one first; shorter ones are filled up on the side that the alignment says.
"""

from __future__ import annotations

import numpy as np


def bounds(k: np.ndarray) -> tuple[int, int]:
    """(lowest, highest) diagonal of the argument `k`, one number or two.

    Raises:
        ValueError: there are more, or they are in the wrong order.
    """
    flat = k.reshape(-1).tolist()
    if len(flat) not in (1, 2):
        raise ValueError(f"diag_index must be a vector with one or two elements. It has {len(flat)} elements.")
    lower, upper = flat[0], flat[-1]
    if lower > upper:
        raise ValueError(f"lower_diag_index is greater than upper_diag_index: {lower} > {upper}")
    return lower, upper


def longest(rows: int, columns: int, lower: int, upper: int) -> int:
    """The length of the rows in which diagonals lower .. upper of a matrix are stored."""
    return min(rows + min(upper, 0), columns - max(lower, 0))


def check_inside(rows: int, columns: int, lower: int, upper: int) -> None:
    """Raises ValueError when a diagonal lies outside of the matrix."""
    for what, d in (("lower_diag_index", lower), ("upper_diag_index", upper)):
        if not (-rows < d < columns or d == 0):
            raise ValueError(f"{what} is out of bound: {d}. It must be between {-rows} and {columns}.")


def matrix_size(length: int, lower: int, upper: int, rows: int, columns: int) -> tuple[int, int]:
    """(rows, columns) of the matrix with diagonals of `length`; -1 for a size that is to be chosen.

    Raises:
        ValueError: the sizes do not fit the diagonals.
    """
    least_rows, least_columns = length - min(upper, 0), length + max(lower, 0)
    if rows == columns == -1:
        rows = columns = max(least_rows, least_columns)
    rows = least_rows if rows == -1 else rows
    columns = least_columns if columns == -1 else columns
    for what, size, least in (("num_rows", rows, least_rows), ("num_cols", columns, least_columns)):
        if size < least:
            raise ValueError(f"{what} is too small: {size} < {least}")
    if rows != least_rows and columns != least_columns:
        raise ValueError(
            "num_rows and num_cols are not consistent with lower_diag_index, upper_diag_index, and the "
            f"length of the given diagonals.\nnum_rows = {rows} != min_num_rows = {least_rows}, "
            f"num_cols = {columns} != min_num_cols = {least_columns}"
        )
    return rows, columns


def positions(rows: int, columns: int, lower: int, upper: int, align: str) -> np.ndarray:
    """The place in the row-major matrix of every stored element; -1 where a diagonal is filled up.

    Returns:
        int64 of shape [upper - lower + 1, longest(...)].
    """
    length = longest(rows, columns, lower, upper)
    above, below = align.split("_")
    found = np.full((upper - lower + 1, max(length, 0)), -1, np.int64)
    for row, d in enumerate(range(upper, lower - 1, -1)):
        count = min(rows + min(d, 0), columns - max(d, 0))
        left = d >= 0 and above == "LEFT" or d <= 0 and below == "LEFT"
        start = 0 if left else length - count
        first = max(-d, 0) * columns + max(d, 0)
        found[row, start : start + count] = first + np.arange(count) * (columns + 1)
    return found


def inverse_positions(rows: int, columns: int, lower: int, upper: int, align: str) -> np.ndarray:
    """The place among the stored elements of every element of the matrix; -1 off the diagonals.

    Returns:
        int64 of shape [rows, columns].
    """
    stored = positions(rows, columns, lower, upper, align).reshape(-1)
    found = np.full(rows * columns, -1, np.int64)
    present = stored >= 0
    found[stored[present]] = np.flatnonzero(present)
    return found.reshape(rows, columns)
