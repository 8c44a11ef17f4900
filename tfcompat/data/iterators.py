"""`tf.data.Iterator`: elements of a dataset, one per run."""

from __future__ import annotations

import operator
import secrets
from typing import Any

from tfcompat.data.dataset import Dataset, _spec, component_classes, component_shapes, component_types
from tfcompat.data.structure import from_tensors, types_and_shapes
from tfcompat.data.trees import flatten
from tfcompat.graph import dtypes
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.graph.func_graph import FuncGraph, registered
from tfcompat.graph.nest import assert_same_structure
from tfcompat.graph.op_def import arg_types
from tfcompat.graph.operation import FuncRef, Operation
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import no_outputs, scalar
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.random_seed import get_seed

_HANDLES = ("IteratorV2", "Iterator", "OneShotIterator", "IteratorToStringHandle", "IteratorFromStringHandleV2",
            "IteratorFromStringHandle")  # fmt: skip
shape_of(*_HANDLES)(scalar)
shape_of("MakeIterator")(no_outputs)
not_differentiable(*_HANDLES, "MakeIterator", "IteratorGetNext", "IteratorGetNextSync")


@shape_of("IteratorGetNext", "IteratorGetNextSync")
def _next_shapes(c: Any, *shapes: TensorShape) -> list[TensorShape]:
    return list(c.attr("output_shapes"))


@tf_export("data.Iterator")
class Iterator:
    """Gives the elements of a dataset one after the other.

    Args:
        iterator_resource: the handle.
        initializer: operation that starts it; None when it needs none.
        output_types: structure of the types of an element.
        output_shapes: structure of the shapes.
        output_classes: structure of the classes.
    """

    def __init__(
        self,
        iterator_resource: Tensor,
        initializer: Any,
        output_types: Any,
        output_shapes: Any,
        output_classes: Any = None,
        element_spec: Any = None,
    ):
        self._iterator_resource = iterator_resource
        self._initializer = initializer
        self._element_spec = (
            _spec(output_types, output_shapes, output_classes) if element_spec is None else element_spec
        )
        self._string_handle = raw_ops.IteratorToStringHandle(resource_handle=iterator_resource)
        self._get_next_calls = 0
        get_default_graph().add_to_collection(GraphKeys.__dict__.get("ITERATORS", "iterators"), iterator_resource)

    @staticmethod
    def from_structure(
        output_types: Any, output_shapes: Any = None, shared_name: str | None = None, output_classes: Any = None
    ) -> Iterator:
        """An iterator for datasets of one structure; `make_initializer` gives the operation that starts it.

        Args:
            output_types: structure of types.
            output_shapes: structure of shapes; unknown by default.
            shared_name: iterators of one shared name in a session are one.
            output_classes: accepted.
        """
        spec = _spec(output_types, output_shapes, output_classes)
        types, shapes = types_and_shapes(spec)
        handle = raw_ops.IteratorV2(
            container="", shared_name=shared_name or "", output_types=types, output_shapes=shapes
        )
        return Iterator(handle, None, None, None, element_spec=spec)

    @staticmethod
    def from_string_handle(
        string_handle: Any, output_types: Any, output_shapes: Any = None, output_classes: Any = None
    ) -> Iterator:
        """The iterator that a string (of `string_handle()` of another one) stands for while running."""
        spec = _spec(output_types, output_shapes, output_classes)
        types, shapes = types_and_shapes(spec)
        text = convert_to_tensor(string_handle, dtype=dtypes.string)
        handle = raw_ops.IteratorFromStringHandleV2(string_handle=text, output_types=types, output_shapes=shapes)
        return Iterator(handle, None, None, None, element_spec=spec)

    @property
    def initializer(self) -> Any:
        """The operation that starts it; ValueError for iterators that have none."""
        if self._initializer is None:
            raise ValueError(
                "The iterator does not have an initializer. This means it was likely created using "
                "`tf.data.Dataset.make_one_shot_iterator()`. For an initializable iterator, use "
                "`tf.data.Dataset.make_initializable_iterator()` instead."
            )
        return self._initializer

    def make_initializer(self, dataset: Dataset, name: str | None = None) -> Any:
        """An operation that starts it with `dataset`.

        Raises:
            TypeError: the dataset's elements have other types or shapes.
        """
        self._check(dataset)
        with get_default_graph().colocate_with(self._iterator_resource.op):
            return raw_ops.MakeIterator(
                dataset=dataset._variant_tensor, iterator=self._iterator_resource, name=name or "make_initializer"
            )

    def _check(self, dataset: Dataset) -> None:
        """TypeError or ValueError when an element of `dataset` is none of this iterator's."""
        assert_same_structure(self.output_types, dataset.output_types)
        for what, own, other, fit in (
            ("classes", self.output_classes, dataset.output_classes, operator.is_),
            ("types", self.output_types, dataset.output_types, operator.eq),
            ("shapes", self.output_shapes, dataset.output_shapes, _may_be),
        ):
            if not all(fit(a, b) for a, b in zip(flatten(own), flatten(other), strict=True)):
                with_these = " compatible with" if what == "shapes" else ""
                raise TypeError(
                    f"Expected output {what}{with_these} {own!r} but got dataset with output {what} {other!r}."
                )

    def get_next(self, name: str | None = None) -> Any:
        """The next element, in the dataset's structure; OutOfRangeError when run at the end."""
        types, shapes = types_and_shapes(self._element_spec)
        made = raw_ops.IteratorGetNext(
            iterator=self._iterator_resource, output_types=types, output_shapes=shapes, name=name
        )
        return from_tensors(self._element_spec, made)

    def string_handle(self, name: str | None = None) -> Tensor:
        """A string scalar that stands for it, for `from_string_handle`."""
        if name is None:
            return self._string_handle  # type: ignore[no-any-return]
        return raw_ops.IteratorToStringHandle(resource_handle=self._iterator_resource, name=name)  # type: ignore[no-any-return]

    @property
    def element_spec(self) -> Any:
        """Structure of the specs of an element."""
        return self._element_spec

    @property
    def output_types(self) -> Any:
        """Structure of the types of an element."""
        return component_types(self._element_spec)

    @property
    def output_shapes(self) -> Any:
        """Structure of the shapes of an element."""
        return component_shapes(self._element_spec)

    @property
    def output_classes(self) -> Any:
        """Structure of the classes of an element."""
        return component_classes(self._element_spec)


