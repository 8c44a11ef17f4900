"""Loops that are recurrent networks: LSTM, GRU and plain cells, recognised by what their bodies compute.

Nothing here goes by names: a body matches when its operations are the equations of a cell, however it was written
(`dynamic_rnn` over cells of `tf.nn.rnn_cell`, Keras layers, hand-made loops).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from tfcompat.graph.loop_facts import ListUse, LoopFacts, root
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.upstream import needed_operations

Part = tuple[int, int]
"""(k, n): the k-th of n equal parts of the columns; (k, -w): the k-th part of w columns."""

WHOLE: Part = (0, 1)
_PLUS = frozenset({"Add", "AddV2", "BiasAdd"})
_READS = frozenset({"ReadVariableOp", "Const", "Placeholder", "VarHandleOp", "VariableV2"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A product with columns of a weight.

    Attributes:
        weight: the matrix.
        part: which of its columns.
        rows: "all", or "head" or "tail" where the other rows belong to what is concatenated behind or before.
        transposed: whether the matrix is the other way round.
    """

    weight: Tensor
    part: Part
    rows: str
    transposed: bool


@dataclass(slots=True)
class Affine:
    """A sum of products with weights, of biases, and of states times diagonal weights.

    Attributes:
        products: source -> its products.
        biases: (vector or scalar, which part of it).
        diagonals: (state, weights).
        function: what is applied to the sum, where it is that of a gate: "Sigmoid", "HardSigmoid", "Tanh" or "Relu".
    """

    products: dict[Tensor, list[Piece]] = field(default_factory=dict)
    biases: list[tuple[Tensor, Part]] = field(default_factory=list)
    diagonals: list[tuple[Tensor, Tensor]] = field(default_factory=list)
    function: str = ""

    def plus(self, other: Affine) -> Affine:
        """The sum of two."""
        products = {k: list(v) for k, v in self.products.items()}
        for source, pieces in other.products.items():
            products.setdefault(source, []).extend(pieces)
        return Affine(products, self.biases + other.biases, self.diagonals + other.diagonals, self.function)


@dataclass(slots=True)
class Cell:
    """One cell of a loop.

    Attributes:
        kind: "LSTM", "GRU" or "RNN".
        source: what it takes in every step: the read of a list, or the output of another cell.
        state: position of the loop variable that is its output.
        memory: position of the other loop variable of an LSTM.
        gates: its gates by ONNX's names for them.
        output: what the state becomes where nothing is masked.
        activation: of a plain cell, or of the memory in the output of an LSTM.
        recurrent: for a GRU that resets after the product, that product with its bias.
    """

    kind: str
    source: Tensor
    state: int
    memory: int | None
    gates: dict[str, Affine]
    output: Tensor
    activation: str = "Tanh"
    recurrent: Affine | None = None


@dataclass(slots=True)
class Recurrence:
    """A loop over cells.

    Attributes:
        cells: in the order in which they feed one another.
        source: position of the list that the first one reads.
        lengths: how many steps each sequence has, where the steps behind are masked.
        zeros: what the outputs are where they are masked.
        lists: position of a list of outputs -> (how it is written, the cell; None: only the last output, at 0).
        counters: positions of counters.
    """

    cells: list[Cell]
    source: int
    lengths: Tensor | None
    zeros: list[Tensor]
    lists: dict[int, tuple[ListUse | None, Cell]]
    counters: list[int]


def recurrence_of(facts: LoopFacts) -> Recurrence | None:
    """What a loop is when it is a recurrent network; None when it is something else."""
    return _Matcher(facts).match()


