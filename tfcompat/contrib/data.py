"""tf.contrib.data: what became tf.data and tf.data.experimental."""

from __future__ import annotations

from typing import Any

from tfcompat.data import choosing  # noqa: F401  # importing exports names
from tfcompat.data.transformations import Transformation
from tfcompat.graph.export import PUBLIC, export, tf_export

_SAME = [
    "map_and_batch",
    "parallel_interleave",
    "shuffle_and_repeat",
    "unbatch",
    "enumerate_dataset",
    "prefetch_to_device",
    "copy_to_device",
    "group_by_window",
    "bucket_by_sequence_length",
    "ignore_errors",
    "rejection_resample",
    "unique",
    "scan",
    "group_by_reducer",
    "Reducer",
    "get_single_element",
    "assert_cardinality",
    "Counter",
    "choose_from_datasets",
    "sample_from_datasets",
    "RandomDataset",
]
for _name in _SAME:
    export(f"contrib.data.{_name}", PUBLIC[f"data.experimental.{_name}"])


@tf_export("contrib.data.batch_and_drop_remainder")
def batch_and_drop_remainder(batch_size: Any) -> Transformation:
    """`Dataset.batch` without a smaller last batch."""
    return lambda dataset: dataset.batch(batch_size, drop_remainder=True)


@tf_export("contrib.data.padded_batch_and_drop_remainder")
def padded_batch_and_drop_remainder(batch_size: Any, padded_shapes: Any, padding_values: Any = None) -> Transformation:
    """`Dataset.padded_batch` without a smaller last batch."""
    return lambda dataset: dataset.padded_batch(batch_size, padded_shapes, padding_values, drop_remainder=True)


@tf_export("contrib.data.sliding_window_batch")
def sliding_window_batch(
    window_size: Any, stride: Any = None, window_shift: Any = None, window_stride: Any = 1
) -> Transformation:
    """Batches of `window_size` elements, `window_stride` apart, that begin `window_shift` elements after one another.

    Args:
        window_size: how many elements a batch has.
        stride: older name of `window_shift`.
        window_shift: 1 when neither is given.
        window_stride: distance of elements in a batch.

    Raises:
        ValueError: both `stride` and `window_shift` are given.
    """
    if stride is not None and window_shift is not None:
        raise ValueError("Cannot specify both `stride` and `window_shift`")
    shift = window_shift if window_shift is not None else 1 if stride is None else stride

    def transformed(dataset: Any) -> Any:
        return dataset.window(window_size, shift, window_stride, True).flat_map(
            lambda *parts: (
                parts[0].batch(window_size) if len(parts) == 1 else type(dataset).zip(parts).batch(window_size)
            )
        )

    return transformed
