"""Recurrent networks as ONNX's LSTM, GRU and RNN operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from converters.builder import Builder, Node, Subgraph, Value
from converters.list_value import ListValue, dense
from converters.registry import NotConvertible
from tfcompat.graph import dtypes
from tfcompat.graph.loop_facts import LoopFacts, root
from tfcompat.graph.operation import Operation
from tfcompat.graph.raising.sameness import behind_identities, is_count_of_rows, same_value
from tfcompat.graph.recurrence import Affine, Cell, Part, Piece, Recurrence
from tfcompat.graph.tensor import Tensor
from tfcompat.planner.variables import source_outside
from tfcompat.runtime.bodies import Body
from tfcompat.runtime.compiler import Compiler
from tfcompat.runtime.loop_lists import ListPlan

_GATES = {"LSTM": "iofc", "GRU": "zrh", "RNN": "i"}
_PEEPHOLES = "iof"
_USUAL = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}
"""What the operators compute where they are not told; HardSigmoid's factor and summand are Keras' by default too."""


class Recurrent:
    """Translates one loop that is a recurrent network.

    Args:
        outer: the compiler of what is around the loop.
        op: the loop.
        facts: of it.
        found: what was recognised.
        inputs: the values of its inputs.
        trips: the number of steps, an int64 scalar.
        scope: for names.
        builder: makes the nodes.
    """

    def __init__(
        self,
        outer: Compiler,
        op: Operation,
        facts: LoopFacts,
        found: Recurrence,
        inputs: Sequence[Value | None],
        trips: Value,
        scope: str,
        builder: Builder,
    ):
        self._outer, self._op, self._facts, self._found = outer, op, facts, found
        self._inputs, self._trips, self._scope, self._b = list(inputs), trips, scope, builder
        self._values: dict[Tensor, Value] = {}

    def translate(self) -> dict[int, Value]:
        """The values of the outputs, by position.

        Raises:
            NotConvertible: the loop has to stay a loop.
        """
        found, b = self._found, self._b
        for position in found.counters:
            start = self._inputs[position]
            if start is None or start.const is None or start.shape != () or int(start.const) != 0:
                raise NotConvertible("a counter does not begin at 0")
        self._evaluate()
        if not all(self._is_zero(t) for t in found.zeros):
            raise NotConvertible("masked outputs are not zeros")
        source = self._inputs[found.source]
        if not isinstance(source, ListValue) or source.inner is not None:
            raise NotConvertible("the inputs are no list of tensors")
        x = dense(b, source).tensor
        if x is None or x.rank != 3 or x.dtype is not dtypes.float32:
            raise NotConvertible("the inputs are no float32 [time, batch, size]")
        is_whole = self._covers_all()
        if not is_whole:
            rows = None if self._trips.const is None else int(self._trips.const)
            dims = x.shape
            x = b.Slice(x, [0], b.Reshape(self._trips, [1]), [0])
            x.shape = None if dims is None else (rows, *dims[1:])
        results: dict[int, Value] = {}
        sequences: dict[int, Value] = {}
        sequence = x
        for cell in found.cells:
            sequence, *finals = self._run(cell, sequence)
            sequences[cell.state] = sequence
            results[cell.state] = finals[0]
            if cell.memory is not None:
                results[cell.memory] = finals[1]
        for position in found.counters:
            counted = b.cast(self._trips, self._op._outputs[position].dtype.base_dtype)
            counted.shape = ()
            results[position] = counted
        for position, (use, cell) in found.lists.items():
            if self._op._outputs[position] in self._outer._wanted:
                results[position] = self._list(position, use, results[cell.state], sequences[cell.state], is_whole)
        return results

    def _evaluate(self) -> None:
        """Computes the weights and what else does not change, once."""
        wanted: dict[Tensor, None] = dict.fromkeys(self._found.zeros)
        if self._found.lengths is not None:
            wanted[self._found.lengths] = None
        for cell in self._found.cells:
            for gate in (*cell.gates.values(), *([cell.recurrent] if cell.recurrent else [])):
                wanted.update((p.weight, None) for pieces in gate.products.values() for p in pieces)
                wanted.update((t, None) for t, _ in gate.biases)
                wanted.update((t, None) for _, t in gate.diagonals)
        body = Body(self._outer, self._scope + "cell/")
        values = body.translate(self._facts.body, self._inputs, list(wanted))
        self._b.nodes += body.nodes
        for tensor, value in zip(wanted, values, strict=True):
            if value is None:
                raise NotConvertible("a weight is a handle")
            self._values[tensor] = value

    def _is_zero(self, tensor: Tensor) -> bool:
        """Whether `tensor` is all zeros, as far as its value or what made it tells."""
        value = self._values[tensor]
        if value.const is not None:
            return not value.const.any()
        inputs = self._facts.body.inputs
        tensor = root(tensor)
        while True:
            outer = self._op._inputs[inputs.index(tensor)] if tensor in inputs else source_outside(tensor.op)
            if outer is None:
                break
            tensor = behind_identities(outer)
        op = tensor.op
        if op.type == "ZerosLike":
            return True
        filled = behind_identities(op._inputs[1]).op if op.type == "Fill" else op
        return filled.type == "Const" and not filled.attrs["value"].any()

    def _covers_all(self) -> bool:
        """Whether the loop certainly takes all elements of the list it reads, or masks those that it leaves."""
        made = behind_identities(self._op._inputs[self._found.source]).op
        bounds = self._facts.bounds()
        if made.type != "TensorListFromTensor" or not bounds:
            return False
        rows = made._inputs[0]
        return all(not bound.inclusive and self._reaches_end(self._outside(bound.limit), rows) for bound in bounds)

    def _outside(self, limit: Tensor) -> Tensor:
        inputs = self._facts.cond.inputs
        return self._op._inputs[inputs.index(limit)] if limit in inputs else limit

    def _reaches_end(self, limit: Tensor, rows: Tensor) -> bool:
        """Whether `limit` is the number of `rows`, or the smaller of that and the longest sequence."""
        if is_count_of_rows(limit, rows):
            return True
        op = behind_identities(limit).op
        if op.type != "Minimum":
            return False
        for count, least in (op._inputs, op._inputs[::-1]):
            maximum = behind_identities(least).op
            if not is_count_of_rows(count, rows) or maximum.type != "Maximum":
                continue
            if any(is_count_of_rows(t, rows) or self._is_longest(t) for t in maximum._inputs):
                return True
        return False

    def _is_longest(self, tensor: Tensor) -> bool:
        """Whether `tensor` is the maximum of the sequence lengths."""
        lengths, op = self._found.lengths, behind_identities(tensor).op
        if lengths is None or op.type != "Max":
            return False
        inputs = self._facts.body.inputs
        return lengths in inputs and same_value(op._inputs[0], self._op._inputs[inputs.index(lengths)])

    # ---------------------------------------------------------------- one cell

    def _run(self, cell: Cell, x: Value) -> list[Value]:
        """(outputs [time, batch, units], final state, final memory) of a cell."""
        b = self._b
        order = _GATES[cell.kind]
        units = self._units(cell, len(order))
        own = self._facts.body.inputs[cell.state]
        weights = [self._matrix(cell, cell.source, cell.gates[g], units) for g in order]
        recurrent_gates = [cell.gates[g] for g in order]
        if cell.recurrent is not None:
            recurrent_gates[-1] = cell.recurrent
        recurrent = [self._matrix(cell, own, g, units) for g in recurrent_gates]
        biases = [self._bias(cell.gates[g], units) for g in order]
        others = [_const(np.zeros(units, np.float32), b)] * len(order)
        if cell.recurrent is not None:
            others[-1] = self._bias(cell.recurrent, units)
        initials = [self._inputs[p] for p in (cell.state, cell.memory) if p is not None]
        if any(v is None or v.rank != 2 or v.dtype is not dtypes.float32 for v in initials):
            raise NotConvertible("the states are no float32 [batch, size]")
        states: list[Any] = [b.Unsqueeze(v, [0]) for v in initials]
        lengths = self._clipped_lengths(x)
        inputs: list[Any] = [
            x,
            _stacked(b, weights),
            _stacked(b, recurrent),
            b.Unsqueeze(b.Concat(*biases, *others, axis=0), [0]) if not _all_const([*biases, *others])
            else _const(np.concatenate([v.const for v in (*biases, *others)])[None], b),
            lengths,
            *states,
        ]  # fmt: skip
        peepholes = self._peepholes(cell, units)
        if peepholes is not None:
            inputs.append(peepholes)
        attrs: dict[str, Any] = {"hidden_size": units}
        if cell.kind == "GRU":
            attrs["linear_before_reset"] = int(cell.recurrent is not None)
        functions = _functions(cell)
        if functions != _USUAL[cell.kind]:
            attrs["activations"] = functions
        return self._guarded(cell, x, inputs, attrs, units, initials)

    def _guarded(
        self, cell: Cell, x: Value, inputs: list[Any], attrs: dict[str, Any], units: int, initials: Sequence[Any]
    ) -> list[Value]:
        """The operator, and where the batch or the time may be empty, a branch without it: it must not see that."""
        b = self._b
        dims = x.shape or (None, None, None)
        shapes: list[Any] = [(dims[0], dims[1], units)] + [(dims[1], units)] * len(initials)
        if dims[0] and dims[1]:
            return _operator(b, cell.kind, inputs, attrs, shapes, initials)
        inner = self._outer._lowering.builder(self._scope + cell.kind)
        results = _operator(inner, cell.kind, inputs, attrs, shapes, initials)
        blank = self._outer._lowering.builder(self._scope + "empty")
        sizes = blank.Concat(blank.Shape(x, start=0, end=2), blank.const([units]), axis=0)
        nothing = blank.Expand(blank.const(np.float32(0)), sizes)
        empties = [nothing, *(blank.identity(v, blank._fresh("state")) for v in initials)]
        made = [Value(b._fresh("result"), dtypes.float32, s) for s in shapes]
        is_empty = b.Equal(b.Size(x), 0)
        branches = {
            "then_branch": Subgraph([], empties, blank.nodes),
            "else_branch": Subgraph([], results, inner.nodes),
        }
        b.nodes.append(Node("If", "", [is_empty], list(made), {}, b._fresh("If"), branches))
        return made

    def _clipped_lengths(self, x: Value) -> Value | None:
        """The lengths as int32 [batch], not above the number of steps."""
        lengths, b = self._found.lengths, self._b
        if lengths is None:
            return None
        value = b.int64(self._values[lengths])
        if value.rank != 1:
            raise NotConvertible("the sequence lengths are no vector")
        steps = b.Squeeze(b.Shape(x, start=0, end=1), [0])
        return b.cast(b.Max(b.Min(value, steps), 0), dtypes.int32)

    def _units(self, cell: Cell, gates: int) -> int:
        """The size of a cell's state."""
        own = self._facts.body.inputs[cell.state]
        for gate in (*cell.gates.values(), *([cell.recurrent] if cell.recurrent else [])):
            for piece in gate.products.get(own, ()):
                shape = self._values[piece.weight].shape
                columns = None if shape is None or len(shape) != 2 else shape[0 if piece.transposed else 1]
                n = piece.part[1]
                if n < 0:
                    return -n
                if columns is not None and columns % n == 0:
                    return columns // n
        raise NotConvertible("the size of the state is not known")

    def _matrix(self, cell: Cell, source: Tensor, gate: Affine, units: int) -> Value:
        """The weights of one gate for one source: [units, size]."""
        pieces = [self._piece(cell, p, source, units) for p in gate.products.get(source, ())]
        if not pieces:
            raise NotConvertible("a gate has no weights")
        return _sum(self._b, pieces)

    def _piece(self, cell: Cell, piece: Piece, source: Tensor, units: int) -> Value:
        value = self._values[piece.weight]
        if value.dtype is not dtypes.float32 or value.shape is None or len(value.shape) != 2 or None in value.shape:
            raise NotConvertible("a weight is no float32 matrix of known size")
        rows, columns = value.shape[::-1] if piece.transposed else value.shape
        k = piece.part[0]
        if rows is None or columns is None or not _fits(columns, piece.part, units):
            raise NotConvertible("weights and states do not fit")
        recurrent = source is self._facts.body.inputs[cell.state]
        first, last = 0, rows
        if piece.rows != "all":
            own = units if recurrent else rows - units
            first, last = (0, own) if piece.rows == "head" else (rows - own, rows)
        if recurrent and last - first != units:
            raise NotConvertible("weights and states do not fit")
        if value.const is not None:
            array = value.const.T if piece.transposed else value.const
            return _const(np.ascontiguousarray(array[first:last, k * units : (k + 1) * units].T), self._b)
        b = self._b
        starts, ends = [k * units, first], [(k + 1) * units, last]
        across = value if piece.transposed else b.Transpose(value, perm=[1, 0])
        return b.Slice(across, starts, ends, [0, 1])  # type: ignore[no-any-return]

    def _bias(self, gate: Affine, units: int) -> Value:
        """The bias of one gate: [units]."""
        b = self._b
        found = [_const(np.zeros(units, np.float32), b)]
        for tensor, part in gate.biases:
            k = part[0]
            value = self._values[tensor]
            if value.dtype is not dtypes.float32 or value.shape is None or len(value.shape) > 1 or None in value.shape:
                raise NotConvertible("a bias is no float32 vector of known size")
            size = (value.shape[0] or 0) if value.shape else 1
            if size != 1 and not _fits(size, part, units):
                raise NotConvertible("a bias does not fit")
            if value.const is not None:
                array = value.const.reshape(-1)
                own = array if size == 1 else array[k * units : (k + 1) * units]
                found.append(_const(np.broadcast_to(own, (units,)), b))
            elif size == 1:
                found.append(b.Expand(b.Reshape(value, [1]), [units]))
            else:
                found.append(b.Slice(value, [k * units], [(k + 1) * units], [0]))
        return _sum(b, found)

    def _peepholes(self, cell: Cell, units: int) -> Value | None:
        gates = [cell.gates[g] for g in _PEEPHOLES] if cell.kind == "LSTM" else []
        if not any(g.diagonals for g in gates):
            return None
        b = self._b
        rows = []
        for gate in gates:
            values = [self._values[t] for _, t in gate.diagonals]
            if any(v.shape != (units,) or v.dtype is not dtypes.float32 for v in values):
                raise NotConvertible("peephole weights do not fit")
            rows.append(_sum(b, [_const(np.zeros(units, np.float32), b), *values]))
        if _all_const(rows):
            return _const(np.concatenate([r.const for r in rows])[None], b)
        return b.Unsqueeze(b.Concat(*rows, axis=0), [0])  # type: ignore[no-any-return]

    # ---------------------------------------------------------------- outputs

    def _list(self, position: int, use: Any, final: Value, sequence: Value, is_whole: bool) -> Value:
        initial = self._inputs[position]
        if not isinstance(initial, ListValue):
            raise NotConvertible("the outputs are no list")
        b = self._b
        if use is None:
            if initial.length != 1 or not initial.is_blank:
                raise NotConvertible("the list of the last output has other elements")
            return initial.with_(tensor=b.Unsqueeze(final, [0]), length=1)
        reserved = behind_identities(self._op._inputs[position]).op
        made = behind_identities(self._op._inputs[self._found.source]).op
        as_long = (
            reserved.type == "TensorListReserve"
            and made.type == "TensorListFromTensor"
            and is_count_of_rows(reserved._inputs[1], made._inputs[0])
        )
        if is_whole and initial.is_blank and as_long:
            return initial.with_(tensor=sequence)
        if is_whole and self._found.lengths is not None:
            raise NotConvertible("the list of outputs may have another length than that of inputs")
        plan = ListPlan(use, initial, b.const(np.array(0, np.int64)), self._trips)
        return plan.final(b, [sequence])