class _Matcher:
    def __init__(self, facts: LoopFacts):
        self._facts = facts
        self._inputs = facts.body.inputs
        self._position = {t: i for i, t in enumerate(self._inputs)}
        self._invariants = {t for i, t in enumerate(self._inputs) if facts.is_invariant(i)}
        self._known: dict[Tensor, bool] = {}
        self._lengths: list[Tensor] = []

    def match(self) -> Recurrence | None:
        facts = self._facts
        if facts.body.__dict__.get("_effects"):
            return None
        counters = [i for i in facts.carried if facts.counter_step(i) == 1]
        states = [i for i in facts.carried if i not in counters and self._inputs[i].dtype.name == "float32"]
        lists = [i for i in facts.carried if self._inputs[i].dtype.name == "variant"]
        if len(counters) + len(states) + len(lists) != len(facts.carried) or not states:
            return None
        self._counters = {self._inputs[i] for i in counters}
        after = {i: self._unmasked(facts.body.outputs[i], self._inputs[i]) for i in states}
        cells = [c for i in states if (c := self._cell(i, after)) is not None]
        used = [c.state for c in cells] + [c.memory for c in cells if c.memory is not None]
        if sorted(used) != sorted(states):
            return None
        ordered = self._ordered(cells)
        source = self._read(ordered[0].source) if ordered else None
        if source is None:
            return None
        zeros: list[Tensor] = []
        outputs = {p: self._list(p, ordered, zeros) for p in lists}
        if any(v is None for v in outputs.values()) or len(set(self._lengths)) > 1:
            return None
        lengths = self._lengths[0] if self._lengths else None
        if lengths is not None and not self._all_masked(states, after):
            return None
        return Recurrence(
            ordered, source, lengths, zeros, {p: v for p, v in outputs.items() if v is not None}, counters
        )

    # ---------------------------------------------------------------- masks

    def _unmasked(self, tensor: Tensor, kept: Tensor | None) -> Tensor:
        """What `tensor` is where nothing is masked; the mask is noted. `kept` is what it keeps where it is."""
        found = self._mask(tensor)
        if found is None or kept is not None and root(found[1]) is not kept:
            return root(tensor)
        self._lengths.append(found[0])
        return root(found[2])

    def _mask(self, tensor: Tensor) -> tuple[Tensor, Tensor, Tensor] | None:
        """(lengths, what is kept, what is new) of a Select between them by time >= lengths."""
        op = root(tensor).op
        if op.type != "Select":
            return None
        condition = root(op._inputs[0]).op
        if condition.type != "GreaterEqual" or root(condition._inputs[0]) not in self._counters:
            return None
        lengths = root(condition._inputs[1])
        if not self._is_invariant(lengths) or lengths.dtype.name not in ("int32", "int64"):
            return None
        return lengths, op._inputs[1], op._inputs[2]

    def _all_masked(self, states: list[int], after: dict[int, Tensor]) -> bool:
        return all(root(self._facts.body.outputs[i]) is not after[i] for i in states)

    # ---------------------------------------------------------------- cells

    def _cell(self, position: int, after: dict[int, Tensor]) -> Cell | None:
        return self._lstm(position, after) or self._gru(position, after) or self._plain(position, after)

    def _lstm(self, position: int, after: dict[int, Tensor]) -> Cell | None:
        """h' = sigmoid(o) tanh(c'), c' = sigmoid(f) c + sigmoid(i) tanh(g)."""
        output = after[position]
        for squashed, gate in _pairs(output, ("Mul",)):
            function, new = _squashed(squashed)
            out = self._gate(gate)
            memory = None if new is None else next((i for i, t in after.items() if t is root(new)), None)
            if out is None or memory is None or memory == position:
                continue
            own = self._inputs[memory]
            for kept, added in _pairs(after[memory], ("Add", "AddV2")):
                parts = self._kept_and_added(kept, added, own)
                if parts is None:
                    continue
                gates = dict(zip("ofic", (out, *parts), strict=True))
                for key, gate_sum in gates.items():
                    state = after[memory] if key == "o" else own
                    if any(s is not state for s, _ in gate_sum.diagonals) or key == "c" and gate_sum.diagonals:
                        return None
                return self._made("LSTM", position, memory, gates, output, function)
        return None

    def _kept_and_added(self, kept: Tensor, added: Tensor, memory: Tensor) -> tuple[Affine, Affine, Affine] | None:
        """The gates f, i and c of c' = kept + added."""
        forget = next((self._gate(g) for m, g in _pairs(kept, ("Mul",)) if root(m) is memory), None)
        for squashed, gate in _pairs(added, ("Mul",)):
            function, new = _squashed(squashed)
            candidate = None if new is None else self._affine(new)
            write = self._gate(gate)
            if forget is not None and candidate is not None and write is not None:
                candidate.function = function
                return forget, write, candidate
        return None

    def _gru(self, position: int, after: dict[int, Tensor]) -> Cell | None:
        """h' = u h + (1 - u) tanh(c)."""
        own, output = self._inputs[position], after[position]
        for first, second in _pairs(output, ("Add", "AddV2")):
            for state, gate in _pairs(first, ("Mul",)):
                if root(state) is not own:
                    continue
                for squashed, rest in _pairs(second, ("Mul",)):
                    function, candidate = _squashed(squashed)
                    if candidate is None or not _is_one_minus(rest, gate):
                        continue
                    update = self._gate(gate)
                    found = self._candidate(candidate, own)
                    if update is None or found is None:
                        continue
                    reset, new, recurrent = found
                    new.function = function
                    gates = {"z": update, "r": reset, "h": new}
                    return self._made("GRU", position, None, gates, output, recurrent=recurrent)
        return None

    def _candidate(self, tensor: Tensor, own: Tensor) -> tuple[Affine, Affine, Affine | None] | None:
        """(reset gate, candidate, the product that is reset) of a GRU."""
        whole = self._affine(tensor)
        if whole is not None:
            for source in list(whole.products):
                for state, gate in _pairs(source, ("Mul",)):
                    reset = self._gate(gate)
                    if root(state) is own and reset is not None:
                        whole.products[own] = whole.products.pop(source)
                        return reset, whole, None
            return None
        for plain, scaled in _pairs(tensor, ("Add", "AddV2")):
            new = self._affine(plain)
            for product, gate in _pairs(scaled, ("Mul",)):
                reset, recurrent = self._gate(gate), self._affine(product)
                if new is not None and reset is not None and recurrent is not None and set(recurrent.products) == {own}:
                    return reset, new.plus(Affine({own: []})), recurrent
        return None

    def _plain(self, position: int, after: dict[int, Tensor]) -> Cell | None:
        """h' = tanh(x w + h u + b), or relu."""
        op = after[position].op
        if op.type not in ("Tanh", "Relu"):
            return None
        whole = self._affine(op._inputs[0])
        if whole is None:
            return None
        return self._made("RNN", position, None, {"i": whole}, after[position], activation=op.type)

    def _made(
        self,
        kind: str,
        position: int,
        memory: int | None,
        gates: dict[str, Affine],
        output: Tensor,
        activation: str = "Tanh",
        recurrent: Affine | None = None,
    ) -> Cell | None:
        own = self._inputs[position]
        sources = {s for g in gates.values() for s in g.products} - {own}
        if len(sources) != 1 or any(set(g.products) != {own, *sources} for g in gates.values()):
            return None
        if kind != "LSTM" and any(g.diagonals for g in gates.values()):
            return None
        return Cell(kind, next(iter(sources)), position, memory, gates, output, activation, recurrent)

    def _ordered(self, cells: list[Cell]) -> list[Cell]:
        """The cells in the order in which they feed one another; empty when they are no chain."""
        by_source = {c.source: c for c in cells}
        first = [c for c in cells if self._read(c.source) is not None]
        if len(by_source) != len(cells) or len(first) != 1:
            return []
        chain = [first[0]]
        while (following := by_source.get(chain[-1].output)) is not None:
            chain.append(following)
        return chain if len(chain) == len(cells) else []

    # ---------------------------------------------------------------- sums

    def _gate(self, tensor: Tensor) -> Affine | None:
        """The sum that a gate is the sigmoid of, or Keras' piecewise linear sigmoid."""
        tensor = root(tensor)
        part = WHOLE
        split = _split(tensor)
        if split is not None:
            tensor, part = root(split[0]), split[1]
        function, argument = "Sigmoid", _argument(tensor, "Sigmoid")
        if argument is None:
            function, argument = "HardSigmoid", _hard_sigmoid(tensor)
        found = None if argument is None else self._affine(argument, part)
        if found is not None:
            found.function = function
        return found

    def _affine(self, tensor: Tensor, part: Part = WHOLE) -> Affine | None:
        tensor = root(tensor)
        op = tensor.op
        found = _split(tensor)
        if found is not None:
            return self._affine(found[0], found[1]) if part == WHOLE else None
        if op.type in _PLUS:
            return self._sum(op, part)
        if op.type == "MatMul":
            return self._product(op, part)
        if op.type == "Mul" and part == WHOLE:
            for weights, state in _pairs(tensor, ("Mul",)):
                if self._is_invariant(weights) and not self._is_invariant(state):
                    return Affine(diagonals=[(root(state), weights)])
        return None

    def _sum(self, op: Operation, part: Part) -> Affine | None:
        terms = []
        for tensor in op._inputs:
            if self._is_invariant(tensor):
                terms.append(Affine(biases=[(tensor, part)]))
            elif (found := self._affine(tensor, part)) is not None:
                terms.append(found)
        return terms[0].plus(terms[1]) if len(terms) == 2 else None

    def _product(self, op: Operation, part: Part) -> Affine | None:
        value, weight = op._inputs
        if op.attrs["transpose_a"] or not self._is_invariant(weight) or self._is_invariant(value):
            return None
        transposed = bool(op.attrs["transpose_b"])
        joined = root(value).op
        if joined.type == "ConcatV2" and len(joined._inputs) == 3 and _constant(joined._inputs[2]) in (1, -1):
            first, second = (root(t) for t in joined._inputs[:2])
            if first is second:
                return None
            rows = {first: "head", second: "tail"}
        else:
            rows = {root(value): "all"}
        return Affine({source: [Piece(weight, part, which, transposed)] for source, which in rows.items()})

    def _is_invariant(self, tensor: Tensor) -> bool:
        known = self._known.get(tensor)
        if known is None:
            ops = needed_operations([tensor], (), self._invariants)
            known = not any(
                op.type not in _READS and (op.definition.is_stateful or not op._inputs) for op in ops
            ) and not any(t in self._position for op in ops for t in op._outputs)
            self._known[tensor] = known
        return known

    # ---------------------------------------------------------------- lists

    def _read(self, tensor: Tensor) -> int | None:
        """The position of the list whose element at the present time `tensor` is."""
        op = root(tensor).op
        if op.type != "TensorListGetItem" or root(op._inputs[1]) not in self._counters:
            return None
        handle = root(op._inputs[0])
        return self._position[handle] if handle in self._invariants else None

    def _list(self, position: int, cells: list[Cell], zeros: list[Tensor]) -> tuple[ListUse | None, Cell] | None:
        use = self._facts.list_use(position)
        if use is not None:
            index = use.index
            if use.kind != "write" or use.reads or index is None or len(index.terms) != 1:
                return None
            if index.terms[0][0] != 1 or index.terms[0][1] not in self._counters:
                return None
            op = use.op
        else:
            op = root(self._facts.body.outputs[position]).op
            own = self._inputs[position]
            uses = self._facts.uses_of(own)
            if op.type != "TensorListSetItem" or root(op._inputs[0]) is not own or len(uses.consumers) != 1:
                return None
            if _constant(op._inputs[1]) != 0:
                return None
        item = op._inputs[2]
        masked = self._mask(item)
        if masked is not None:
            if use is None:
                return None
            self._lengths.append(masked[0])
            zeros.append(masked[1])
            item = masked[2]
        cell = next((c for c in cells if c.output is root(item)), None)
        return None if cell is None or masked is None and self._lengths else (use, cell)


