"""Nodes of messages as operations of a graph: the engine of `import_graph_def` and of function bodies."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable
from typing import Any

from tfcompat.graph.attr_checks import check_kind, check_value
from tfcompat.graph.device import canonical_name
from tfcompat.graph.dtypes import DType
from tfcompat.graph.errors import NotFoundError
from tfcompat.graph.graph import Graph
from tfcompat.graph.node_def import attr_from_message
from tfcompat.graph.op_def import OpDef, arg_types
from tfcompat.graph.operation import Operation
from tfcompat.graph.scopes import apply_devices, control_inputs_for
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape

_BACK_EDGE_TAKERS = frozenset({"Merge", "RefMerge"})
_NODE_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$")


class NodeImporter:
    """One import.

    Nodes are made in an order that respects their edges. The edge from a NextIteration back to its Merge is put in
    place at the end.
    """

    def __init__(
        self,
        graph: Graph,
        nodes: Iterable[Any],
        mapping: dict[str, Any],
        prefix: str,
        producer_op_list: Any = None,
        given: dict[str, Operation] | None = None,
    ):
        self._graph = graph
        self._nodes: dict[str, Any] = {}
        for node in nodes:
            if not _NODE_NAME.match(node.name):
                raise ValueError(f"Node '{node.name}': Node name contains invalid characters")
            if node.name in self._nodes:
                raise ValueError(f"Node '{node.name}' is not unique")
            self._nodes[node.name] = node
        self._mapping = mapping
        self._used: set[str] = set()
        self._prefix = prefix
        self._producer = {op.name: op for op in producer_op_list.op} if producer_op_list is not None else {}
        self._made: dict[str, Operation] = dict(given or {})
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()
        self._present = self._present_names()
        self._made_for_function = given is not None
        self._back_edges: list[tuple[str, int, str]] = []

    def _present_names(self) -> set[str]:
        """The names that operations, and scopes with operations, have before the import."""
        found: set[str] = set()
        for name in self._graph._ops_by_name:
            while name and name not in found:
                found.add(name)
                name = name.rpartition("/")[0]
        return found

    def run(self) -> None:
        """Makes all operations; see `import_graph_def` for errors."""
        stacks = self._graph._scopes.current
        control = stacks.control
        if not self._made_for_function:
            stacks.control = []
        try:
            for node_name in self._ordered():
                self._make(self._nodes[node_name])
        finally:
            stacks.control = control
        self._place_colocated()
        for op in self._made.values() if control and not self._made_for_function else ():
            op._add_control_inputs(control_inputs_for(control, {t.op for t in op._inputs}))
        for name, index, source in self._back_edges:
            self._made[name]._update_input(index, self._tensor(source, name))
        unused = [k for k in self._mapping if k not in self._used and not self._names_something(k)]
        if unused:
            raise ValueError(f"Attempted to map inputs that were not found in graph_def: [{', '.join(sorted(unused))}]")

    def _names_something(self, key: str) -> bool:
        """Whether a key of the input map names a tensor or operation that was imported."""
        op = self._made.get(_node_of(key))
        index = key.partition(":")[2]
        return op is not None and (not index or int(index) < len(op.outputs))

    def element(self, name: str) -> Any:
        """The imported operation or tensor that had `name` in the message.

        Raises:
            ValueError: there was none.
        """
        node, _, index = name.partition(":")
        if ":" in index:
            raise ValueError(
                f"Cannot convert {name!r} to a tensor name. Tensor names should not contain more than 1 `:`. Obtained "
                f"{index.count(':') + 1}"
            )
        op = self._made.get(node)
        if op is None or (index and not index.isdigit()):
            kind = "tensor" if index else "node"
            raise ValueError(f"Requested return {kind} {name!r} not found in graph def")
        if not index:
            return op
        mapped = self._mapping.get(name) if name in self._mapping else self._mapping.get(node) if index == "0" else None
        if mapped is not None:
            return mapped
        if int(index) >= len(op.outputs):
            raise ValueError(f"Invalid return output {index} of node '{node}', which has {len(op.outputs)} output(s)")
        return op.outputs[int(index)]

    # ---------------------------------------------------------------- order

    def _ordered(self) -> list[str]:
        """Node names, each after what it takes, as early as their order in the message allows.

        Raises:
            ValueError: there is a cycle that no loop explains.
        """
        missing: dict[str, int] = {}
        followers: dict[str, list[str]] = {name: [] for name in self._nodes}
        for name, node in self._nodes.items():
            sources = {_node_of(i) for i in node.input if not self._is_mapped(i) and not self._is_back_edge(node, i)}
            sources -= self._made.keys()
            for source in sources:
                if source not in self._nodes:
                    raise ValueError(
                        f"Node '{name}': Unknown input node '{next(i for i in node.input if _node_of(i) == source)}'"
                    )
                followers[source].append(name)
            missing[name] = len(sources)
        names = list(self._nodes)
        index = {name: i for i, name in enumerate(names)}
        ready = [i for i, name in enumerate(names) if not missing[name]]
        order: list[str] = []
        while ready:
            order.append(names[heapq.heappop(ready)])
            for follower in followers[order[-1]]:
                missing[follower] -= 1
                if not missing[follower]:
                    heapq.heappush(ready, index[follower])
        if len(order) < len(self._nodes):
            stuck = [n for n in self._nodes if missing[n]]
            raise ValueError(f"Cannot import a graph with a cycle; nodes on it: {', '.join(stuck[:5])}")
        return order

    def _is_back_edge(self, node: Any, source: str) -> bool:
        if node.op not in _BACK_EDGE_TAKERS or source.startswith("^"):
            return False
        origin = self._nodes.get(_node_of(source))
        return origin is not None and origin.op in ("NextIteration", "RefNextIteration")

    def _is_mapped(self, source: str) -> bool:
        return any(k in self._mapping for k in _spellings(source))

    # ---------------------------------------------------------------- one node

    def _make(self, node: Any) -> None:
        definition = self._definition(node)
        attrs = self._attrs(node, definition)
        inputs, control = self._inputs(node)
        expected = [t for arg in definition.inputs for t in arg_types(arg, attrs)]
        self._check_inputs(node, inputs, expected)
        name = self._new_name(node.name)
        try:
            op = self._graph.add_op(
                definition, inputs, attrs, definition.output_types(attrs), name + "/", control, compute_device=False
            )
        except KeyError as error:
            raise ValueError(f"NodeDef missing attr {error} from Op {node.op} for node '{node.name}'") from None
        groups = self._graph._colocation_groups()
        if groups:
            op.attrs["_class"] = groups
        if not self._colocated(op):
            self._place(op, canonical_name(node.device))
        self._check_output_shapes(op, node)
        self._made[node.name] = op

    def _new_name(self, name: str) -> str:
        """The name in the graph of the node called `name`: prefixed, and made unique."""
        found = self._names.get(name)
        if found is None:
            base = found = self._prefix + name
            count = 0
            while found in self._present or found in self._taken:
                count += 1
                found = f"{base}_{count}"
            self._names[name] = found
            self._taken.add(found)
        return found

    def _place(self, op: Operation, device: str) -> None:
        """Gives `op` the node's device and lets the graph's device scopes decide the rest."""
        op._set_device(device)
        apply_devices(self._graph._scopes.current.device, op)

    @staticmethod
    def _colocated(op: Operation) -> list[str]:
        """The names of the other operations that `op` is placed with."""
        names = [g[5:].decode() for g in op.attrs.get("_class", []) if g.startswith(b"loc:@")]
        return [n for n in names if n != op.name]

    def _place_colocated(self) -> None:
        """Colocated operations take the device of the first one they are placed with that has one."""
        for op in self._made.values():
            others = [self._graph._ops_by_name.get(n) for n in self._colocated(op)]
            device = next((o.device for o in others if o is not None and o.device), "")
            if device:
                op._set_device(canonical_name(device))

    def _definition(self, node: Any) -> OpDef:
        try:
            return self._graph._definition(node.op)
        except ValueError as error:
            raise NotFoundError(None, None, f"{error} (node '{node.name}')") from None

    def _attrs(self, node: Any, definition: OpDef) -> dict[str, Any]:
        attrs: dict[str, Any] = {}
        dropped = self._newer_defaults(node, definition)
        for key, message in node.attr.items():
            if key in dropped or key == "_output_shapes":
                continue
            attrs[key] = self._attr(node, definition, key, message)
        for key, attr in definition.attrs.items():
            if key not in attrs:
                if not attr.has_default:
                    raise ValueError(f"NodeDef missing attr '{key}' from Op {definition.name}; NodeDef: '{node.name}'")
                attrs[key] = attr.default
        return attrs

    def _attr(self, node: Any, definition: OpDef, key: str, message: Any) -> Any:
        """The value of one attribute; ValueError when it is not what the definition allows."""
        where = f"for attr '{key}'; NodeDef: '{node.name}' (op: {node.op})"
        if key == "_class":
            check_kind(message, "list(string)", where)
            return self._prefixed_classes(node, attr_from_message(message))
        attr = definition.attrs.get(key)
        if attr is not None:
            check_kind(message, attr.type, where)
        if key == "value" and node.op == "Const" and message.tensor.dtype != node.attr["dtype"].type:
            raise ValueError(f"The value is not of the type of attr 'dtype' {where}")
        value = attr_from_message(message)
        if attr is not None and message.WhichOneof("value") != "placeholder":
            check_value(value, attr, where)
        return value

    def _newer_defaults(self, node: Any, definition: OpDef) -> set[str]:
        """Attributes of a newer producer that are at its default, so that dropping them changes nothing."""
        producer = self._producer.get(node.op)
        if producer is None:
            return set()
        return {
            a.name
            for a in producer.attr
            if a.name not in definition.attrs
            and a.HasField("default_value")
            and a.name in node.attr
            and node.attr[a.name] == a.default_value
        }

    def _prefixed_classes(self, node: Any, groups: list[bytes]) -> list[bytes]:
        prefixed = []
        for group in groups:
            if group.startswith(b"loc:@"):
                target = group[5:].decode(errors="replace")
                if target not in self._nodes and self._made_for_function:
                    continue
                if target not in self._nodes:
                    raise ValueError(f"Node '{node.name}' expects to be colocated with unknown node '{target}'")
                group = f"loc:@{self._new_name(target)}".encode()
            prefixed.append(group)
        return prefixed

    def _inputs(self, node: Any) -> tuple[list[Tensor], list[Operation]]:
        tensors: list[Tensor | None] = []
        control: list[Operation] = []
        later: list[tuple[int, str]] = []
        for source in node.input:
            if source.startswith("^"):
                control.append(self._control(source, node.name))
            elif control and not source.startswith("^"):
                raise ValueError(f"Node '{node.name}': Control dependencies must come after regular dependencies")
            elif self._is_back_edge(node, source):
                later.append((len(tensors), source))
                tensors.append(None)
            else:
                tensors.append(self._tensor(source, node.name))
        stand_in = next((t for t in tensors if t is not None), None)
        if later and stand_in is None:
            raise ValueError(f"Node '{node.name}': a {node.op} needs an input that is not a NextIteration")
        for index, source in later:
            self._back_edges.append((node.name, index, source))
        return [t if t is not None else stand_in for t in tensors], control  # type: ignore[misc]

    def _control(self, source: str, node_name: str) -> Operation:
        mapped = self._mapping.get(source)
        if mapped is not None:
            self._used.add(source)
            return mapped.op if isinstance(mapped, Tensor) else mapped
        return self._operation(source[1:], node_name)

    def _operation(self, name: str, node_name: str) -> Operation:
        op = self._made.get(name)
        if op is None:
            raise ValueError(f"Node '{node_name}': Unknown input node '{name}'")
        return op

    def _tensor(self, source: str, node_name: str) -> Tensor:
        for key in _spellings(source):
            mapped = self._mapping.get(key)
            if mapped is not None:
                self._used.add(key)
                return mapped
        name, colon, index = source.partition(":")
        op = self._operation(name, node_name)
        if colon and not index.isdigit():
            raise ValueError(f"Node '{node_name}': Unknown input node '{source}'")
        position = int(index) if index else 0
        if position >= len(op.outputs):
            raise ValueError(
                f"Node '{node_name}': Connecting to invalid output {position} of source node {name} which "
                f"has {len(op.outputs)} outputs."
            )
        return op.outputs[position]

    def _check_inputs(self, node: Any, inputs: list[Tensor], expected: list[Any]) -> None:
        if len(inputs) != len(expected):
            raise ValueError(
                f"NodeDef expected inputs '{', '.join(map(type_text, expected))}' do not match "
                f"{len(inputs)} inputs specified; NodeDef: '{node.name}'"
            )
        for position, (tensor, dtype) in enumerate(zip(inputs, expected, strict=True)):
            if tensor.dtype.base_dtype != dtype.base_dtype or (dtype._is_ref_dtype and not tensor.dtype._is_ref_dtype):
                raise ValueError(
                    f"Input {position} of node {self._new_name(node.name)} was passed {type_text(tensor.dtype)} "
                    f"from {tensor.name} incompatible with expected {type_text(dtype)}."
                )

    @staticmethod
    def _check_output_shapes(op: Operation, node: Any) -> None:
        if "_output_shapes" not in node.attr:
            return
        shapes = node.attr["_output_shapes"].list.shape
        if len(shapes) != len(op.outputs):
            raise ValueError(
                f"Node '{node.name}' has {len(op.outputs)} outputs but the _output_shapes attribute "
                f"specifies shapes for {len(shapes)} outputs"
            )
        for tensor, message in zip(op.outputs, shapes, strict=True):
            try:
                tensor.set_shape(TensorShape(message))
            except ValueError:
                raise ValueError(
                    f"Node '{node.name}' has an _output_shapes attribute inconsistent with the GraphDef "
                    f"for output #{tensor.value_index}: {TensorShape(message)} is not compatible with "
                    f"{tensor.shape}"
                ) from None


def type_text(dtype: DType) -> str:
    """The name of a type in messages about nodes: float and double for float32 and float64."""
    plain = {"float32": "float", "float64": "double", "float16": "half"}
    return plain.get(dtype.base_dtype.name, dtype.base_dtype.name) + ("_ref" if dtype._is_ref_dtype else "")


def _node_of(source: str) -> str:
    return source.removeprefix("^").partition(":")[0]


def _spellings(source: str) -> tuple[str, ...]:
    """The keys of an input map that mean `source`."""
    if source.startswith("^"):
        return (source,)
    name, _, index = source.partition(":")
    return (f"{name}:{index or 0}", name) if index in ("", "0") else (source,)