def _functions(cell: Cell) -> list[str]:
    """The functions of a cell in the order of the operator's attribute; NotConvertible for different ones of gates."""
    if cell.kind == "RNN":
        return [cell.activation]
    new = "c" if cell.kind == "LSTM" else "h"
    of_gates = {gate.function for name, gate in cell.gates.items() if name != new}
    if len(of_gates) != 1:
        raise NotConvertible("the gates have different functions")
    functions = [of_gates.pop(), cell.gates[new].function]
    return [*functions, cell.activation] if cell.kind == "LSTM" else functions


def _const(array: np.ndarray, b: Builder) -> Value:
    return b.const(np.ascontiguousarray(array, np.float32))


def _fits(size: int, part: Part, units: int) -> bool:
    """Whether `part` of `size` columns is as wide as the state."""
    k, n = part
    return size == units * n if n > 0 else units == -n and (k + 1) * units <= size


def _all_const(values: Sequence[Value]) -> bool:
    return all(v.const is not None for v in values)


def _sum(b: Builder, values: Sequence[Value]) -> Value:
    total = values[0]
    for value in values[1:]:
        if total.const is not None and value.const is not None:
            total = _const(total.const + value.const, b)
        else:
            total = b.Add(total, value)
    return total


def _stacked(b: Builder, rows: Sequence[Value]) -> Value:
    """Matrices one below the other: [1, rows, columns]."""
    if _all_const(rows):
        return _const(np.concatenate([r.const for r in rows])[None], b)  # type: ignore[misc]
    return b.Unsqueeze(b.Concat(*rows, axis=0) if len(rows) > 1 else rows[0], [0])  # type: ignore[no-any-return]


def _operator(
    b: Builder, kind: str, inputs: list[Any], attrs: dict[str, Any], shapes: list[Any], initials: Sequence[Any]
) -> list[Value]:
    """(outputs, final states) of the operator, without the dimension for directions."""
    made = b.node(kind, inputs, outputs=len(shapes), **attrs)
    results = [b.Squeeze(made[0], [1]), *(b.Squeeze(v, [0]) for v in made[1:])]
    lengths = inputs[4]
    if lengths is not None:
        # The operators give zeros for the states of sequences without steps.
        none = b.Unsqueeze(b.Equal(lengths, b.const(np.array(0, np.int32))), [1])
        results[1:] = [b.Where(none, before, after) for before, after in zip(initials, results[1:], strict=True)]
    for value, shape in zip(results, shapes, strict=True):
        value.shape = shape
    return results
