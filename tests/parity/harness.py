"""Runs a parity program and says what it recorded and what it answered.

A program is a function of `tf` that builds into the default graph and returns its runs: pairs of fetches and feeds,
which are executed in order in one session after all variables were initialised.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.graphs import Node, read_nodes
from tests.observe import as_array, attempt, open_session

_EXEMPT = re.compile(r"(gradients|cond|while|TensorArray|rnn_output)")
_CONTROL_FLOW = re.compile(r"(cond|while|TensorArray|rnn_output)(V2)?(_\d+)*$")

Runs = list[tuple[Any, dict[Any, Any]]]
Program = Callable[[Any], Runs]


def key(program: Program) -> str:
    """Name and digest of a program's text: a changed program must be recorded again."""
    return f"{program.__name__} {hashlib.sha1(inspect.getsource(program).encode()).hexdigest()[:12]}"


def observe(tf: Any, program: Program) -> dict[str, Any]:
    """Nodes (but for gradients and control flow), variables, collections, and the flattened results of all runs.

    The results are a Failure when a run raises.
    """
    graph = tf.Graph()
    with graph.as_default():
        runs = program(tf)
        nodes = forward_nodes(graph.as_graph_def())
        variables = [[v.name, v.dtype.name, str(v.shape)] for v in tf.global_variables()]
        collections = {name: named(tf, graph.get_collection(name)) for name in sorted(graph.get_all_collection_keys())}
        collections = {name: items for name, items in collections.items() if not name.endswith("_context")}
        initializer = tf.global_variables_initializer()
    values = attempt("run", lambda: run_all(tf, graph, initializer, runs))
    return {"nodes": nodes, "variables": variables, "collections": collections, "values": values}


def run_all(tf: Any, graph: Any, initializer: Any, runs: Runs) -> list[np.ndarray]:
    """Initialises the variables of a program and executes its runs in one session."""
    values: list[np.ndarray] = []
    with open_session(tf, graph) as session:
        if runs:
            session.run(initializer)
        for fetches, feed in runs:
            values += flatten(session.run(fetches, feed))
    return values


def forward_nodes(graph_def: Any) -> list[Node]:
    """Nodes outside of scopes of gradients and control flow; inputs from there are named by the kind of scope."""
    return [
        Node(n.name, n.op, tuple(_exempt_scope(i) or i for i in n.inputs), n.attrs)
        for n in read_nodes(graph_def)
        if not _exempt_scope(n.name)
    ]


def _exempt_scope(name: str) -> str | None:
    """The kind of scope that a node is in, when its nodes need not equal the reference's; an If is its own."""
    *scopes, last = name.lstrip("^").split(":")[0].split("/")
    kinds = [_EXEMPT.match(scope) for scope in scopes] + [_CONTROL_FLOW.match(last)]
    return next((kind.group(1) for kind in kinds if kind), None)


def named(tf: Any, items: list[Any]) -> list[str]:
    """Names of what a collection holds; None for what has no name."""
    return [str(getattr(item, "name", None)) for item in items]


def flatten(value: Any) -> list[np.ndarray]:
    """Arrays of a result in order; operations give nothing."""
    if isinstance(value, dict):
        return [a for v in value.values() for a in flatten(v)]
    if isinstance(value, (list, tuple)):
        return [a for v in value for a in flatten(v)]
    return [] if value is None else [as_array(value)]