def _pairs(tensor: Tensor, types: tuple[str, ...]) -> Iterator[tuple[Tensor, Tensor]]:
    """The two inputs of an operation of one of `types` in both orders; nothing for others."""
    op = root(tensor).op
    if op.type in types and len(op._inputs) == 2:
        first, second = op._inputs
        yield first, second
        yield second, first


def _argument(tensor: Tensor, op_type: str) -> Tensor | None:
    op = root(tensor).op
    return op._inputs[0] if op.type == op_type else None


def _squashed(tensor: Tensor) -> tuple[str, Tensor | None]:
    """The function that gives new content, and what it is applied to; None for another one."""
    op = root(tensor).op
    return (op.type, op._inputs[0]) if op.type in ("Tanh", "Relu") else ("", None)


def _hard_sigmoid(tensor: Tensor) -> Tensor | None:
    """x where `tensor` is min(max(0.2 x + 0.5, 0), 1), in whatever order it is cut; None otherwise."""
    bounds = {"Maximum": 0.0, "Minimum": 1.0}
    while (kind := root(tensor).op.type) in bounds:
        inner = next((t for t, bound in _pairs(tensor, (kind,)) if _number(bound) == bounds[kind]), None)
        if inner is None:
            return None
        tensor, _ = inner, bounds.pop(kind)
    for scaled, half in _pairs(tensor, ("Add", "AddV2")) if not bounds else ():
        if _number(half) == 0.5:
            return next((x for x, fifth in _pairs(scaled, ("Mul",)) if _number(fifth) == np.float32(0.2)), None)
    return None


