"""`tf.data.experimental`: transformations for `Dataset.apply`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.data.dataset import (
    Dataset,
    VariantDataset,
    batched_spec,
    dataset_seeds,
    inner_spec,
    int64,
    known_size,
)
from tfcompat.data.functions import DatasetFunction
from tfcompat.data.grouping import raw_ops_by_name, settled
from tfcompat.data.shape_rules import dataset_shape
from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import export, tf_export
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.type_spec import TensorSpec

_TYPES = ("MapAndBatchDataset", "ShuffleAndRepeatDataset", "LegacyParallelInterleaveDatasetV2")
shape_of(*_TYPES)(dataset_shape)
not_differentiable(*_TYPES)

Transformation = Callable[[Dataset], Dataset]


@tf_export("data.experimental.map_and_batch")
def map_and_batch(
    map_func: Callable[..., Any],
    batch_size: Any,
    num_parallel_batches: Any = None,
    drop_remainder: Any = False,
    num_parallel_calls: Any = None,
) -> Transformation:
    """`map` followed by `batch`, as one operation.

    Args:
        map_func: as for `Dataset.map`.
        batch_size: elements in a batch.
        num_parallel_batches: batches made at once.
        drop_remainder: whether a smaller last batch is left out.
        num_parallel_calls: calls made at once; as many as a batch has elements by default.

    Raises:
        ValueError: both numbers are given.
    """
    if num_parallel_batches is not None and num_parallel_calls is not None:
        raise ValueError(
            "`map_and_batch` allows only one of `num_parallel_batches` and `num_parallel_calls` to be set, but "
            f"`num_parallel_batches` was set to {num_parallel_batches} and `num_parallel_calls` as set to "
            f"{num_parallel_calls}."
        )
    calls = num_parallel_calls
    if calls is None:
        calls = batch_size if num_parallel_batches is None else batch_size * num_parallel_batches

    def transformed(dataset: Dataset) -> Dataset:
        function = DatasetFunction(map_func, dataset.element_spec, "map_and_batch")
        size = int64(batch_size, "batch_size")
        spec = batched_spec(function.output_spec, known_size(size, drop_remainder))
        return dataset._after(
            raw_ops_by_name("MapAndBatchDataset"),
            spec=spec,
            other_arguments=function.captured,
            f=function.reference,
            batch_size=size,
            num_parallel_calls=int64(calls, "num_parallel_calls"),
            drop_remainder=convert_to_tensor(drop_remainder, dtype=dtypes.bool, name="drop_remainder"),
            preserve_cardinality=True,
        )

    return transformed


@tf_export("data.experimental.shuffle_and_repeat")
def shuffle_and_repeat(buffer_size: Any, count: Any = None, seed: Any = None) -> Transformation:
    """`shuffle` followed by `repeat`, as one operation: the buffer fills up with the elements of the next epoch."""

    def transformed(dataset: Dataset) -> Dataset:
        size = int64(buffer_size, "buffer_size")
        times = int64(-1 if count is None else count, "count")
        seed1, seed2 = dataset_seeds(seed)
        return dataset._after(
            raw_ops_by_name("ShuffleAndRepeatDataset"), buffer_size=size, count=times, seed=seed1, seed2=seed2
        )

    return transformed


@tf_export("data.experimental.parallel_interleave")
def parallel_interleave(
    map_func: Callable[..., Any],
    cycle_length: Any,
    block_length: Any = 1,
    sloppy: Any = False,
    buffer_output_elements: Any = None,
    prefetch_input_elements: Any = None,
) -> Transformation:
    """`interleave`; its order is always the determined one.

    Args:
        map_func: gives a dataset for an element.
        cycle_length: how many datasets take turns.
        block_length: elements of one at a time.
        sloppy: accepted.
        buffer_output_elements: accepted; `2 * block_length` by default.
        prefetch_input_elements: accepted; `2 * cycle_length` by default.
    """

    def transformed(dataset: Dataset) -> Dataset:
        function = DatasetFunction(map_func, dataset.element_spec, "parallel_interleave")
        ahead = 2 * cycle_length if prefetch_input_elements is None else prefetch_input_elements
        return dataset._after(
            raw_ops_by_name("LegacyParallelInterleaveDatasetV2"),
            spec=inner_spec(function, "parallel_interleave"),
            other_arguments=function.captured,
            f=function.reference,
            cycle_length=int64(cycle_length, "cycle_length"),
            block_length=int64(block_length, "block_length"),
            buffer_output_elements=int64(
                2 * block_length if buffer_output_elements is None else buffer_output_elements,
                "buffer_output_elements",
            ),
            prefetch_input_elements=int64(ahead, "prefetch_input_elements"),
            deterministic={None: "default", True: "false", False: "true"}[sloppy],
        )

    return transformed


@tf_export("data.experimental.unbatch")
def unbatch() -> Transformation:
    """`Dataset.unbatch`."""
    return lambda dataset: dataset.unbatch()


@tf_export("data.experimental.enumerate_dataset")
def enumerate_dataset(start: Any = 0) -> Transformation:
    """`Dataset.enumerate`."""
    return lambda dataset: dataset.enumerate(start)


@tf_export("data.experimental.prefetch_to_device", "data.experimental.copy_to_device")
def prefetch_to_device(device: str, buffer_size: Any = None) -> Transformation:
    """The same dataset: what goes to a device goes there when it is used."""
    return lambda dataset: dataset


def _method(public: str, name: str) -> None:
    """Exports `public`: a transformation that calls the dataset's method `name` with the same arguments."""

    def transformation(*args: Any, **kwargs: Any) -> Transformation:
        return lambda dataset: getattr(dataset, name)(*args, **kwargs)

    transformation.__name__ = transformation.__qualname__ = public.rsplit(".", 1)[-1]
    transformation.__doc__ = f"The transformation `Dataset.{name}`; see there for arguments."
    export(public, transformation)