def _may_be(own: Any, other: Any) -> bool:
    return own.is_compatible_with(other)  # type: ignore[no-any-return]


@tf_export("data.make_initializable_iterator")
def initializable_iterator(dataset: Dataset, shared_name: str | None = None) -> Iterator:
    """An iterator over `dataset` that starts, and starts anew, when its `initializer` is run."""
    types, shapes = types_and_shapes(dataset.element_spec)
    with get_default_graph().colocate_with(dataset._variant_tensor.op):
        handle = raw_ops.IteratorV2(
            container="", shared_name=shared_name or "", output_types=types, output_shapes=shapes
        )
        begin = raw_ops.MakeIterator(dataset=dataset._variant_tensor, iterator=handle)
        return Iterator(handle, begin, None, None, element_spec=dataset.element_spec)


@tf_export("data.make_one_shot_iterator")
def one_shot_iterator(dataset: Dataset) -> Iterator:
    """An iterator over `dataset` that starts with the first run.

    Raises:
        ValueError: the dataset depends on a placeholder or variable.
    """
    types, shapes = types_and_shapes(dataset.element_spec)
    get_seed(None)  # the reference's function has a seed, which counts where the graph has one
    reference = _factory(dataset._variant_tensor)
    handle = raw_ops.OneShotIterator(
        dataset_factory=reference, output_types=types, output_shapes=shapes, container="", shared_name=""
    )
    return Iterator(handle, None, None, None, element_spec=dataset.element_spec)


def _factory(variant: Tensor) -> FuncRef:
    """A function without arguments that makes the dataset `variant`: its inputs are copied into it, checks are not."""
    graph = FuncGraph(f"_make_dataset_{secrets.token_hex(6)}", variant.graph)
    copies: dict[Operation, Operation] = {}
    pending = [variant.op]
    while pending:
        op = pending[-1]
        before = [t.op for t in op.inputs if t.op not in copies]
        if op in copies or not before:
            pending.pop()
            if op not in copies:
                copies[op] = _copied(graph, op, copies)
        else:
            pending.extend(before)
    graph.outputs = [copies[variant.op].outputs[variant.value_index]]
    return registered(variant.graph, graph)


def _copied(graph: FuncGraph, op: Operation, copies: dict[Operation, Operation]) -> Operation:
    if op.type.startswith("Placeholder"):
        raise ValueError(f"Cannot capture a placeholder (name:{op.name}, type:{op.type}) by value.")
    if op.definition.is_stateful and not any(t.dtype is dtypes.variant for t in op.outputs):
        raise ValueError(
            "Failed to create a one-shot iterator for a dataset. `Dataset.make_one_shot_iterator()` does not support "
            "datasets that capture stateful objects, such as a `Variable` or `LookupTable`. In these cases, use "
            "`Dataset.make_initializable_iterator()`. (Original error: Cannot capture a stateful node "
            f"(name:{op.name}, type:{op.type}) by value.)"
        )
    inputs = [copies[t.op].outputs[t.value_index] for t in op.inputs]
    attrs = {k: v for k, v in op.attrs.items() if k != "_class"}
    types = [t for arg in op.definition.outputs for t in arg_types(arg, attrs)]
    with graph.as_default(), graph.name_scope(None), graph.control_dependencies(None):
        made = graph.add_op(op.definition, inputs, attrs, types, op.name, [])
    for old, new in zip(op.outputs, made.outputs, strict=True):
        new._shape = old._shape
    return made
