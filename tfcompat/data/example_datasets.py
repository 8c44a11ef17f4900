"""`tf.data.experimental`: datasets of parsed `Example` messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tfcompat.data.dataset import Dataset, DatasetV1Adapter
from tfcompat.data.datasets_of_files import TFRecordDataset
from tfcompat.data.file_lists import shuffled_and_repeated
from tfcompat.data.shape_rules import dataset_shape
from tfcompat.data.structure import types_and_shapes
from tfcompat.data.transformations import Transformation, parallel_interleave
from tfcompat.graph import dtypes
from tfcompat.graph.export import tf_export
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.type_spec import SparseTensorSpec, TensorSpec
from tfcompat.ops import raw_ops
from tfcompat.ops.example_features import (
    FeatureColumns,
    FixedLenFeature,
    FixedLenSequenceFeature,
    SparseFeature,
    VarLenFeature,
)
from tfcompat.ops.parsing import composed
from tfcompat.ops.ragged.spec import RaggedTensorSpec
from tfcompat.ops.ragged_features import RaggedColumns, RaggedFeature

shape_of("ParseExampleDataset", "ParseExampleDatasetV2")(dataset_shape)
not_differentiable("ParseExampleDataset", "ParseExampleDatasetV2")


@tf_export("data.experimental.parse_example_dataset")
def parse_example_dataset(
    features: Mapping[str, Any], num_parallel_calls: Any = 1, deterministic: bool | None = None
) -> Transformation:
    """A transformation from vectors of serialized `Example` messages to dicts of tensors.

    Args:
        features: as for `tf.io.parse_example`.
        num_parallel_calls: accepted; how many vectors are parsed at once.
        deterministic: accepted; the order is always kept.

    Raises:
        ValueError: `features` is missing, or as for `tf.io.parse_example`.
    """
    if features is None:
        raise ValueError("Argument `features` is required, but not specified.")

    def transformed(dataset: Dataset) -> Any:
        parsed = _parsed(dataset, features, num_parallel_calls, deterministic)
        if not any(isinstance(f, (SparseFeature, RaggedFeature)) for f in features.values()):
            return parsed
        return parsed.map(lambda found: composed(features, found), num_parallel_calls=num_parallel_calls)

    return transformed


def _parsed(dataset: Dataset, features: Mapping[str, Any], calls: Any, deterministic: bool | None) -> DatasetV1Adapter:
    own = dataset.element_spec
    if not isinstance(own, TensorSpec) or own.dtype != dtypes.string or own.shape.rank not in (1, None):
        raise TypeError(f"Input dataset should be a dataset of vectors of strings. Instead it is {own}.")
    ragged = RaggedColumns.of(features)
    columns = FeatureColumns.of(
        {k: f for k, f in features.items() if not isinstance(f, RaggedFeature)},
        (VarLenFeature, SparseFeature, FixedLenFeature, FixedLenSequenceFeature),
        prepend=True,
    )
    columns.check(ragged.keys)
    keys, kinds = columns.ordered_sparse()
    batch = TensorShape([None if own.shape.rank is None else own.shape.as_list()[0]])
    rows = batch.concatenate([None])
    spec: dict[str, Any] = {k: SparseTensorSpec(rows, t) for k, t in columns.sparse.items()}
    spec.update({k: TensorSpec(batch.concatenate(shape), t) for k, (t, shape) in columns.dense.items()})
    spec.update({k: RaggedTensorSpec(rows, t, 1, ragged.splits[k]) for k, t in ragged.values.items()})
    types, shapes = types_and_shapes(spec)
    made = raw_ops.ParseExampleDatasetV2(
        input_dataset=dataset._variant_tensor,
        num_parallel_calls=calls,
        dense_defaults=columns.default_tensors(),
        output_types=types,
        output_shapes=shapes,
        sparse_keys=keys,
        sparse_types=kinds,
        dense_keys=list(columns.dense),
        dense_shapes=[shape for _, shape in columns.dense.values()],
        deterministic={None: "default", True: "true", False: "false"}[deterministic],
        ragged_keys=ragged.keys,
        ragged_value_types=list(ragged.values.values()),
        ragged_split_types=list(ragged.splits.values()),
    )
    return DatasetV1Adapter(made, spec)


@tf_export("data.experimental.make_batched_features_dataset")
def make_batched_features_dataset(
    file_pattern: Any,
    batch_size: Any,
    features: Mapping[str, Any],
    reader: Callable[..., Any] | None = None,
    label_key: str | None = None,
    reader_args: Any = None,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: int = 10000,
    shuffle_seed: int | None = None,
    prefetch_buffer_size: int | None = None,
    reader_num_threads: int | None = None,
    parser_num_threads: int | None = None,
    sloppy_ordering: bool = False,
    drop_final_batch: bool = False,
) -> Any:
    """Batches of parsed `Example` messages from files: dicts of tensors.

    Args:
        file_pattern: a path, pattern, or list of these.
        batch_size: messages in a batch; a smaller last one is left out if there is no end or `drop_final_batch` is set.
        features: as for `tf.io.parse_example`.
        reader: makes a dataset of a file name: of strings, or of pairs with the string second; `TFRecordDataset` by
            default.
        label_key: a feature that is given apart: elements are (dict, label) then.
        reader_args: further arguments of `reader`.
        num_epochs: how often all messages come; without end when None.
        shuffle: whether files and messages are shuffled.
        shuffle_buffer_size: messages among which one is chosen.
        shuffle_seed: seed.
        prefetch_buffer_size: batches made ahead.
        reader_num_threads: files read in turn; 1 by default.
        parser_num_threads: batches parsed at once; 2 by default.
        sloppy_ordering: accepted; the order is always the determined one.
        drop_final_batch: whether a smaller last batch is left out.

    Raises:
        TypeError: `reader` is a reader of a graph, not a function to a dataset.
        ValueError: `label_key` is no feature.
    """
    reader = TFRecordDataset if reader is None else reader
    if isinstance(reader, type) and not issubclass(reader, Dataset) and hasattr(reader, "read_up_to"):
        raise TypeError(
            "The `reader` argument must return a `Dataset` object. `tf.ReaderBase` subclasses are not supported."
        )

    def records(name: Any) -> Any:
        return reader(name, *(reader_args or []))

    dataset: Any = Dataset.list_files(file_pattern, shuffle=shuffle, seed=shuffle_seed)
    dataset = dataset.apply(parallel_interleave(records, reader_num_threads or 1, sloppy=sloppy_ordering))
    if dataset.element_spec == (TensorSpec([], dtypes.string),) * 2:
        dataset = dataset.map(lambda _, text: text)
    dataset = shuffled_and_repeated(dataset, num_epochs, shuffle, shuffle_buffer_size, shuffle_seed)
    dataset = dataset.batch(batch_size, drop_remainder=drop_final_batch or num_epochs is None)
    dataset = dataset.apply(parse_example_dataset(features, 2 if parser_num_threads is None else parser_num_threads))
    if label_key:
        if label_key not in features:
            raise ValueError(
                f"The `label_key` provided ({label_key}) must be one of the `features` keys: {features.keys()}."
            )
        dataset = dataset._mapped(lambda values: (values, values.pop(label_key)), True)
    return dataset.prefetch(prefetch_buffer_size)
