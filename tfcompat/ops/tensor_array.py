"""`tf.TensorArray`: a list of tensors of one type, recorded as operations on tensor lists."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.tensor import CompositeTensor, Tensor
from tfcompat.graph.tensor_shape import SCALAR, UNKNOWN, TensorShape, as_shape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape as array_shape
from tfcompat.ops.identity import identity
from tfcompat.ops.tensor_list import shape_input


@tf_export("TensorArray")
class TensorArray(CompositeTensor):
    """Tensors of one type by position. Every change gives a new object; loop bodies take one and return another.

    Args:
        dtype: type of the elements.
        size: scalar int32, how many there are.
        dynamic_size: whether a write beyond the end makes the array longer.
        clear_after_read: accepted; elements stay.
        tensor_array_name: accepted.
        handle: must be None.
        flow: a variant tensor that holds a list already, in place of `size`.
        infer_shape: whether all elements have one shape, which is taken from what is written.
        element_shape: shape of the elements; parts may be unknown.
        colocate_with_first_write_call: accepted.
        name: name of the operation.

    Raises:
        ValueError: neither `size` nor `flow` is given, or both, or a `handle`.
        TypeError: `flow` is no tensor.
    """

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: Any = None,
        flow: Any = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ):
        if handle is not None:
            raise ValueError("Cannot construct with handle: this TensorArray keeps its elements in its flow.")
        if flow is not None and size is not None:
            raise ValueError(
                "Cannot provide both `flow` and `size` arguments at the same time when constructing a TensorArray."
            )
        if flow is not None and (not isinstance(flow, Tensor) or flow.dtype.base_dtype is not dtypes.variant):
            raise TypeError(f"Expected `flow` to be a variant tensor, but received {flow!r}.")
        if flow is None and size is None:
            raise ValueError("Argument `size` must be provided if handle is not provided.")
        self._dtype = dtypes.as_dtype(dtype).base_dtype
        self._dynamic_size = bool(dynamic_size)
        self._infer_shape = infer_shape
        self._element_shape = as_shape(element_shape)
        self._size = size
        self._size_changes = self._dynamic_size or size is None
        if flow is not None:
            self._flow = flow
            return
        with name_scope(name, "TensorArrayV2", [size]) as scope:
            self._flow = raw_ops.TensorListReserve(
                element_shape=shape_input(self._element_shape), num_elements=size, element_dtype=self._dtype, name=scope
            )

    def _with_flow(self, flow: Tensor, element_shape: TensorShape | None = None, size: Any = None) -> TensorArray:
        """This array in another state."""
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__)
        made._flow = flow
        if element_shape is not None:
            made._element_shape = element_shape
        if size is not None:
            made._size = size
        return made

    # ---------------------------------------------------------------- what it is

    @property
    def flow(self) -> Tensor:
        """The variant tensor that holds the list."""
        return self._flow

    @property
    def dtype(self) -> dtypes.DType:
        """The type of the elements."""
        return self._dtype

    @property
    def handle(self) -> None:
        """None: the elements are in the flow."""
        return None

    @property
    def element_shape(self) -> TensorShape:
        """What is known of the shape of the elements."""
        return self._element_shape

    @property
    def dynamic_size(self) -> bool:
        """Whether writes may make it longer."""
        return self._dynamic_size

    def mark_used(self) -> None:
        """Nothing: what is not used is not computed."""

    @property
    def graph(self) -> Any:
        """The graph that holds it."""
        return self._flow.graph

    def component_tensors(self) -> list[Tensor]:
        """Its flow."""
        return [self._flow]

    def with_component_tensors(self, tensors: list[Tensor]) -> TensorArray:
        """This array with another flow."""
        return self._with_flow(tensors[0])

    def _loop_shapes(self) -> list[TensorShape]:
        return [SCALAR]

    # ---------------------------------------------------------------- elements

    def identity(self) -> TensorArray:
        """The same array; reading from it waits for control dependencies that are active now."""
        flow = identity(self._flow)
        with name_scope(None, "TensorArrayV2", [flow]):
            return self._with_flow(flow)

    def grad(self, source: str, flow: Any = None, name: str | None = None) -> TensorArray:
        """An array for the gradients of the elements, as long as this one: what is written to a place twice adds up.

        `tf.gradients` does not need it. Every call gives another array, whatever the name `source`.

        Args:
            source: accepted.
            flow: the variant that says how long the array is; default: the array's own.
            name: name scope.
        """
        with name_scope(name, "TensorArrayGrad", [self._flow]):
            count = raw_ops.TensorListLength(input_handle=self._flow if flow is None else flow)
            made = _GradientArray(
                self._dtype, count, self._dynamic_size, infer_shape=self._infer_shape, element_shape=self._element_shape
            )
        made._size = self._size
        made._size_changes = self._size_changes
        return made

    def read(self, index: Any, name: str | None = None) -> Tensor:
        """The element at `index`, scalar int32; an element that was never written reads as zeros."""
        with name_scope(name, "TensorArrayV2Read", [self._flow, index]):
            value: Tensor = raw_ops.TensorListGetItem(
                input_handle=self._flow,
                index=index,
                element_dtype=self._dtype,
                element_shape=shape_input(self._element_shape),
            )
        return value

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with `value` at `index`.

        Raises:
            ValueError: the type of `value` is another, or its shape does not fit the elements.
        """
        with name_scope(name, "TensorArrayV2Write", [self._flow, index, value]):
            tensor = self._converted(value)
            shape = self._checked(tensor.shape)
            flow = raw_ops.TensorListSetItem(
                input_handle=self._flow, index=index, item=tensor, resize_if_index_out_of_bounds=self._dynamic_size
            )
        return self._with_flow(flow, shape)

    def _converted(self, value: Any) -> Tensor:
        tensor = convert_to_tensor(value, preferred_dtype=self._dtype, name="value")
        if tensor.dtype.base_dtype != self._dtype:
            raise ValueError(
                f"TensorArray dtype is {self._dtype.name} but Op is trying to write dtype "
                f"{tensor.dtype.base_dtype.name}."
            )
        return tensor

    def _checked(self, shape: TensorShape) -> TensorShape:
        """The shape of elements, with what `shape` of one of them says."""
        if not self._element_shape.is_compatible_with(shape):
            raise ValueError(f"Inconsistent shapes: saw {shape} but expected {self._element_shape}")
        return self._element_shape.merge_with(shape) if self._infer_shape else self._element_shape

    # ---------------------------------------------------------------- many elements

    def stack(self, name: str | None = None) -> Tensor:
        """All elements along a new first dimension."""
        with name_scope(name, "TensorArrayV2Stack", [self._flow]):
            count = None if self._size_changes else self._static_size()
            value: Tensor = raw_ops.TensorListStack(
                input_handle=self._flow,
                element_dtype=self._dtype,
                num_elements=-1 if count is None else count,
                element_shape=shape_input(self._element_shape),
            )
        return value

    def _static_size(self) -> int | None:
        if isinstance(self._size, Tensor):
            value = GRAPH_VALUES.constant(self._size)
            return None if value is None else int(value)
        return None if self._size is None else int(self._size)

    def gather(self, indices: Any, name: str | None = None) -> Tensor:
        """The elements at `indices`, an int32 vector, along a new first dimension."""
        return raw_ops.TensorListGather(
            input_handle=self._flow,
            indices=indices,
            element_dtype=self._dtype,  # type: ignore[no-any-return]
            element_shape=shape_input(self._element_shape),
            name=name,
        )

    def concat(self, name: str | None = None) -> Tensor:
        """All elements one after the other along their first dimension, in which they may differ."""
        element = self._element_shape
        same = self._infer_shape and element.is_fully_defined() and element.rank != 0
        shape = element if same else UNKNOWN if element.rank is None else TensorShape([None, *element.as_list()[1:]])
        joined, _ = raw_ops.TensorListConcatV2(
            input_handle=self._flow,
            element_dtype=self._dtype,
            element_shape=shape_input(shape),
            leading_dims=constant([], dtypes.int64),
            name=name,
        )
        count = None if self._size_changes else self._static_size()
        dims = element.as_list() if element.rank else [None]
        if count is not None and dims[0] is not None:
            joined.set_shape([count * dims[0], *dims[1:]])
        return joined  # type: ignore[no-any-return]

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """The array of the slices of `value` along its first dimension."""
        with name_scope(name, "TensorArrayUnstack", [self._flow, value]):
            tensor = self._converted(value)
            rest = tensor.shape[1:] if tensor.shape.rank is not None else UNKNOWN
            shape = self._checked(rest)
            rows = tensor.shape.as_list()[0] if tensor.shape.rank else None
            size = None if self._size_changes else self._static_size()
            if rows is not None and size is not None and rows < size:
                flow = raw_ops.TensorListScatterIntoExistingList(
                    input_handle=self._flow, tensor=tensor, indices=list(range(rows))
                )
                return self._with_flow(flow, shape)
            flow = raw_ops.TensorListFromTensor(tensor=tensor, element_shape=shape_input(rest))
        return self._with_flow(flow, shape, rows)

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with the slices of `value` at `indices`, an int32 vector."""
        with name_scope(name, "TensorArrayScatter", [self._flow, value, indices]):
            tensor = self._converted(value)
            rest = tensor.shape[1:] if tensor.shape.rank is not None else UNKNOWN
            shape = self._checked(rest)
            flow = raw_ops.TensorListScatterIntoExistingList(input_handle=self._flow, tensor=tensor, indices=indices)
        return self._with_flow(flow, shape)

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """The array of the parts of `value` along its first dimension, `lengths[i]` rows each."""
        with name_scope(name, "TensorArraySplit", [self._flow, value, lengths]):
            tensor = self._converted(value)
            sizes = raw_ops.Cast(x=lengths, DstT=dtypes.int64)
            shape = self._element_shape
            if self._infer_shape:
                shape = shape.merge_with(_part_shape(tensor, sizes))
            flow = raw_ops.TensorListSplit(tensor=tensor, element_shape=shape_input(shape), lengths=sizes)
        return self._with_flow(flow, shape)

    def size(self, name: str | None = None) -> Tensor:
        """How many elements there are, scalar int32."""
        if not self._size_changes:
            return convert_to_tensor(self._size, dtypes.int32)
        return raw_ops.TensorListLength(input_handle=self._flow, name=name)  # type: ignore[no-any-return]

    def close(self, name: str | None = None) -> Any:
        """An operation that does nothing: elements are freed when nothing needs them."""
        return raw_ops.NoOp(name=name)

    def __repr__(self) -> str:
        return f"<tf.TensorArray dtype={self._dtype.name} element_shape={self._element_shape} flow={self._flow.name}>"


class _GradientArray(TensorArray):
    """Gradients of the elements of another array."""

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with `value` added to what is at `index`, zeros at first."""
        with name_scope(name, "TensorArrayV2Write", [self._flow, index, value]):
            tensor = self._converted(value)
            before = raw_ops.TensorListGetItem(
                input_handle=self._flow, index=index, element_dtype=self._dtype, element_shape=array_shape(tensor)
            )
            if before.shape.is_compatible_with(tensor.shape):
                before.set_shape(tensor.shape)
            return super().write(index, raw_ops.AddV2(x=before, y=tensor))


def _part_shape(tensor: Tensor, lengths: Tensor) -> TensorShape:
    """The shape of all parts when `tensor` is split, unknown where they may differ."""
    known = GRAPH_VALUES.constant(lengths)
    if tensor.shape.rank is None or known is None or not known.size or (known != known.flat[0]).any():
        return UNKNOWN
    return TensorShape([int(known.flat[0]), *tensor.shape.as_list()[1:]])