for _name in ("group_by_window", "bucket_by_sequence_length", "ignore_errors", "rejection_resample", "take_while",
              "unique", "scan"):  # fmt: skip
    _method(f"data.experimental.{_name}", _name)


@tf_export("data.experimental.map_and_batch_with_legacy_function")
def map_and_batch_with_legacy_function(*args: Any, **kwargs: Any) -> Transformation:
    """`map_and_batch`."""
    return map_and_batch(*args, **kwargs)


@tf_export("data.experimental.cardinality")
def cardinality(dataset: Dataset) -> Any:
    """`Dataset.cardinality`."""
    return dataset.cardinality()


@tf_export("data.experimental.get_single_element")
def get_single_element(dataset: Dataset) -> Any:
    """`Dataset.get_single_element`; TypeError when it is no dataset."""
    if not isinstance(dataset, Dataset):
        raise TypeError(f"Invalid `dataset`. Expected a `tf.data.Dataset` object but got {type(dataset)}.")
    return dataset.get_single_element()


@tf_export("data.experimental.assert_cardinality")
def assert_cardinality(expected_cardinality: Any) -> Transformation:
    """A check that there are as many elements; runs fail with FailedPreconditionError when there are not."""
    return lambda dataset: dataset._after(
        raw_ops_by_name("AssertCardinalityDataset"), cardinality=int64(expected_cardinality, "expected_cardinality")
    )


@tf_export("data.experimental.to_variant")
def to_variant(dataset: Dataset) -> Tensor:
    """The variant tensor that carries a dataset."""
    return dataset._variant_tensor


@tf_export("data.experimental.from_variant")
def from_variant(variant: Tensor, structure: Any) -> VariantDataset:
    """The dataset that a variant tensor carries, with elements of `structure` (specs)."""
    return VariantDataset(variant, structure)


@tf_export("data.experimental.Reducer")
class Reducer:
    """What `group_by_reducer` does with the elements of one key.

    Args:
        init_func: key -> state.
        reduce_func: (state, element) -> state.
        finalize_func: state -> output.
    """

    def __init__(
        self, init_func: Callable[..., Any], reduce_func: Callable[..., Any], finalize_func: Callable[..., Any]
    ):
        self.init_func, self.reduce_func, self.finalize_func = init_func, reduce_func, finalize_func


@tf_export("data.experimental.group_by_reducer")
def group_by_reducer(key_func: Callable[..., Any], reducer: Reducer) -> Transformation:
    """One output per key, in the order of the keys, from all elements of that key.

    Args:
        key_func: an element's key, an int64 scalar.
        reducer: how they are reduced.
    """

    def transformed(dataset: Dataset) -> Dataset:
        key = DatasetFunction(key_func, dataset.element_spec, "key_func")
        if not isinstance(key.output_spec, TensorSpec) or key.output_spec.dtype != dtypes.int64:
            raise ValueError(f"Invalid `key_func`. Expected a single `tf.int64` scalar, got {key.output_spec}.")
        init = DatasetFunction(reducer.init_func, TensorSpec([], dtypes.int64), "init_func")
        step, state = settled(
            lambda spec: DatasetFunction(reducer.reduce_func, (spec, dataset.element_spec), "reduce_func"),
            init.output_spec,
            lambda spec: spec,
        )
        final = DatasetFunction(reducer.finalize_func, state, "finalize_func", as_one=not isinstance(state, tuple))
        return dataset._after(
            raw_ops_by_name("GroupByReducerDataset"),
            spec=final.output_spec,
            **{
                name: value
                for what, f in (("key", key), ("init", init), ("reduce", step), ("finalize", final))
                for name, value in ((f"{what}_func_other_arguments", f.captured), (f"{what}_func", f.reference))
            },
        )

    return transformed
