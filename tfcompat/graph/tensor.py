"""`Tensor`: one output of an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tfcompat.graph import dtypes
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape, as_shape

if TYPE_CHECKING:
    from tfcompat.graph.graph import Graph
    from tfcompat.graph.operation import Operation


@tf_export("Tensor")
class Tensor:
    """A symbolic handle to one output of an `Operation`; `Session.run` gives its value.

    Arithmetic and comparison operators (but `==` and `!=`, which compare identity) record operations, see
    `OVERLOADABLE_OPERATORS`; `tfcompat.ops` installs them.
    """

    __slots__ = ("__weakref__", "_consumers", "_dtype", "_op", "_shape", "_static_value", "_value_index", "__dict__")
    _static_value: Any

    OVERLOADABLE_OPERATORS = frozenset(
        f"__{name}__" for name in (
            "abs", "add", "and", "div", "eq", "floordiv", "ge", "getitem", "gt", "invert", "le", "lt", "matmul", "mod",
            "mul", "ne", "neg", "or", "pow", "radd", "rand", "rdiv", "rfloordiv", "rmatmul", "rmod", "rmul", "ror",
            "rpow", "rsub", "rtruediv", "rxor", "sub", "truediv", "xor")
    )  # fmt: skip
    __array_priority__ = 100

    def __init__(self, op: Operation, value_index: int, dtype: Any):
        self._op = op
        self._value_index = value_index
        self._dtype = dtypes.as_dtype(dtype)
        self._shape: TensorShape = UNKNOWN
        self._consumers: list[Operation] = []

    if TYPE_CHECKING:  # installed by tfcompat.ops.operators and tfcompat.ops.slicing

        def __add__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __floordiv__(self, other: Any) -> Tensor: ...
        def __mod__(self, other: Any) -> Tensor: ...
        def __pow__(self, other: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...
        def __and__(self, other: Any) -> Tensor: ...
        def __or__(self, other: Any) -> Tensor: ...
        def __xor__(self, other: Any) -> Tensor: ...
        def __radd__(self, other: Any) -> Tensor: ...
        def __rsub__(self, other: Any) -> Tensor: ...
        def __rmul__(self, other: Any) -> Tensor: ...
        def __rtruediv__(self, other: Any) -> Tensor: ...
        def __rfloordiv__(self, other: Any) -> Tensor: ...
        def __rmod__(self, other: Any) -> Tensor: ...
        def __rpow__(self, other: Any) -> Tensor: ...
        def __rmatmul__(self, other: Any) -> Tensor: ...
        def __rand__(self, other: Any) -> Tensor: ...
        def __ror__(self, other: Any) -> Tensor: ...
        def __rxor__(self, other: Any) -> Tensor: ...
        def __div__(self, other: Any) -> Tensor: ...
        def __rdiv__(self, other: Any) -> Tensor: ...
        def __lt__(self, other: Any) -> Tensor: ...
        def __le__(self, other: Any) -> Tensor: ...
        def __gt__(self, other: Any) -> Tensor: ...
        def __ge__(self, other: Any) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __invert__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __getitem__(self, key: Any) -> Tensor: ...

    @property
    def op(self) -> Operation:
        """The operation whose output this is."""
        return self._op

    @property
    def value_index(self) -> int:
        """Position among the outputs of `op`."""
        return self._value_index

    @property
    def dtype(self) -> dtypes.DType:
        """The type of the elements (a reference type for a ref variable's output)."""
        return self._dtype

    @property
    def graph(self) -> Graph:
        """The graph that holds it."""
        return self._op.graph

    @property
    def name(self) -> str:
        """`<operation name>:<value index>`."""
        return f"{self._op.name}:{self._value_index}"

    @property
    def device(self) -> str:
        """The device of `op`; an empty string when none was asked for."""
        return self._op.device

    @property
    def shape(self) -> TensorShape:
        """What is known of the shape."""
        return self._shape

    @property
    def ndim(self) -> int | None:
        """The rank, or None when it is not known."""
        return self._shape.rank

    def get_shape(self) -> TensorShape:
        """Same as `shape`."""
        return self._shape

    def _shape_tuple(self) -> tuple[int | None, ...] | None:
        return self._shape.tuple

    def _as_node_def_input(self) -> str:
        """What the `NodeDef` of an operation that takes this tensor calls it."""
        return self._op.name if self._value_index == 0 else self.name

    def _shape_as_list(self) -> list[int | None] | None:
        """The dimensions, None where they are not known; None when the rank is not."""
        return None if self.shape.rank is None else self.shape.as_list()

    def set_shape(self, shape: Any) -> None:
        """Adds knowledge about the shape; ValueError when it contradicts what is known."""
        self._shape = self._shape.merge_with(as_shape(shape))

    def consumers(self) -> list[Operation]:
        """The operations that take this tensor as an input, in creation order."""
        return list(self._consumers)

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Runs the graph for this tensor in `session` (default: the default session) and returns its value."""
        return self._op.graph.session_for(session, self).run(self, feed_dict)

    def ref(self) -> Any:
        """A hashable stand-in that compares by identity."""
        return TensorReference(self)

    experimental_ref = ref

    def __iter__(self) -> Any:
        raise TypeError(
            "Tensor objects are only iterable when eager execution is enabled. To iterate over this "
            "tensor use tf.map_fn."
        )

    def __len__(self) -> int:
        raise TypeError(
            f"len is not well defined for a symbolic Tensor ({self.name}). Please call `x.shape` rather "
            "than `len(x)` for shape information."
        )

    @property
    def numpy(self) -> Any:
        """Within `tf.py_function`, a function that gives the value; AttributeError elsewhere."""
        value_of = getattr(self._op.graph, "value_of", None)
        if value_of is None:
            raise AttributeError("'Tensor' object has no attribute 'numpy'")
        return lambda: value_of(self)

    def _known_value(self) -> Any:
        """The value within `tf.py_function`, else None."""
        value_of = getattr(self._op.graph, "value_of", None)
        return None if value_of is None else value_of(self)

    def __int__(self) -> int:
        value = self._known_value()
        if value is None:
            raise TypeError(f"The symbolic tensor {self.name} has no value that could become an int.")
        return int(value)

    def __float__(self) -> float:
        value = self._known_value()
        if value is None:
            raise TypeError(f"The symbolic tensor {self.name} has no value that could become a float.")
        return float(value)

    def __bool__(self) -> bool:
        value = self._known_value()
        if value is not None:
            return bool(value)
        raise TypeError(
            "Using a `tf.Tensor` as a Python `bool` is not allowed. Use `if t is not None:` instead of "
            "`if t:` to test if a tensor is defined, and use TensorFlow ops such as tf.cond to execute "
            "subgraphs conditioned on the value of a tensor."
        )

    __nonzero__ = __bool__

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        value = self._known_value()
        if value is not None:
            import numpy as np

            return np.asarray(value, *args)
        raise NotImplementedError(
            f"Cannot convert a symbolic tf.Tensor ({self.name}) to a numpy array. This error "
            "may indicate that you're trying to pass a Tensor to a NumPy call, which is not "
            "supported."
        )

    def __index__(self) -> int:
        raise TypeError(f"Cannot use the symbolic tensor {self.name} as an index; its value is known in a run only.")

    def __copy__(self) -> Tensor:
        return self

    def __str__(self) -> str:
        shape = f", shape={self._shape}" if self._shape.rank is not None else ""
        device = f", device={self.device}" if self.device else ""
        return f'Tensor("{self.name}"{shape}, dtype={self._dtype.name}{device})'

    def __repr__(self) -> str:
        return f"<tf.Tensor '{self.name}' shape={self._shape} dtype={self._dtype.name}>"


class TensorReference:
    """Hashable wrapper of a tensor or variable; two wrappers are equal when they wrap the same object."""

    __slots__ = ("_wrapped",)

    def __init__(self, wrapped: Any):
        self._wrapped = wrapped

    def deref(self) -> Any:
        """The wrapped object."""
        return self._wrapped

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TensorReference) and self._wrapped is other._wrapped

    def __hash__(self) -> int:
        return id(self._wrapped)


class CompositeTensor:
    """Base of values made of several tensors (`SparseTensor`, `IndexedSlices`)."""

    def component_tensors(self) -> list[Tensor]:
        """The tensors it is made of, without absent ones."""
        raise NotImplementedError

    def with_component_tensors(self, tensors: list[Tensor]) -> CompositeTensor:
        """One of the same kind made of `tensors`, in the order of `component_tensors`."""
        raise NotImplementedError

    def value_of(self, values: list[Any]) -> Any:
        """What a run gives for it, of the values of its parts."""
        raise NotImplementedError

    def feed_values(self, value: Any) -> list[Any]:
        """What is fed for its parts when `value` is fed for it."""
        raise NotImplementedError