def _number(tensor: Tensor) -> float | None:
    op = root(tensor).op
    return op.attrs["value"].item() if op.type == "Const" and op.attrs["value"].size == 1 else None


def _split(tensor: Tensor) -> tuple[Tensor, Part] | None:
    """What `tensor` is a part of, and which, where its columns are split."""
    op = tensor.op
    if op.type == "Split" and _constant(op._inputs[0]) in (1, -1):
        return op._inputs[1], (tensor.value_index, int(op.attrs["num_split"]))
    if op.type == "SplitV" and _constant(op._inputs[2]) in (1, -1):
        sizes = root(op._inputs[1]).op
        widths = sizes.attrs["value"].tolist() if sizes.type == "Const" else []
        if len(set(widths)) == 1:
            return op._inputs[0], (tensor.value_index, len(widths))
        if len(set(widths[:-1])) == 1 and tensor.value_index < len(widths) - 1:
            return op._inputs[0], (tensor.value_index, -widths[0])
    return None


def _constant(tensor: Tensor) -> int | None:
    op = root(tensor).op
    if op.type != "Const" or op.attrs["value"].size != 1:
        return None
    return int(op.attrs["value"].reshape(-1)[0])


def _is_one_minus(tensor: Tensor, gate: Tensor) -> bool:
    op = root(tensor).op
    return op.type == "Sub" and _constant(op._inputs[0]) == 1 and root(op._inputs[1]) is root(gate)
