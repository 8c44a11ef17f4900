"""Comparison of graph definitions, and decorators of tests."""

from __future__ import annotations

import functools
import unittest
from collections.abc import Callable
from typing import Any

from tfcompat import protos


def assert_equal_graph_def(
    actual: Any, expected: Any, checkpoint_v2: bool = False, hash_table_shared_name: bool = False
) -> None:
    """Raises unless two GraphDefs have the same nodes; their order, devices' spelling and versions do not count.

    Args:
        actual: what is checked.
        expected: what it should be.
        checkpoint_v2: whether the random names of temporary checkpoint folders are ignored.
        hash_table_shared_name: whether the random shared names of hash tables are ignored.

    Raises:
        TypeError: an argument is no GraphDef.
        AssertionError: they differ.
    """
    for name, graph_def in (("actual", actual), ("expected", expected)):
        if getattr(getattr(graph_def, "DESCRIPTOR", None), "full_name", "") != "tensorflow.GraphDef":
            raise TypeError(f"Expected tf.GraphDef for {name}, got {type(graph_def).__name__}")
    nodes = [_comparable_nodes(g, checkpoint_v2, hash_table_shared_name) for g in (actual, expected)]
    for name in sorted({*nodes[0], *nodes[1]}):
        if name not in nodes[0] or name not in nodes[1]:
            raise AssertionError(f"Node {name!r} is only in {'expected' if name not in nodes[0] else 'actual'}")
        if nodes[0][name] != nodes[1][name]:
            raise AssertionError(f"Node {name!r} differs: got\n{nodes[0][name]}\nexpected\n{nodes[1][name]}")


def _comparable_nodes(graph_def: Any, checkpoint_v2: bool, hash_table_shared_name: bool) -> dict[str, str]:
    nodes = {}
    for original in graph_def.node:
        node = protos.NodeDef()
        node.CopyFrom(original)
        if (
            checkpoint_v2
            and "value" in node.attr
            and any(b"_temp_" in text for text in node.attr["value"].tensor.string_val)
        ):
            del node.attr["value"]
        if hash_table_shared_name and node.op == "HashTableV2" and "shared_name" in node.attr:
            del node.attr["shared_name"]
        controls = sorted(i for i in node.input if i.startswith("^"))
        plain = [i for i in node.input if not i.startswith("^")]
        del node.input[:]
        node.input.extend(plain + controls)
        for name in [name for name in node.attr if name.startswith("_output_shapes")]:
            del node.attr[name]
        nodes[node.name] = protos.to_text(node)
    return nodes


def disable_with_predicate(pred: Callable[[], Any], skip_message: str) -> Callable[[Any], Any]:
    """Decorator of a test that skips it, with `skip_message`, when `pred()` is true."""

    def decorate(function: Any) -> Any:
        @functools.wraps(function)
        def run(self: Any, *args: Any, **kwargs: Any) -> Any:
            if pred():
                raise unittest.SkipTest(skip_message)
            return function(self, *args, **kwargs)

        return run

    return decorate


def with_eager_op_as_function(cls: Any = None, only_as_function: bool = False) -> Any:
    """Decorator of test classes for eager execution; here it changes nothing."""
    return (lambda decorated: decorated) if cls is None else cls
