"""Sizes that follow from others are not computed: shapes become constants, and Reshapes one or none.

A Reshape to "the batch, and the rest as they are" gets a constant target with 0 (this dimension of the input) and -1
(the rest); a Reshape of a Reshape becomes one, or none where it undoes the other; sizes that other nodes want are taken
from one Shape of the tensor that has them.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from converters.builder import Node, Subgraph, Value
from converters.passes.dimensions import Dimensions
from converters.passes.size_terms import Size, Sizes, known
from converters.passes.substitution import substituted
from tfcompat.graph import dtypes

_REARRANGE = ("Reshape", "Squeeze", "Unsqueeze")
_TARGET = {"Reshape": 1, "Expand": 1, "ConstantOfShape": 0}
"""Operator -> the input that says which dimensions it gives."""


def known_before(nodes: Sequence[Node], kept: Sequence[str]) -> list[Node]:
    """The nodes, those of bodies too, with constants in the place of what follows from the dimensions of the inputs.

    Args:
        nodes: of the whole model, in order.
        kept: names of the values that must be made.
    """
    return _Rewriter(Dimensions(), set(_names(nodes)), {}, {}, {}).run(nodes, set(kept))


def _names(nodes: Sequence[Node]) -> Iterator[str]:
    """The names of all values that nodes and their bodies use or make."""
    for node in nodes:
        yield from (v.name for v in (*node.inputs, *node.outputs) if v is not None)
        for body in node.subgraphs.values():
            yield from (v.name for v in (*body.inputs, *body.outputs))
            yield from _names(body.nodes)


class _Rewriter:
    """Rewrites the nodes of one graph; what bodies inside see of it is handed on."""

    def __init__(
        self,
        dimensions: Dimensions,
        taken: set[str],
        same: dict[str, Value],
        vectors: dict[object, Value],
        values: dict[str, Value],
    ):
        self._dimensions = dimensions
        self._taken = taken
        self._same = same
        self._vectors = vectors
        self._values = values
        self._bases: dict[str, Value] = {}
        self._out: list[Node] = []

    def run(self, nodes: Sequence[Node], kept: set[str]) -> list[Node]:
        for original in nodes:
            node = substituted(original, self._same)
            for value in (*node.inputs, *node.outputs):
                if value is not None:
                    self._values.setdefault(value.name, value)
            if node.subgraphs:
                node = dataclasses.replace(node, subgraphs={k: self._body(b) for k, b in node.subgraphs.items()})
            self._dimensions.note(node)
            if node.domain or not self._replaced(node, kept):
                self._out.append(self._rewritten(node))
        return self._out

    def _body(self, body: Subgraph) -> Subgraph:
        inside = _Rewriter(self._dimensions, self._taken, dict(self._same), dict(self._vectors), dict(self._values))
        nodes = inside.run(body.nodes, {v.name for v in body.outputs})
        outputs = [inside._same.get(v.name, v) for v in body.outputs]
        return Subgraph(body.inputs, outputs, nodes)

    def _replaced(self, node: Node, kept: set[str]) -> bool:
        """Whether another value takes the place of what the node gives."""
        (y, *_) = node.outputs
        found = self._unchanged(node) or self._all_rows(node)
        if y.name in kept:
            if found is not None:
                self._out.append(Node("Identity", "", [found], node.outputs, {}, node.name))
            return found is not None
        found = found or self._known(y) or self._held(y)
        if found is not None:
            self._same[y.name] = found
        return found is not None

    def _known(self, y: Value) -> Value | None:
        """A constant with the sizes that `y` holds."""
        content, dims = self._dimensions.content(y), self._dimensions.of(y)
        numbers = None if content is None else known(content)
        if numbers is None or dims is None or y.dtype.name not in ("int32", "int64"):
            return None
        array = np.array(numbers, y.dtype.as_numpy_dtype).reshape([n for n, _ in dims])
        return Value(y.name, y.dtype, array.shape, array)

    def _held(self, y: Value) -> Value | None:
        """An earlier value that holds the same sizes."""
        content, dims = self._dimensions.content(y), self._dimensions.of(y)
        if content is None or dims is None:
            return None
        first = self._vectors.setdefault((y.dtype.name, tuple(dims), tuple(content)), y)
        return first if first.name != y.name else None

    def _unchanged(self, node: Node) -> Value | None:
        """The value that `node` only gives dimensions that it has already."""
        x, (y, *_) = node.inputs[0] if node.inputs else None, node.outputs
        if node.op_type not in (*_REARRANGE, "Expand") or x is None or self._may_fail(node):
            return None
        base = x if node.op_type == "Expand" else self._bases.get(x.name, x)
        dims = self._dimensions.of(y)
        for source in (x, base):
            if dims is not None and dims == self._dimensions.of(source):
                return source
        if node.op_type in _REARRANGE:
            self._bases[y.name] = base
        return None

    def _may_fail(self, node: Node) -> bool:
        """Whether the node is a guard or looks at one."""
        return any(map(self._dimensions.is_guarded, (*node.inputs, node.outputs[0])))

    def _all_rows(self, node: Node) -> Value | None:
        """What ScatterND puts in the place of every row there is."""
        if node.op_type != "ScatterND" or node.attrs.get("reduction", "none") not in ("none", b"none"):
            return None
        data, indices, updates = node.inputs
        sizes, count = self._dimensions.of(data), self._dimensions.counts_to(indices)
        vectors = self._dimensions.of(indices)
        if sizes is None or vectors is None or sizes[:1] != [count] or len(vectors) != 2 or vectors[1] != (1, ()):
            return None
        return updates

    # ---------------------------------------------------------------- targets

    def _rewritten(self, node: Node) -> Node:
        at = None if node.domain else _TARGET.get(node.op_type)
        if node.op_type in ("Squeeze", "Unsqueeze") and not node.domain:
            return self._as_one(node) or node
        if at is None or self._may_fail(node):
            return node
        target = node.inputs[at]
        assert target is not None
        if node.op_type == "Reshape":
            found = self._as_one(node) or self._with_constant_target(node, node.inputs[0])
            if found is not None:
                return found
        dims = self._dimensions.of(node.outputs[0])
        vector = None if target.const is not None or dims is None else self._vector(dims, target, node.outputs[0].name)
        if vector is None:
            return node
        return dataclasses.replace(node, inputs=[vector if i == at else v for i, v in enumerate(node.inputs)])

    def _as_one(self, node: Node) -> Node | None:
        """A Reshape of what comes before the nodes that rearrange the input."""
        x = node.inputs[0]
        base = None if x is None else self._bases.get(x.name)
        return None if base is None else self._with_constant_target(node, base)

    def _with_constant_target(self, node: Node, x: Value | None) -> Node | None:
        """A Reshape of `x` to the dimensions of the result, as far as a constant can say them."""
        dims, source = self._dimensions.of(node.outputs[0]), self._dimensions.of(x)
        target = None if dims is None or source is None else constant_target(dims, source)
        if target is None or x is None:
            return None
        value = Value(
            self._fresh(f"{node.outputs[0].name}/dims"), dtypes.int64, (len(target),), np.array(target, np.int64)
        )
        return Node("Reshape", "", [x, value], node.outputs, {}, node.name)

    def _fresh(self, name: str) -> str:
        """`name`, or one like it that nothing has yet."""
        candidates = itertools.chain([name], (f"{name}_{i}" for i in itertools.count(1)))
        free = next(c for c in candidates if c not in self._taken)
        self._taken.add(free)
        return free

    def _vector(self, dims: Sizes, target: Value, result: str) -> Value | None:
        """A vector of the sizes from Shapes and numbers; None where that takes `result` itself."""
        key = ("int64", 1, tuple(dims))
        parts = self._merged(_parts(dims))
        if parts is None or any(isinstance(p, tuple) and p[0] not in self._values.keys() - {result} for p in parts):
            return None
        made = self._vectors.get(("made", *key))
        if made is not None:
            return made
        pieces: list[Value] = []
        for index, part in enumerate(parts):
            name = self._fresh(f"{target.name}/{index}")
            if isinstance(part, list):
                pieces.append(Value(name, dtypes.int64, (len(part),), np.array(part, np.int64)))
            else:
                pieces.append(self._shape(*part))
        if len(pieces) > 1:
            whole = Value(self._fresh(f"{target.name}/sizes"), dtypes.int64, (len(dims),))
            self._out.append(Node("Concat", "", list(pieces), [whole], {"axis": 0}, whole.name))
            pieces = [whole]
            self._dimensions.note(self._out[-1])
        self._vectors["made", *key] = pieces[0]
        return pieces[0]

    def _merged(
        self, parts: list[list[int] | tuple[str, int, int]] | None
    ) -> list[list[int] | tuple[str, int, int]] | None:
        """The same with numbers taken from the Shape beside them, where that has them next."""
        if parts is None:
            return None
        merged: list[list[int] | tuple[str, int, int]] = []
        for part in parts:
            last = merged[-1] if merged else None
            if isinstance(part, list) and isinstance(last, tuple):
                own = self._dimensions.of(self._values.get(last[0])) or []
                if [(n, ()) for n in part] == own[last[2] : last[2] + len(part)]:
                    merged[-1] = (last[0], last[1], last[2] + len(part))
                    continue
            merged.append(part)
        return merged

    def _shape(self, name: str, start: int, end: int) -> Value:
        """The sizes of some dimensions of the value called `name`."""
        key = ("shape", name, start, end)
        if key not in self._vectors:
            sizes = Value(self._fresh(f"{name}/sizes"), dtypes.int64, (end - start,))
            attrs = {"start": start, "end": end}
            self._out.append(Node("Shape", "", [self._values[name]], [sizes], attrs, sizes.name))
            self._dimensions.note(self._out[-1])
            self._vectors[key] = sizes
        return self._vectors[key]


def constant_target(dims: Sizes, source: Sizes) -> list[int] | None:
    """What to reshape a tensor of dimensions `source` to so that it gets `dims`; None when no constant says that.

    0 and -1 together do not: the run fails where the dimension that 0 stands for is empty.
    """
    open_at = [i for i, size in enumerate(dims) if size[1]]
    if (0, ()) in dims:
        return None
    target = [size[0] for size in dims]
    if len(open_at) == 1:
        target[open_at[0]] = -1
        return target
    if any(i >= len(source) or dims[i] != source[i] for i in open_at):
        return None
    return [0 if i in open_at else size for i, size in enumerate(target)]


def _parts(dims: Sizes) -> list[list[int] | tuple[str, int, int]] | None:
    """The sizes as runs of numbers and of neighbouring dimensions of one value; None when one is neither."""
    sources = [_dimension(size) for size in dims]
    if any(s is None for s in sources):
        return None
    parts: list[list[int] | tuple[str, int, int]] = []
    for is_number, group in itertools.groupby((s for s in sources if s is not None), lambda s: isinstance(s, int)):
        items = list(group)
        if is_number:
            parts.append([s for s in items if isinstance(s, int)])
            continue
        for name, axis in (s for s in items if not isinstance(s, int)):
            last = parts[-1] if parts else None
            if isinstance(last, tuple) and last[0] == name and last[2] == axis:
                parts[-1] = (name, last[1], axis + 1)
            else:
                parts.append((name, axis, axis + 1))
    return parts


def _dimension(size: Size) -> int | tuple[str, int] | None:
    """A size as a number, or as (value, axis)."""
    factor, atoms = size
    if not atoms:
        return factor
    if factor != 1 or len(atoms) != 1 or not atoms[0].endswith("]"):
        return None
    name, _, axis = atoms[0][:-1].rpartition("[")
    return name, int(axis)
