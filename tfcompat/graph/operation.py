"""`Operation`: one node of a graph."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from tfcompat.graph import dtypes, tracebacks
from tfcompat.graph.export import tf_export
from tfcompat.graph.op_def import OpDef
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape

if TYPE_CHECKING:
    from tfcompat.graph.graph import Graph


@tf_export("Operation")
class Operation:
    """A node: it takes tensors, gives tensors, and runs after its control inputs.

    `attrs` holds the attributes as Python values: `DType` for types, `bytes` for strings, `TensorShape` for shapes,
    `numpy.ndarray` for tensors, `FuncRef` for functions, lists of these. `get_attr` gives them as the reference does.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_control_inputs",
        "_device",
        "_frames",
        "_id",
        "_inputs",
        "_name",
        "_original_op",
        "_outputs",
        "attrs",
        "definition",
        "graph",
        "type",
    )

    def __init__(
        self,
        graph: Graph,
        op_id: int,
        name: str,
        definition: OpDef,
        inputs: list[Tensor],
        attrs: dict[str, Any],
        control_inputs: list[Operation],
        output_types: list[dtypes.DType],
    ):
        self.graph = graph
        self.type = definition.name
        self.definition = definition
        self.attrs = attrs
        self._id = op_id
        self._name = name
        self._inputs = inputs
        self._control_inputs = control_inputs
        self._device = ""
        self._original_op: Operation | None = None
        self._frames = tracebacks.capture()
        self._outputs = [Tensor(self, i, dtype) for i, dtype in enumerate(output_types)]
        for tensor in inputs:
            tensor._consumers.append(self)

    @property
    def name(self) -> str:
        """Its name, unique in the graph."""
        return self._name

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """The tensors it takes."""
        return tuple(self._inputs)

    @property
    def outputs(self) -> list[Tensor]:
        """The tensors it gives."""
        return self._outputs

    @property
    def control_inputs(self) -> list[Operation]:
        """The operations that run before it."""
        return list(self._control_inputs)

    @property
    def device(self) -> str:
        """The device asked for; an empty string when none was."""
        return self._device

    @property
    def op_def(self) -> Any:
        """The definition of its type as an `OpDef` message."""
        from tfcompat.graph.node_def import op_def_message

        return op_def_message(self.definition)

    @property
    def node_def(self) -> Any:
        """This operation as a `NodeDef` message."""
        from tfcompat.graph.node_def import node_def_message

        return node_def_message(self)

    @property
    def traceback(self) -> Any:
        """The stack that made it, outermost call first."""
        return tracebacks.summary(self._frames)

    traceback_with_start_lines = traceback

    def creation_site(self) -> str:
        """The user's line that made it, as text."""
        return tracebacks.creation_site(self._frames)

    def attr(self, name: str) -> Any:
        """The attribute `name` as a Python value; KeyError when there is none."""
        return self.attrs[name]

    def get_attr(self, name: str) -> Any:
        """The attribute `name` as the reference gives it: messages for shapes, tensors and functions.

        Raises:
            ValueError: there is no such attribute.
        """
        if name not in self.attrs:
            raise ValueError(f"Operation '{self._name}' has no attr named '{name}'.")
        return _as_public(self.attrs[name])

    def _set_attr(self, name: str, value: Any) -> None:
        """Sets attribute `name` from a Python value or an `AttrValue` message."""
        if type(value).__name__ == "AttrValue":
            from tfcompat.graph.node_def import attr_from_message

            value = attr_from_message(value)
        self.attrs[name] = value

    def colocation_groups(self) -> list[bytes]:
        """The groups (`loc:@name`) it is placed with; its own when it has no other."""
        groups = [g for g in self.attrs.get("_class", []) if g.startswith(b"loc:@")]
        return groups or [b"loc:@" + self._name.encode()]

    def values(self) -> tuple[Tensor, ...]:
        """Same as `tuple(outputs)`."""
        return tuple(self._outputs)

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Runs this operation and what it needs in `session` (default: the default session)."""
        self.graph.session_for(session, self).run(self, feed_dict)

    def _set_device(self, device: Any) -> None:
        from tfcompat.graph.device import DeviceSpec

        self._device = device.to_string() if isinstance(device, DeviceSpec) else device or ""

    def _add_control_input(self, op: Operation) -> None:
        self._add_control_inputs([op])

    def _add_control_inputs(self, ops: Iterable[Operation]) -> None:
        """Makes it run after `ops` as well."""
        for op in ops:
            if not isinstance(op, Operation):
                raise TypeError(f"op must be an Operation: {op}")
            if op not in self._control_inputs:
                self._control_inputs.append(op)
        self.graph._structure_changed()

    @property
    def _control_outputs(self) -> list[Operation]:
        """The operations that run after it because of a control input."""
        return [op for op in self.graph._ops if self in op._control_inputs]

    def _remove_all_control_inputs(self) -> None:
        self._control_inputs = []
        self.graph._structure_changed()

    def _update_input(self, index: int, tensor: Tensor) -> None:
        """Replaces input `index`.

        Raises:
            ValueError: the tensor is of another graph.
            OutOfRangeError: there is no such input.
            InvalidArgumentError: the shapes of the old and the new tensor contradict each other.
        """
        from tfcompat.graph.errors import InvalidArgumentError, OutOfRangeError

        if tensor.graph is not self.graph:
            raise ValueError(f"{tensor!r} must be from the same graph as {self!r}.")
        if index >= len(self._inputs):
            raise OutOfRangeError(
                None,
                None,
                f"Cannot update edge. Input index [{index}] is greater than the number of "
                f"total inputs [{len(self._inputs)}].",
            )
        old, new = self._inputs[index].shape, tensor.shape
        if not old.is_compatible_with(new):
            raise InvalidArgumentError(
                None, None, f"Cannot update edge, incompatible shapes: {_bracketed(new)} and {_bracketed(old)}."
            )
        self._inputs[index]._consumers.remove(self)
        self._inputs[index] = tensor
        tensor._consumers.append(self)
        self.graph._structure_changed()

    def __str__(self) -> str:
        return str(self.node_def)

    def __repr__(self) -> str:
        return f"<tf.Operation '{self._name}' type={self.type}>"

    def __lt__(self, other: Operation) -> bool:
        return self._id < other._id


def _bracketed(shape: TensorShape) -> str:
    return f"[{','.join('?' if d is None else str(d) for d in shape.tuple or ())}]"


def _as_public(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_public(v) for v in value]
    if isinstance(value, (TensorShape, np.ndarray, FuncRef)):
        from tfcompat.graph.node_def import attr_message

        message = attr_message(value)
        return getattr(message, message.WhichOneof("value"))
    return value


class FuncRef:
    """The value of a function attribute: the function's name in the library, and the attributes it is bound with."""

    __slots__ = ("attrs", "name")

    def __init__(self, name: str, attrs: dict[str, Any] | None = None):
        self.name = name
        self.attrs = attrs or {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FuncRef) and (self.name, self.attrs) == (other.name, other.attrs)

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"FuncRef({self.name!r})"
