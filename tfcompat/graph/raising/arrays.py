"""TensorArrays and stacks of version 1 control flow: which tensors stand for them, and which object each handle is.

A TensorArray of version 1 is an object behind a handle; its operations are put in order by a scalar, the flow. Raised,
the flow itself becomes the list. A gradient flow is linear: the sum of two flows is the sum of their lists. A stack is
an object without flow: what is pushed in one loop is popped in another, so the loops get the list as one more variable.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tfcompat.graph.errors import UnimplementedError
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor

HAND_ON = frozenset(
    {"Identity", "Enter", "RefEnter", "Exit", "RefExit", "Switch", "RefSwitch", "_SwitchN", "NextIteration",
     "RefNextIteration", "Merge", "RefMerge", "StopGradient", "PreventGradient"}
)  # fmt: skip
SUMS = frozenset({"Add", "AddV2", "AddN"})
_ARRAYS = "TensorArray"
_STACKS = ("StackV2", "Stack")


def array_kind(op_type: str) -> str | None:
    """What a TensorArray operation does ("", "Write", "Read", ...), whatever its version; None for others."""
    if not op_type.startswith(_ARRAYS):
        return None
    kind = op_type[len(_ARRAYS) :].rstrip("0123456789")
    return kind.removesuffix("V")


def stack_kind(op_type: str) -> str | None:
    """What a stack operation does ("", "Push", "Pop", "Close"), whatever its version; None for others."""
    return op_type[len("Stack") :].removesuffix("V2") if op_type.removesuffix("V2") in _STACK_TYPES else None


_STACK_TYPES = frozenset({"Stack", "StackPush", "StackPop", "StackClose"})


@dataclass(frozen=True, slots=True)
class Array:
    """What a flow or handle stands for.

    Attributes:
        op: the operation that makes the array.
        is_gradient: whether it is a gradient of it.
    """

    op: Operation
    is_gradient: bool = False


class Arrays:
    """The arrays and stacks among some operations.

    Args:
        order: the operations, in forward order.
        feeds: tensors that are fed.
    """

    def __init__(self, order: Sequence[Operation], feeds: Collection[Tensor]):
        self._feeds = feeds
        self._lists: dict[Tensor, Array] = {}
        self._pushes: dict[Tensor, list[Operation]] = {}
        self._pops: dict[Tensor, list[Operation]] = {}
        stacks = [op for op in order if stack_kind(op.type) in ("Push", "Pop")]
        for op in stacks:
            users = self._pushes if stack_kind(op.type) == "Push" else self._pops
            users.setdefault(self.stack_of(op._inputs[0]), []).append(op)
        if any(op.type.startswith(_ARRAYS) for op in order):
            while self._find(order):
                pass

    def list_of(self, tensor: Tensor) -> Array | None:
        """The array that `tensor`, a flow, stands for; None for tensors that are no flows."""
        return self._lists.get(tensor)

    def array_of(self, handle: Tensor) -> Array:
        """The array behind a handle.

        Raises:
            UnimplementedError: the handle comes from elsewhere.
        """
        tensor = self._origin(handle)
        op = tensor.op
        kind = array_kind(op.type)
        if kind == "":
            return Array(op)
        if kind in ("Grad", "GradWithShape"):
            return Array(self.array_of(op._inputs[0]).op, True)
        if stack_kind(op.type) == "Pop":
            return self.array_of(self.push_of(self.stack_of(op._inputs[0]), op)._inputs[1])
        raise UnimplementedError(None, op, f"{op.name} ({op.type}) gives a TensorArray that cannot be followed.")

    def is_array_handle(self, tensor: Tensor) -> bool:
        """Whether `tensor` is the handle of an array, as far as it can be followed."""
        op = self._origin(tensor).op
        if stack_kind(op.type) == "Pop":
            pushes = self._pushes.get(self.stack_of(op._inputs[0]), [])
            return any(self.is_array_handle(p._inputs[1]) for p in pushes[:1])
        return array_kind(op.type) in ("", "Grad", "GradWithShape") and tensor.dtype.base_dtype.name != "float32"

    def stack_of(self, handle: Tensor) -> Tensor:
        """The tensor that a handle of a stack comes from: of the operation that makes it, or that pops it.

        Raises:
            UnimplementedError: the handle comes from elsewhere.
        """
        tensor = self._origin(handle)
        if stack_kind(tensor.op.type) not in ("", "Pop"):
            raise UnimplementedError(
                None, tensor.op, f"{tensor.op.name} ({tensor.op.type}) gives a stack that cannot be followed."
            )
        return tensor

    def is_stack_handle(self, tensor: Tensor) -> bool:
        """Whether `tensor` is the handle of a stack."""
        op = self._origin(tensor).op
        if stack_kind(op.type) == "Pop":
            pushes = self._pushes.get(self.stack_of(op._inputs[0]), [])
            return any(self.is_stack_handle(p._inputs[1]) for p in pushes[:1])
        return stack_kind(op.type) == ""

    def push_of(self, stack: Tensor, user: Operation) -> Operation:
        """The operation that pushes on a stack.

        Raises:
            UnimplementedError: there is none, or more than one.
        """
        pushes = self._pushes.get(stack, [])
        if len(pushes) != 1:
            raise UnimplementedError(
                None, user, f"{user.name} ({user.type}) uses a stack that {len(pushes)} operations push on, not one."
            )
        return pushes[0]

    def users(self) -> list[tuple[Tensor, Operation]]:
        """(stack, operation) for all pushes and pops of stacks that are popped, but for those of arrays' handles."""
        found = []
        for stack, pops in self._pops.items():
            push = self.push_of(stack, pops[0])
            if self.is_array_handle(push._inputs[1]):
                continue
            if len(pops) > 1:
                raise UnimplementedError(
                    None, pops[1], f"{pops[1].name} ({pops[1].type}) pops from a stack that {pops[0].name} pops from."
                )
            found += [(stack, push), (stack, pops[0])]
        return found

    def _origin(self, tensor: Tensor) -> Tensor:
        while tensor.op.type in HAND_ON and tensor not in self._feeds:
            tensor = tensor.op._inputs[0]
        return tensor

    def _find(self, order: Sequence[Operation]) -> bool:
        """One pass over the operations; whether it found further flows."""
        before = len(self._lists)
        for op in order:
            flows = _flows_of(op)
            if flows and flows[0] not in self._lists:
                found = self._result(op)
                if found is not None:
                    self._lists.update(dict.fromkeys(flows, found))
        return len(self._lists) > before

    def _result(self, op: Operation) -> Array | None:
        kind = array_kind(op.type)
        if kind == "":
            return Array(op)
        if kind in ("Grad", "GradWithShape"):
            return Array(self.array_of(op._inputs[0]).op, True)
        if kind in ("Write", "Scatter", "Split", "Unpack"):
            return self.array_of(op._inputs[0])
        if op.type in HAND_ON or op.type in SUMS or op.type == "ZerosLike":
            known = [a for t in op._inputs if t not in self._feeds and (a := self._lists.get(t)) is not None]
            return known[0] if known else None
        if stack_kind(op.type) == "Pop":
            pushes = self._pushes.get(self.stack_of(op._inputs[0]), [])
            return self._lists.get(pushes[0]._inputs[1]) if pushes else None
        return None


def _flows_of(op: Operation) -> list[Tensor]:
    """The outputs of an operation that may be flows."""
    return [t for t in op._outputs if t.dtype.base_dtype.name == "float32"]
