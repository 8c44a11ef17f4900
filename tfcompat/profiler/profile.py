"""`tf.profiler.profile`: the nodes of a graph by scope, with their parameters and floating-point operations."""

from __future__ import annotations

import copy
import re
import sys
from dataclasses import dataclass, field
from typing import Any

from tfcompat import protos
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.errors import UnimplementedError
from tfcompat.graph.export import tf_export
from tfcompat.profiler.options import TRAINABLE_VARIABLES, ProfileOptionBuilder
from tfcompat.profiler.statistics import float_operations, parameters

_ROOT = "_TFProfRoot"
_COUNTS = {"params": "parameters", "float_ops": "float_ops"}
_UNITS = {"params": "params", "float_ops": "flops"}


@dataclass
class _Node:
    """A scope or an operation: its own numbers, those of what is shown below it, and what that is."""

    name: str
    types: tuple[str, ...] = ()
    shape: list[int] = field(default_factory=list)
    own: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTS, 0))
    children: dict[str, _Node] = field(default_factory=dict)
    shown: list[_Node] = field(default_factory=list)
    accounted: bool = False
    total: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTS, 0))


def _tree(graph: Any) -> _Node:
    root = _Node(_ROOT)
    trainable = {v.op.name for v in graph.get_collection(GraphKeys.TRAINABLE_VARIABLES)}
    for op in graph.get_operations():
        node, name = root, ""
        for part in op.name.split("/"):
            name = f"{name}/{part}" if name else part
            node = node.children.setdefault(part, _Node(name))
        node.types = (op.type, op.device, *([TRAINABLE_VARIABLES] if op.name in trainable else []))
        node.own = {"params": parameters(op), "float_ops": float_operations(op)}
        if node.own["params"]:
            node.shape = [d.size for d in op.get_attr("shape").dim]
    return root


def _matches(text: str, patterns: list[str]) -> bool:
    return any(re.fullmatch(pattern, text) for pattern in patterns)


def _select(node: _Node, options: dict[str, Any], depth: int, last: bool) -> list[_Node]:
    """What of `node` is shown: itself, or what is shown below it. Fills in what it shows and its totals."""
    node.accounted = any(_matches(t, options["account_type_regexes"]) for t in node.types)
    if not node.accounted:
        node.own = dict.fromkeys(_COUNTS, 0)
    below: list[_Node] = []
    if not last:
        cut = depth > 0 and _matches(node.name, options["trim_name_regexes"])
        for child in node.children.values():
            below += _select(child, options, depth + 1, cut)
    order = options["order_by"]
    below.sort(key=lambda n: (-n.total.get(order, 0), n.name))
    everything = [n.total for n in below] if options["account_displayed_op_only"] else _all_of(node)
    visible = depth == 0 or (
        depth <= options["max_depth"]
        and node.own["params"] >= options["min_params"]
        and node.own["float_ops"] >= options["min_float_ops"]
        and (node.accounted or bool(below))
        and _matches(node.name, options["show_name_regexes"])
        and not _matches(node.name, options["hide_name_regexes"])
    )
    node.shown = below
    node.total = {key: node.own[key] + sum(each[key] for each in everything) for key in _COUNTS}
    return [node] if visible else below


def _all_of(node: _Node) -> list[dict[str, int]]:
    return [child.total for child in node.children.values()]


def _number(value: int) -> str:
    for limit, unit, divisor in ((10**3, "", 1), (10**6, "k", 10**3), (10**9, "m", 10**6)):
        if value < limit:
            return f"{value / divisor:.2f}{unit}" if unit else str(value)
    return f"{value / 10**9:.2f}b"


def _lines(node: _Node, select: list[str], depth: int = 0) -> list[str]:
    facts = []
    for key in select:
        own = _number(node.own[key]) if node.accounted else "--"
        shape = "x".join(map(str, node.shape)) + ", " if key == "params" and node.own[key] else ""
        facts.append(f"{shape}{own}/{_number(node.total[key])} {_UNITS[key]}")
    lines = [f"{'  ' * depth}{node.name} ({', '.join(facts)})"]
    for child in node.shown:
        lines += _lines(child, select, depth + 1)
    return lines


def _message(node: _Node) -> Any:
    own = {field: node.own[key] for key, field in _COUNTS.items() if node.own[key]}
    total = {f"total_{field}": node.total[key] for key, field in _COUNTS.items() if node.total[key]}
    return protos.tfprof.GraphNodeProto(
        name=node.name, children=[_message(child) for child in node.shown], **own, **total
    )


@tf_export("profiler.profile")
def profile(
    graph: Any = None, run_meta: Any = None, op_log: Any = None, cmd: str = "scope", options: Any = None
) -> Any:
    """Counts parameters and floating-point operations, by the scopes of names, and prints them.

    Args:
        graph: the graph; the default one when None.
        run_meta: accepted; shapes are those that the graph knows.
        op_log: accepted.
        cmd: "scope".
        options: what to count and show, from `ProfileOptionBuilder`; the parameters of all variables when None.

    Returns:
        A `GraphNodeProto`, whose `total_parameters` and `total_float_ops` are the sums.

    Raises:
        UnimplementedError: another `cmd`, or options about time or memory.
    """
    if cmd != "scope":
        raise UnimplementedError(None, None, f"tf.profiler.profile: cmd {cmd!r}; 'scope' is supported")
    chosen = {**ProfileOptionBuilder.trainable_variables_parameter(), "account_type_regexes": [".*"]}
    chosen.update(copy.deepcopy(options or {}))
    unknown = [key for key in chosen["select"] if key not in _COUNTS]
    if unknown:
        raise UnimplementedError(
            None, None, f"tf.profiler.profile: select {unknown}; {sorted(_COUNTS)} are counted, runs are traced by "
            "RunOptions(trace_level=FULL_TRACE)"
        )  # fmt: skip
    (root,) = _select(_tree(graph or get_default_graph()), chosen, 0, False)
    kind, _, detail = chosen["output"].partition(":")
    heading = " | ".join(f"# {'parameters' if key == 'params' else key}" for key in chosen["select"])
    text = "\n".join(["Profile:", f"node name | {heading}", *_lines(root, chosen["select"]), ""])
    if kind == "stdout":
        sys.stdout.write(text + "\n")
    elif kind == "file":
        with open(detail.partition("=")[2], "w", encoding="utf-8") as file:
            file.write(text)
    return _message(root)
