"""Datasets that group, scan, choose and check: methods of `Dataset`, and their forms for `Dataset.apply`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tfcompat.data import structure
from tfcompat.data.functions import DatasetFunction
from tfcompat.data.shape_rules import dataset_shape
from tfcompat.data.structure import DatasetSpec, kind_of, to_tensors, types_and_shapes
from tfcompat.data.trees import flatten, map_components
from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.type_spec import TensorSpec
from tfcompat.ops import raw_ops

_TYPES = ("GroupByWindowDataset", "GroupByReducerDataset", "ScanDataset", "TakeWhileDataset", "UniqueDataset",
          "IgnoreErrorsDataset", "DirectedInterleaveDataset", "AssertCardinalityDataset", "DatasetCardinality",
          "ExperimentalDirectedInterleaveDataset", "RandomDataset")  # fmt: skip
shape_of(*_TYPES)(dataset_shape)
not_differentiable(*_TYPES, "DatasetToSingleElement")


@shape_of("DatasetToSingleElement")
def _element_shapes(c: Any, *shapes: TensorShape) -> list[TensorShape]:
    return list(c.attr("output_shapes"))


def settled(
    record: Callable[[Any], DatasetFunction], spec: Any, state_of: Callable[[Any], Any]
) -> tuple[DatasetFunction, Any]:
    """Records a function of a state until the state's shapes stay the same.

    Args:
        record: makes the function for a structure of specs of the state.
        spec: of the initial state.
        state_of: the part of the function's output spec that is the new state.

    Returns:
        (the function, the structure of specs of the state).

    Raises:
        TypeError: the new state has other types.
    """
    while True:
        function = record(spec)
        found = state_of(function.output_spec)
        if [kind_of(s) for s in flatten(found)] != [kind_of(s) for s in flatten(spec)]:
            raise TypeError(
                f"The element types for the new state must match the initial state. Expected {spec}; got {found}."
            )
        weaker = map_components(structure.weaker, spec, found)
        if weaker == spec:
            return function, spec
        spec = weaker


def _needs_scalar(spec: Any, dtype: dtypes.DType, what: str) -> None:
    if not isinstance(spec, TensorSpec) or spec.dtype != dtype or spec.shape.rank not in (0, None):
        raise ValueError(f"Invalid `{what}`. `{what}` must return a single `tf.{dtype.name}` scalar, got {spec}.")


class GroupingMethods:
    """Methods of `Dataset` that look at several elements, or at several datasets."""

    if TYPE_CHECKING:
        element_spec: Any
        _variant_tensor: Tensor

        def _after(self, record: Callable[..., Tensor], *arguments: Any, spec: Any = None, **attrs: Any) -> Any: ...

    def group_by_window(
        self,
        key_func: Callable[..., Any],
        reduce_func: Callable[..., Any],
        window_size: Any = None,
        window_size_func: Callable[[Any], Any] | None = None,
        name: str | None = None,
    ) -> Any:
        """Collects elements of one key, and puts what `reduce_func` makes of each full group one after the other.

        Args:
            key_func: an element's key, an int64 scalar.
            reduce_func: (key, dataset of the group) -> dataset.
            window_size: how many elements fill a group, an int64 scalar.
            window_size_func: gives that for a key, in place of `window_size`.
            name: not used.

        Raises:
            ValueError: neither or both of `window_size` and `window_size_func` are given, or a function gives
                something else.
        """
        if (window_size is None) == (window_size_func is None):
            raise ValueError("Either the `window_size` argument or the `window_size_func` argument must be specified.")
        if window_size is not None:

            def window_size_func(key: Any) -> Any:
                return convert_to_tensor(window_size, dtype=dtypes.int64)

        assert window_size_func is not None
        key = DatasetFunction(_as_int64(key_func), self.element_spec, "key_func")
        _needs_scalar(key.output_spec, dtypes.int64, "key_func")
        key_spec = TensorSpec([], dtypes.int64)
        reduced = DatasetFunction(reduce_func, (key_spec, DatasetSpec(self.element_spec)), "reduce_func")
        size = DatasetFunction(_as_int64(window_size_func), key_spec, "window_size_func")
        _needs_scalar(size.output_spec, dtypes.int64, "window_size_func")
        if not isinstance(reduced.output_spec, DatasetSpec):
            raise TypeError(f"Invalid `reduce_func`. `reduce_func` must return a `Dataset`, got {reduced.returned!r}.")
        return self._after(
            raw_ops_by_name("GroupByWindowDataset"),
            spec=reduced.output_spec.element_spec,
            key_func_other_arguments=key.captured,
            reduce_func_other_arguments=reduced.captured,
            window_size_func_other_arguments=size.captured,
            key_func=key.reference,
            reduce_func=reduced.reference,
            window_size_func=size.reference,
        )

    def bucket_by_sequence_length(
        self,
        element_length_func: Callable[..., Any],
        bucket_boundaries: Sequence[int],
        bucket_batch_sizes: Sequence[int],
        padded_shapes: Any = None,
        padding_values: Any = None,
        pad_to_bucket_boundary: bool = False,
        no_padding: bool = False,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Any:
        """Batches elements of similar length.

        Args:
            element_length_func: an element's length, an int32 scalar.
            bucket_boundaries: upper ends of the length classes, exclusive; the last class has none.
            bucket_batch_sizes: batch sizes, one more than boundaries.
            padded_shapes: as for `padded_batch`; the element's shapes when None.
            padding_values: as for `padded_batch`.
            pad_to_bucket_boundary: whether lengths that are not known are padded to the boundary less one.
            no_padding: whether elements of a class have one shape already.
            drop_remainder: whether the last, smaller batches are left out.
            name: not used.

        Raises:
            ValueError: the numbers of boundaries and batch sizes do not fit.
        """
        from tfcompat.ops import assertion, binary, masks, reduction

        if len(bucket_batch_sizes) != len(bucket_boundaries) + 1:
            raise ValueError(
                "`len(bucket_batch_sizes)` must equal `len(bucket_boundaries) + 1` but "
                f"`len(bucket_batch_sizes)={len(bucket_batch_sizes)}` and "
                f"`len(bucket_boundaries)={len(bucket_boundaries)}`."
            )
        ends = np.iinfo(np.int32)
        lows, highs = [ends.min, *bucket_boundaries], [*bucket_boundaries, ends.max]

        def bucket_of(*element: Any) -> Any:
            length = element_length_func(*element)
            fits = binary.logical_and(binary.less_equal(lows, length), binary.less(length, highs))
            return reduction.reduce_min(masks.where(fits))

        def size_of(bucket: Any) -> Any:
            return convert_to_tensor(list(bucket_batch_sizes), dtype=dtypes.int64)[bucket]

        def shapes_for(bucket: Any, shapes: Any) -> Any:
            if not pad_to_bucket_boundary:
                return shapes
            short = assertion.assert_less(  # type: ignore[attr-defined]
                bucket,
                convert_to_tensor(len(bucket_boundaries), dtype=dtypes.int64),
                message="When pad_to_bucket_boundary=True, elements must have length < max(bucket_boundaries).",
            )
            with control_dependencies([short]):
                bound = convert_to_tensor(list(bucket_boundaries), dtype=dtypes.int64)[bucket] - 1

            def padded(shape: Any) -> Any:
                dims = TensorShape(shape).as_list()
                return convert_to_tensor([bound if d is None else d for d in dims], dtype=dtypes.int64)

            return map_components(padded, shapes)

        def batched(bucket: Any, group: Any) -> Any:
            size = size_of(bucket)
            if no_padding:
                return group.batch(size, drop_remainder=drop_remainder)
            shapes = padded_shapes if padded_shapes is not None else group.output_shapes
            return group.padded_batch(size, shapes_for(bucket, shapes), padding_values, drop_remainder)

        return self.group_by_window(bucket_of, batched, window_size_func=size_of)

    def scan(self, initial_state: Any, scan_func: Callable[..., Any], name: str | None = None) -> Any:
        """`scan_func(state, element)` gives (next state, output); the outputs, from `initial_state` on."""
        state = structure.as_tensors(initial_state)

        def check(spec: Any) -> Any:
            if not isinstance(spec, tuple) or len(spec) != 2:
                raise TypeError(
                    "Invalid `scan_func`. `scan_func` should return a pair consisting of new state and the output value"
                )
            return spec[0]

        function, settled_spec = settled(
            lambda spec: DatasetFunction(scan_func, (spec, self.element_spec), "scan"),
            structure.specs_of(state),
            check,
        )
        return self._after(
            raw_ops_by_name("ScanDataset"),
            spec=function.output_spec[1],
            initial_state=to_tensors(settled_spec, state),
            other_arguments=function.captured,
            f=function.reference,
            preserve_cardinality=True,
            use_default_device=True,
        )

    def take_while(self, predicate: Callable[..., Any], name: str | None = None) -> Any:
        """The elements before the first one for which `predicate` is false."""
        function = DatasetFunction(predicate, self.element_spec, "take_while")
        _needs_scalar(function.output_spec, dtypes.bool, "predicate")
        return self._after(
            raw_ops_by_name("TakeWhileDataset"), other_arguments=function.captured, predicate=function.reference
        )

    def unique(self, name: str | None = None) -> Any:
        """Each different element once, in order; elements are single tensors, else TypeError."""
        if not isinstance(self.element_spec, TensorSpec) or self.element_spec.dtype not in (
            dtypes.int32,
            dtypes.int64,
            dtypes.string,
        ):
            raise TypeError(
                f"`tf.data.Dataset.unique` does not support elements {self.element_spec} -- only single `tf.int32`, "
                "`tf.int64`, and `tf.string` are supported."
            )
        return self._after(raw_ops.UniqueDataset)

    def ignore_errors(self, log_warning: bool = False, name: str | None = None) -> Any:
        """Leaves out the elements whose making fails."""
        return self._after(raw_ops_by_name("IgnoreErrorsDataset"), log_warning=log_warning)

    def cardinality(self, name: str | None = None) -> Tensor:
        """How many elements there are, an int64 scalar: -1 for endless, -2 where it is not known beforehand."""
        found: Tensor = raw_ops.DatasetCardinality(input_dataset=self._variant_tensor)
        return found

    def get_single_element(self, name: str | None = None) -> Any:
        """The only element; the run fails with InvalidArgumentError when there is none, or more."""
        types, shapes = types_and_shapes(self.element_spec)
        made = raw_ops.DatasetToSingleElement(dataset=self._variant_tensor, output_types=types, output_shapes=shapes)
        return structure.from_tensors(self.element_spec, made)

    def rejection_resample(
        self,
        class_func: Callable[..., Any],
        target_dist: Any,
        initial_dist: Any = None,
        seed: int | None = None,
        name: str | None = None,
    ) -> Any:
        """(class, element) pairs whose classes have the frequencies `target_dist`, by leaving elements out.

        Args:
            class_func: an element's class, an integer scalar.
            target_dist: float vector of wanted frequencies.
            initial_dist: float vector of the frequencies there are; those of the elements so far when None.
            seed: of the choice.
            name: not used.
        """
        from tfcompat.ops import array, binary, cast, filling, random, reduction

        target = convert_to_tensor(target_dist, name="target_dist")
        known = None if initial_dist is None else convert_to_tensor(initial_dist, name="initial_dist")
        classes = target.shape.num_elements() or array.size(target)

        def classified(counts: Any, element: Any) -> Any:
            parts = element if type(element) is tuple else (element,)
            kind = cast.cast(class_func(*parts), dtypes.int64)
            counts = counts + filling.one_hot(kind, classes, dtype=counts.dtype)
            present = counts / reduction.reduce_sum(counts) if known is None else known
            ratio = binary.div_no_nan(target, present)
            accepted = (ratio / reduction.reduce_max(ratio))[kind]
            return counts, (accepted, kind, element)

        def keeps(accepted: Any, kind: Any, *element: Any) -> Any:
            return binary.less(random.random_uniform([], seed=seed, dtype=accepted.dtype), accepted)

        counted = self.scan(filling.fill([classes], np.asarray(10, target.dtype.as_numpy_dtype)), classified)
        return counted.filter(keeps).map(lambda accepted, kind, element: (kind, element))


def _as_int64(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` with an int64 result, which integers of other types become."""

    def converted(*arguments: Any) -> Any:
        value = convert_to_tensor(function(*arguments))
        if value.dtype in (dtypes.int32, dtypes.int16, dtypes.int8, dtypes.uint8):
            from tfcompat.ops.cast import cast

            return cast(value, dtypes.int64)
        return value

    return converted


def raw_ops_by_name(op_type: str) -> Callable[..., Any]:
    """Records an operation whose first input is a dataset, the others by name."""
    return lambda source, **values: getattr(raw_ops, op_type)(input_dataset=source, **values)
