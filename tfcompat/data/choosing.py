"""Datasets of random and counted numbers, and datasets that choose among others."""

from __future__ import annotations

from typing import Any

from tfcompat.data.dataset import Dataset, DatasetV1Adapter, dataset_seeds
from tfcompat.data.structure import kind_of, types_and_shapes, weaker
from tfcompat.data.trees import flatten, map_components
from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.graph.type_spec import TensorSpec
from tfcompat.ops import array, math, raw_ops
from tfcompat.ops.stateless_random import stateless_multinomial


@tf_export("data.experimental.RandomDataset")
def random(
    seed: int | None = None, rerandomize_each_iteration: bool | None = None, name: str | None = None
) -> DatasetV1Adapter:
    """Endless random int64 scalars in [0, 2^32), the same in every iteration."""
    first, second = dataset_seeds(seed)
    spec = TensorSpec([], dtypes.int64)
    return DatasetV1Adapter(
        raw_ops.RandomDataset(seed=first, seed2=second, output_types=[spec.dtype], output_shapes=[spec.shape]), spec
    )


@tf_export("data.experimental.Counter")
def counter(start: Any = 0, step: Any = 1, dtype: Any = dtypes.int64, name: str | None = None) -> DatasetV1Adapter:
    """start, start + step, and so on without end."""
    start, step = convert_to_tensor(start, dtype, name="start"), convert_to_tensor(step, dtype, name="step")
    return Dataset.from_tensors(0).repeat(None).scan(start, lambda state, _: (state + step, state))


def choose_from_datasets(
    datasets: Any, choice_dataset: Dataset, stop_on_empty_dataset: bool = True
) -> DatasetV1Adapter:
    """The next element of the dataset whose number comes next in `choice_dataset`, int64 scalars.

    Args:
        datasets: datasets of the same types.
        choice_dataset: numbers from 0 on.
        stop_on_empty_dataset: whether all ends when a chosen dataset has no element left.

    Raises:
        TypeError: elements have different types, or the choices are no int64 scalars.
        ValueError: there is no dataset.
    """
    datasets = list(datasets)
    if not datasets:
        raise ValueError("Invalid `datasets`. `datasets` should not be empty.")
    spec = choice_dataset.element_spec
    if not isinstance(spec, TensorSpec) or spec.dtype != dtypes.int64 or spec.shape.rank not in (0, None):
        raise TypeError(
            f"Invalid `choice_dataset`. Elements of `choice_dataset` must be scalar `tf.int64` tensors but are {spec}."
        )
    return _interleaved_by(choice_dataset, datasets, stop_on_empty_dataset)


@tf_export("data.experimental.sample_from_datasets")
def sample_from_datasets(
    datasets: Any,
    weights: Any = None,
    seed: int | None = None,
    stop_on_empty_dataset: bool = False,
    rerandomize_each_iteration: bool | None = None,
) -> DatasetV1Adapter:
    """The next element of a dataset chosen at random.

    Args:
        datasets: datasets of the same types.
        weights: probabilities, a float vector or a dataset of such; equal ones when None.
        seed: of the choice.
        stop_on_empty_dataset: whether all ends when a chosen dataset has no element left.
        rerandomize_each_iteration: not used.

    Raises:
        TypeError: elements have different types.
        ValueError: there is no dataset.
    """
    datasets = list(datasets)
    if not datasets:
        raise ValueError("Invalid `datasets`. `datasets` should not be empty.")
    if isinstance(weights, Dataset):
        rows = weights
    else:
        equal = [1.0 / len(datasets)] * len(datasets)
        rows = Dataset.from_tensors(convert_to_tensor(equal if weights is None else weights)).repeat()

    def choose(row: Any, seeds: Any) -> Any:
        return array.squeeze(stateless_multinomial(math.log([row]), 1, seed=seeds), [0, 1])

    choices = Dataset.zip((rows, random(seed).batch(2))).map(choose)
    return _interleaved_by(choices, datasets, stop_on_empty_dataset)


@tf_export("data.experimental.choose_from_datasets")
def choose_from_datasets_v1(
    datasets: Any, choice_dataset: Dataset, stop_on_empty_dataset: bool = False
) -> DatasetV1Adapter:
    """`choose_from_datasets` that by default goes on when a chosen dataset is empty."""
    return choose_from_datasets(datasets, choice_dataset, stop_on_empty_dataset)


def _interleaved_by(choices: Dataset, datasets: list[Dataset], stops: bool) -> DatasetV1Adapter:
    spec = datasets[0].element_spec
    for other in datasets[1:]:
        if [kind_of(s) for s in flatten(other.element_spec)] != [kind_of(s) for s in flatten(spec)]:
            raise TypeError(
                "Invalid `datasets`. `datasets` must have compatible element specs, and these have "
                f"{spec} and {other.element_spec}."
            )
        spec = map_components(weaker, spec, other.element_spec)
    types, shapes = types_and_shapes(spec)
    made = raw_ops.DirectedInterleaveDataset(
        selector_input_dataset=choices._variant_tensor,
        data_input_datasets=[d._variant_tensor for d in datasets],
        output_types=types,
        output_shapes=shapes,
        stop_on_empty_dataset=stops,
    )
    return DatasetV1Adapter(made, spec)


export_internal("python.data.ops.choose_from_datasets_op._choose_from_datasets", choose_from_datasets)
export_internal("python.data.ops.sample_from_datasets_op._sample_from_datasets", sample_from_datasets)
