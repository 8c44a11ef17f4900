"""`tf.data.Dataset`: pipelines of elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.data import structure, trees
from tfcompat.data.functions import DatasetFunction
from tfcompat.data.grouping import GroupingMethods, raw_ops_by_name, settled
from tfcompat.data.padding import padded_shape_tensors, padding_tensors
from tfcompat.data.shape_rules import dataset_shape
from tfcompat.data.specs import legacy_class, legacy_shape, legacy_type, of_legacy
from tfcompat.data.structure import DatasetSpec, kind_of, to_tensors, types_and_shapes
from tfcompat.data.trees import flatten, map_components, pack
from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import INTERNAL, PUBLIC, export_internal, tf_export
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.type_spec import TensorSpec, TypeSpec
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape
from tfcompat.ops.assertion import Assert
from tfcompat.ops.binary import add
from tfcompat.ops.identity import identity
from tfcompat.ops.random_seed import get_seed
from tfcompat.ops.strings import reduce_join

_TYPES = ("TensorDataset", "TensorSliceDataset", "RangeDataset", "MapDataset", "ParallelMapDatasetV2", "FilterDataset",
          "FlatMapDataset", "InterleaveDataset", "ParallelInterleaveDatasetV4", "RepeatDataset", "TakeDataset",
          "SkipDataset", "ShardDataset", "ZipDataset", "ConcatenateDataset", "PrefetchDataset", "OptionsDataset",
          "ModelDataset", "CacheDataset", "ShuffleDataset", "BatchDatasetV2", "PaddedBatchDatasetV2", "UnbatchDataset",
          "WindowDataset", "GeneratorDataset", "TextLineDataset", "FixedLengthRecordDatasetV2",
          "TFRecordDataset")  # fmt: skip
_OLDER_TYPES = ("ParallelMapDataset", "BatchDataset", "PaddedBatchDataset", "FixedLengthRecordDataset",
                "TFRecordDatasetV2")  # fmt: skip
shape_of(*_TYPES, *_OLDER_TYPES)(dataset_shape)
not_differentiable(*_TYPES, *_OLDER_TYPES, "ReduceDataset")


@shape_of("ReduceDataset")
def _reduced_shapes(c: Any, *shapes: TensorShape) -> list[TensorShape]:
    return list(c.attr("output_shapes"))


def int64(value: Any, name: str) -> Tensor:
    """`value` as an int64 scalar called `name`."""
    return convert_to_tensor(value, dtype=dtypes.int64, name=name)


def batched_spec(spec: Any, size: int | None) -> Any:
    """The specs of batches of `size` elements."""
    return map_components(lambda s: s._batch(size), spec)


def known_size(size: Tensor, drop_remainder: Any) -> int | None:
    """How many elements every batch has, when that is known."""
    from tfcompat.graph.tensor_util import get_static_value

    return int(get_static_value(size)) if drop_remainder is True and get_static_value(size) is not None else None


def component_types(spec: Any) -> Any:
    """Structure of the types of an element."""
    return map_components(legacy_type, spec)


def component_shapes(spec: Any) -> Any:
    """Structure of the shapes of an element."""
    return map_components(legacy_shape, spec)


def component_classes(spec: Any) -> Any:
    """Structure of the classes of an element."""
    return map_components(legacy_class, spec)


@tf_export("data.Dataset")
class Dataset(GroupingMethods):
    """A sequence of elements; an element is a tensor or a structure of tuples and dicts of tensors.

    Args:
        variant_tensor: the tensor that carries it.
        element_spec: structure of specs.
    """

    def __init__(self, variant_tensor: Tensor, element_spec: Any = None):
        self._variant_tensor = variant_tensor
        self._element_spec = element_spec

    def _as_variant_tensor(self) -> Tensor:
        return self._variant_tensor

    @property
    def element_spec(self) -> Any:
        """Structure of the specs of an element."""
        return self._element_spec

    @property
    def output_types(self) -> Any:
        """Structure of the types of an element."""
        return component_types(self.element_spec)

    @property
    def output_shapes(self) -> Any:
        """Structure of the shapes of an element."""
        return component_shapes(self.element_spec)

    @property
    def output_classes(self) -> Any:
        """Structure of the classes of an element."""
        return component_classes(self.element_spec)

    def _flat(self) -> dict[str, Any]:
        types, shapes = types_and_shapes(self.element_spec)
        return {"output_types": types, "output_shapes": shapes}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} element_spec={self.element_spec}>"

    def __iter__(self) -> Any:
        raise RuntimeError(
            "`tf.data.Dataset` only supports Python-style iteration in eager mode or within tf.function."
        )

    def __bool__(self) -> bool:
        return True

    def _after(
        self, record: Callable[..., Tensor], *arguments: Any, spec: Any = None, **attrs: Any
    ) -> DatasetV1Adapter:
        """A dataset made from this one by one operation with the element's types and shapes."""
        spec = self.element_spec if spec is None else spec
        types, shapes = types_and_shapes(spec)
        inputs = [self._variant_tensor, *arguments]
        return DatasetV1Adapter(record(*inputs, output_types=types, output_shapes=shapes, **attrs), spec)

    # ---------------------------------------------------------------- sources

    @staticmethod
    def from_tensors(tensors: Any, name: str | None = None) -> DatasetV1Adapter:
        """A dataset of one element, `tensors`."""
        element = structure.as_tensors(tensors)
        spec = structure.specs_of(element)
        _, shapes = types_and_shapes(spec)
        return DatasetV1Adapter(raw_ops.TensorDataset(components=to_tensors(spec, element), output_shapes=shapes), spec)

    @staticmethod
    def from_tensor_slices(tensors: Any, name: str | None = None) -> DatasetV1Adapter:
        """A dataset of the slices of `tensors` along their first axes, which are of one size.

        Raises:
            ValueError: a tensor is a scalar, or the sizes differ.
        """
        element = structure.as_tensors(tensors)
        whole = structure.specs_of(element)
        spec = map_components(lambda s: s._unbatch(), whole)
        first = TensorShape([None])
        for part in flatten(whole):
            known = legacy_shape(part)
            if isinstance(known, TensorShape) and known.rank is not None:
                first = first.merge_with(known[:1])
        return DatasetV1Adapter(
            raw_ops.TensorSliceDataset(
                components=structure.to_sliced_tensors(whole, element), output_shapes=types_and_shapes(spec)[1]
            ),
            spec,
        )

    @staticmethod
    def range(*args: Any, **kwargs: Any) -> DatasetV1Adapter:
        """Numbers as the built-in `range` counts them; `output_type` is int64 by default.

        Raises:
            ValueError: there are no or more than three arguments.
        """
        output_type = dtypes.as_dtype(kwargs.pop("output_type", dtypes.int64))
        if not 1 <= len(args) <= 3:
            raise ValueError(f"Invalid `args`. The length of `args` should be between 1 and 3 but was {len(args)}.")
        begin, end, step = (0, args[0], 1) if len(args) == 1 else (*args, 1)[:3]
        spec = TensorSpec([], output_type)
        return DatasetV1Adapter(
            raw_ops.RangeDataset(
                start=int64(begin, "start"),
                stop=int64(end, "stop"),
                step=int64(step, "step"),
                output_types=[output_type],
                output_shapes=[spec.shape],
            ),
            spec,
        )

    @staticmethod
    def from_generator(
        generator: Callable[..., Any],
        output_types: Any = None,
        output_shapes: Any = None,
        args: Any = None,
        output_signature: Any = None,
        name: str | None = None,
    ) -> DatasetV1Adapter:
        """The elements that a Python generator yields.

        Args:
            generator: function that returns something to iterate over, each time anew.
            output_types: structure of the types of an element.
            output_shapes: structure of shapes; unknown by default.
            args: tensors whose values the generator is called with.
            output_signature: structure of `TensorSpec`s instead of types and shapes.
            name: accepted.

        Raises:
            TypeError: `generator` is not callable, or neither types nor a signature are given.
        """
        if not callable(generator):
            raise TypeError("`generator` must be a Python callable.")
        if output_signature is not None:
            if output_types is not None or output_shapes is not None:
                raise TypeError(
                    "The `output_types` and `output_shapes` arguments should not be set when `output_signature` is set"
                )
            spec = output_signature
        elif output_types is None:
            raise TypeError(
                "To specify the output signature you need to provide either the `output_signature` "
                "argument or "
                "the `output_types` argument."
            )
        else:
            spec = _spec(output_types, output_shapes)
        values = tuple(convert_to_tensor(a) for a in args or ())
        base = Dataset.from_tensors(values if values else 0)
        made = INTERNAL["python.data.ops.from_generator_op._generator_dataset"]
        return base.flat_map(lambda *given: made(generator, spec, given if values else ()))

    @staticmethod
    def zip(*args: Any, datasets: Any = None, name: str | None = None) -> DatasetV1Adapter:
        """Elements of the datasets in a structure side by side, as many as the shortest has."""
        if not args and datasets is None:
            raise TypeError("Must pass at least one dataset to `zip`.")
        if args and datasets is not None:
            raise TypeError("Both `*args` and `datasets` cannot be set.")
        whole = (args[0] if len(args) == 1 else tuple(args)) if args else datasets
        if isinstance(whole, list):
            raise TypeError(
                "Invalid input to `zip`. Inputs are expected to be (nested) structures of "
                "`tf.data.Dataset` "
                f"objects. Python `list` is not supported and you should use `tuple` instead. Got {whole}."
            )
        parts = flatten(whole)
        for part in parts:
            if not isinstance(part, Dataset):
                raise TypeError(
                    "Invalid input to `zip`. Inputs are expected to be (nested) structures of "
                    "`tf.data.Dataset` "
                    f"objects but encountered object of type {type(part)}."
                )
        spec = pack(whole, [p.element_spec for p in parts])
        types, shapes = types_and_shapes(spec)
        return DatasetV1Adapter(
            raw_ops.ZipDataset(
                input_datasets=[p._variant_tensor for p in parts], output_types=types, output_shapes=shapes
            ),
            spec,
        )

    @staticmethod
    def random(*args: Any, **kwargs: Any) -> DatasetV1Adapter:
        """See `tf.data.experimental.RandomDataset`."""
        return PUBLIC["data.experimental.RandomDataset"](*args, **kwargs)

    @staticmethod
    def counter(*args: Any, **kwargs: Any) -> DatasetV1Adapter:
        """See `tf.data.experimental.Counter`."""
        return PUBLIC["data.experimental.Counter"](*args, **kwargs)

    @staticmethod
    def choose_from_datasets(*args: Any, **kwargs: Any) -> DatasetV1Adapter:
        """See `tf.data.experimental.choose_from_datasets`; `stop_on_empty_dataset` is True here by default."""
        return INTERNAL["python.data.ops.choose_from_datasets_op._choose_from_datasets"](*args, **kwargs)

    @staticmethod
    def sample_from_datasets(*args: Any, **kwargs: Any) -> DatasetV1Adapter:
        """See `tf.data.experimental.sample_from_datasets`."""
        return INTERNAL["python.data.ops.sample_from_datasets_op._sample_from_datasets"](*args, **kwargs)

    @staticmethod
    def list_files(
        file_pattern: Any, shuffle: bool | None = None, seed: Any = None, name: str | None = None
    ) -> DatasetV1Adapter:
        """The names of the files that match a pattern (or of a vector of patterns), shuffled unless told otherwise."""
        with name_scope("list_files"):
            pattern = convert_to_tensor(file_pattern, dtype=dtypes.string, name="file_pattern")
            names = raw_ops.MatchingFiles(pattern=pattern)
            matched = raw_ops.Greater(x=shape(names)[0], y=0, name="match_not_empty")
            message = add(
                "No files matched pattern: ", reduce_join(pattern, separator=", ", name="ReduceJoin"), name="message"
            )
            with control_dependencies([Assert(matched, [message], summarize=1, name="assert_not_empty")]):
                names = identity(names)
            found = Dataset.from_tensor_slices(names)
            if shuffle is None or shuffle:
                count = raw_ops.Maximum(x=raw_ops.Size(input=names, out_type=dtypes.int64), y=constant(1, dtypes.int64))
                found = found.shuffle(count, seed=seed)
            return found

    # ---------------------------------------------------------------- element by element

    def map(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
        **ignored: Any,
    ) -> DatasetV1Adapter:
        """`map_func` of every element; the parts of a tuple are separate arguments."""
        if num_parallel_calls is None:
            return self._mapped(map_func, False)
        function = DatasetFunction(map_func, self.element_spec, "map")
        return self._after(
            raw_ops_by_name("ParallelMapDatasetV2"),
            spec=function.output_spec,
            num_parallel_calls=int64(num_parallel_calls, "num_parallel_calls"),
            deterministic={None: "default", True: "true", False: "false"}[deterministic],
            other_arguments=function.captured,
            f=function.reference,
            preserve_cardinality=False,
        )

    def _mapped(self, map_func: Callable[..., Any], keeps_count: bool) -> DatasetV1Adapter:
        function = DatasetFunction(map_func, self.element_spec, "map")
        return self._after(
            raw_ops_by_name("MapDataset"),
            spec=function.output_spec,
            other_arguments=function.captured,
            f=function.reference,
            preserve_cardinality=keeps_count,
        )

    map_with_legacy_function = map

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> DatasetV1Adapter:
        """The elements for which `predicate` gives a true bool scalar; TypeError when it gives anything else."""
        function = DatasetFunction(predicate, self.element_spec, "filter")
        spec = function.output_spec
        if not isinstance(spec, TensorSpec) or spec.dtype != dtypes.bool or spec.shape.rank not in (0, None):
            raise ValueError(
                "Invalid `predicate`. `predicate` must return a `tf.bool` scalar tensor, but its "
                "return type "
                f"is {spec}."
            )
        return self._after(
            raw_ops_by_name("FilterDataset"), other_arguments=function.captured, predicate=function.reference
        )

    filter_with_legacy_function = filter

    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> DatasetV1Adapter:
        """The elements of the datasets that `map_func` makes of elements, one dataset after the other."""
        function = DatasetFunction(map_func, self.element_spec, "flat_map")
        return self._after(
            raw_ops_by_name("FlatMapDataset"),
            spec=inner_spec(function, "flat_map"),
            other_arguments=function.captured,
            f=function.reference,
        )

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: Any = None,
        block_length: Any = None,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> DatasetV1Adapter:
        """As `flat_map`, `block_length` elements in turn of `cycle_length` datasets at a time."""
        function = DatasetFunction(map_func, self.element_spec, "interleave")
        block = 1 if block_length is None else block_length
        if num_parallel_calls is None:
            import os

            cycle = (os.cpu_count() or 1) if cycle_length in (None, -1) else cycle_length
            return self._after(
                raw_ops_by_name("InterleaveDataset"),
                spec=inner_spec(function, "interleave"),
                other_arguments=function.captured,
                cycle_length=int64(cycle, "cycle_length"),
                block_length=int64(block, "block_length"),
                f=function.reference,
            )
        cycle = -1 if cycle_length is None else cycle_length
        return self._after(
            raw_ops_by_name("ParallelInterleaveDatasetV4"),
            spec=inner_spec(function, "interleave"),
            other_arguments=function.captured,
            cycle_length=int64(cycle, "cycle_length"),
            block_length=int64(block, "block_length"),
            buffer_output_elements=int64(-1, "buffer_output_elements"),
            prefetch_input_elements=int64(-1, "prefetch_input_elements"),
            num_parallel_calls=int64(num_parallel_calls, "num_parallel_calls"),
            f=function.reference,
            deterministic={None: "default", True: "true", False: "false"}[deterministic],
        )

    def enumerate(self, start: Any = 0, name: str | None = None) -> DatasetV1Adapter:
        """(number, element) pairs, counted from `start`."""
        return Dataset.zip((Dataset.range(start, np.iinfo(np.int64).max), self))

    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any], name: str | None = None) -> Any:
        """`reduce_func(state, element)` over all elements, from `initial_state` on: a structure of tensors.

        Raises:
            TypeError: the function gives other types than the state has.
        """
        with name_scope("initial_state"):
            state = structure.as_tensors(initial_state)
        function, spec = settled(
            lambda spec: DatasetFunction(reduce_func, (spec, self.element_spec), "reduce"),
            structure.specs_of(state),
            lambda spec: spec,
        )
        types, shapes = types_and_shapes(spec)
        made = raw_ops.ReduceDataset(
            input_dataset=self._variant_tensor,
            initial_state=to_tensors(spec, state),
            other_arguments=function.captured,
            f=function.reference,
            output_types=types,
            output_shapes=shapes,
        )
        return structure.from_tensors(spec, made)

    # ---------------------------------------------------------------- order and number

    def repeat(self, count: Any = None, name: str | None = None) -> DatasetV1Adapter:
        """All elements `count` times; for ever when None or -1."""
        return self._after(raw_ops.RepeatDataset, int64(-1 if count is None else count, "count"))

    def take(self, count: Any, name: str | None = None) -> DatasetV1Adapter:
        """The first `count` elements; all when it is -1."""
        return self._after(raw_ops.TakeDataset, int64(count, "count"))

    def skip(self, count: Any, name: str | None = None) -> DatasetV1Adapter:
        """The elements after the first `count`; none when it is -1."""
        return self._after(raw_ops.SkipDataset, int64(count, "count"))

    def shard(self, num_shards: Any, index: Any, name: str | None = None) -> DatasetV1Adapter:
        """Every `num_shards`-th element from number `index` on."""
        return self._after(raw_ops.ShardDataset, int64(num_shards, "num_shards"), int64(index, "index"))

    def concatenate(self, dataset: Dataset, name: str | None = None) -> DatasetV1Adapter:
        """The elements of `dataset` after those of this one; TypeError when they have other types."""
        own, other = flatten(self.element_spec), flatten(dataset.element_spec)
        if [kind_of(s) for s in own] != [kind_of(s) for s in other]:
            raise TypeError(f"Incompatible dataset elements:\n  {self.element_spec} vs.   {dataset.element_spec}")
        spec = map_components(structure.weaker, self.element_spec, dataset.element_spec)
        return self._after(raw_ops.ConcatenateDataset, dataset._variant_tensor, spec=spec)

    def shuffle(
        self, buffer_size: Any, seed: Any = None, reshuffle_each_iteration: bool | None = None, name: str | None = None
    ) -> DatasetV1Adapter:
        """Elements in random order, each drawn from the next `buffer_size` ones, in another order each time."""
        size = int64(buffer_size, "buffer_size")
        seed1, seed2 = dataset_seeds(seed)
        return self._after(
            raw_ops.ShuffleDataset,
            size,
            seed1,
            seed2,
            reshuffle_each_iteration=True if reshuffle_each_iteration is None else reshuffle_each_iteration,
        )

    def prefetch(self, buffer_size: Any = None, name: str | None = None) -> DatasetV1Adapter:
        """The same elements; they are made when they are asked for."""
        return self._after(raw_ops.PrefetchDataset, int64(-1 if buffer_size is None else buffer_size, "buffer_size"))

    def cache(self, filename: Any = "", name: str | None = None) -> DatasetV1Adapter:
        """The same elements, kept once all have been seen: in memory, or in files whose names begin with `filename`."""
        return self._after(raw_ops.CacheDataset, convert_to_tensor(filename, dtype=dtypes.string, name="filename"))

    # ---------------------------------------------------------------- batches

    def batch(
        self,
        batch_size: Any,
        drop_remainder: Any = False,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> DatasetV1Adapter:
        """Groups of `batch_size` elements along a new first axis; a smaller last one unless `drop_remainder`."""
        size = int64(batch_size, "batch_size")
        spec = batched_spec(self.element_spec, known_size(size, drop_remainder))
        return self._after(raw_ops.BatchDatasetV2, size, _drop(drop_remainder), spec=spec)

    def padded_batch(
        self,
        batch_size: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: Any = False,
        name: str | None = None,
    ) -> DatasetV1Adapter:
        """As `batch`, with elements padded.

        Args:
            batch_size: elements in a batch.
            padded_shapes: structure of shapes to pad to, None or -1 in them for the largest of the batch.
            padding_values: structure of scalars to pad with; 0 or "" by default.
            drop_remainder: whether a smaller last batch is left out.
            name: accepted.

        Raises:
            ValueError: a shape is not known and `padded_shapes` is not given.
        """
        size = int64(batch_size, "batch_size")
        specs = flatten(self.element_spec)
        shapes, known = padded_shape_tensors(self.element_spec, padded_shapes)
        values = padding_tensors(self.element_spec, padding_values)
        rows = known_size(size, drop_remainder)
        spec = pack(
            self.element_spec,
            [
                TensorSpec(TensorShape([rows]).concatenate(shape), s.dtype)
                for s, shape in zip(specs, known, strict=True)
            ],
        )
        _, output_shapes = types_and_shapes(spec)
        return DatasetV1Adapter(
            raw_ops.PaddedBatchDatasetV2(
                input_dataset=self._variant_tensor,
                batch_size=size,
                padded_shapes=shapes,
                padding_values=values,
                drop_remainder=_drop(drop_remainder),
                output_shapes=output_shapes,
            ),
            spec,
        )

    def unbatch(self, name: str | None = None) -> DatasetV1Adapter:
        """The slices of the elements along their first axes."""
        own = self.element_spec
        spec = map_components(lambda s: s._unbatch(), own)
        sizes = {d for s in flatten(own) for d in _first_size(s)}
        if len(sizes) > 1:
            raise ValueError(f"Cannot unbatch an input with components of different batch sizes. Got {sorted(sizes)}.")

        def sliced(*element: Any) -> Any:
            value = element if type(own) is tuple else element[0]
            return tuple(structure.to_sliced_tensors(own, value))

        return self.map(sliced)._after(raw_ops.UnbatchDataset, spec=spec)

    def window(
        self, size: Any, shift: Any = None, stride: Any = 1, drop_remainder: bool = False, name: str | None = None
    ) -> DatasetV1Adapter:
        """Datasets of `size` elements each, `stride` apart, that begin `shift` elements (`size`) after one another."""
        spec = map_components(DatasetSpec, self.element_spec)
        return self._after(
            raw_ops.WindowDataset,
            int64(size, "size"),
            int64(size if shift is None else shift, "shift"),
            int64(stride, "stride"),
            _drop(drop_remainder),
            spec=spec,
        )

    def apply(self, transformation_func: Callable[[Any], Any]) -> Any:
        """`transformation_func` of this dataset."""
        made = transformation_func(self)
        if not isinstance(made, Dataset):
            raise TypeError(f"`transformation_func` must return a `tf.data.Dataset` object. Got {type(made)}.")
        return made

    def with_options(self, options: Any, name: str | None = None) -> Any:
        """The same elements; options concern how fast they come, and `options()` gives them back."""
        return INTERNAL["python.data.ops.dataset_ops._OptionsDataset"](self, options)

    def options(self) -> Any:
        """Its options: those it has by default."""
        return PUBLIC["data.Options"]()

    # ---------------------------------------------------------------- iterators

    def make_one_shot_iterator(self) -> Any:
        """An iterator that needs no initializing; see `tf.data.make_one_shot_iterator`."""
        return PUBLIC["data.make_one_shot_iterator"](self)

    def make_initializable_iterator(self, shared_name: str | None = None) -> Any:
        """An iterator that starts when its `initializer` is run; see `tf.data.make_initializable_iterator`."""
        return PUBLIC["data.make_initializable_iterator"](self, shared_name)


class DatasetV1Adapter(Dataset):
    """A dataset that is the result of an operation."""


class VariantDataset(Dataset):
    """A dataset that a variant tensor carries."""


export_internal("python.data.ops.dataset_ops._VariantDataset", VariantDataset)


def inner_spec(function: DatasetFunction, what: str) -> Any:
    """The specs of the elements of the datasets that a function gives; TypeError when it gives something else."""
    spec = function.output_spec
    if not isinstance(spec, DatasetSpec):
        raise TypeError(
            f"Invalid `map_func`. `map_func` must return a `Dataset` object. Got {type(function.returned)}."
            if what != "interleave"
            else f"The `map_func` argument must return a `Dataset` object. Got {type(function.returned)!r}."
        )
    return spec.element_spec


def _first_size(spec: Any) -> list[int]:
    """The size of the first axis of a component, if it is known."""
    shape = legacy_shape(spec)
    first = shape.as_list()[:1] if isinstance(shape, TensorShape) and shape.rank else []
    return [d for d in first if d is not None]


def _drop(drop_remainder: Any) -> Tensor:
    return convert_to_tensor(drop_remainder, dtype=dtypes.bool, name="drop_remainder")


def dataset_seeds(seed: Any) -> tuple[Tensor, Tensor]:
    """The two seed tensors, of which at least one is not 0 unless nothing is seeded."""
    first, second = get_seed(seed)
    one = int64(0 if first is None else first, "seed")
    if second is None:
        return one, int64(0, "seed2")
    with name_scope("seed2") as scope:
        two = convert_to_tensor(second, dtype=dtypes.int64)
        zero = raw_ops.LogicalAnd(x=raw_ops.Equal(x=one, y=0), y=raw_ops.Equal(x=two, y=0))
        largest = constant(2**31 - 1, dtype=dtypes.int64)
        return one, raw_ops.SelectV2(condition=zero, t=largest, e=two, name=scope)


def _spec(types: Any, shapes: Any, classes: Any = None) -> Any:
    """The specs of types, shapes (None: unknown) and classes (None: tensors)."""
    flat = flatten(types)
    rows = [None] * len(flat) if shapes is None else _flat_shapes(types, shapes)
    kinds = [Tensor] * len(flat) if classes is None else flatten(classes)
    return pack(types, [of_legacy(k, t, s) for k, t, s in zip(kinds, flat, rows, strict=True)])


def _flat_shapes(types: Any, shapes: Any) -> list[Any]:
    if isinstance(types, dict):
        return [s for k in sorted(types) for s in _flat_shapes(types[k], shapes[k])]
    if trees.is_branch(types):
        if not isinstance(shapes, (tuple, list)) or len(shapes) != len(types):
            raise TypeError(f"The structure of shapes {shapes!r} is not that of types {types!r}.")
        return [s for t, own in zip(types, shapes, strict=True) for s in _flat_shapes(t, own)]
    return [shapes if isinstance(shapes, TypeSpec) else TensorShape(shapes)]


@tf_export("data.get_output_types")
def get_output_types(dataset_or_iterator: Any) -> Any:
    """Structure of the types of an element."""
    return dataset_or_iterator.output_types


@tf_export("data.get_output_shapes")
def get_output_shapes(dataset_or_iterator: Any) -> Any:
    """Structure of the shapes of an element."""
    return dataset_or_iterator.output_shapes


@tf_export("data.get_output_classes")
def get_output_classes(dataset_or_iterator: Any) -> Any:
    """Structure of the classes of an element."""
    return dataset_or_iterator.output_classes
