"""The table of a model's layers that `Model.summary` prints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.layers.parts import distinct


def print_summary(
    model: Any, line_length: int | None, positions: Sequence[float] | None, print_fn: Callable[[str], Any]
) -> None:
    """Prints a line for each layer: name and class, output shape, number of parameters, and where inputs come from.

    Args:
        model: a model whose variables are made.
        line_length: characters of a line.
        positions: where the columns end, as shares of the line or characters.
        print_fn: called with each line.
    """
    chain = _is_chain(model)
    line_length = line_length or (65 if chain else 98)
    positions = positions or ([0.45, 0.85, 1.0] if chain else [0.33, 0.55, 0.67, 1.0])
    columns = [int(line_length * p) if positions[-1] <= 1 else int(p) for p in positions]
    titles = ["Layer (type)", "Output Shape", "Param #", *([] if chain else ["Connected to"])]
    print_fn(f'Model: "{model.name}"')
    print_fn("_" * line_length)
    print_fn(_row(titles, columns))
    print_fn("=" * line_length)
    layers = model.layers
    for layer in layers:
        for row in _rows(model, layer, chain):
            print_fn(_row(row, columns))
        print_fn(("=" if layer is layers[-1] else "_") * line_length)
    trainable = _count(model._trained_weights if hasattr(model, "_trained_weights") else model.trainable_weights)
    fixed = _count(model.non_trainable_weights)
    print_fn(f"Total params: {trainable + fixed:,}")
    print_fn(f"Trainable params: {trainable:,}")
    print_fn(f"Non-trainable params: {fixed:,}")
    print_fn("_" * line_length)


def _is_chain(model: Any) -> bool:
    """Whether every layer takes the output of one layer, and only once, so that no column has to say so."""
    topology = model._topology
    if type(model).__name__ == "Sequential" or topology is None:
        return True
    for nodes in topology.nodes_by_depth.values():
        if len(nodes) > 1 or len(nodes) == 1 and len(nodes[0].keras_inputs) > 1:
            return False
    kept = topology.nodes
    return all(sum(node in kept for node in layer._inbound_nodes) <= 1 for layer in model.layers)


def _row(fields: Sequence[Any], columns: Sequence[int]) -> str:
    line = ""
    for i, field in enumerate(fields):
        line = line[:-1] + " " if i else line
        line = (line + str(field))[: columns[i]]
        line += " " * (columns[i] - len(line))
    return line


def _rows(model: Any, layer: Any, chain: bool) -> list[list[Any]]:
    try:
        shape: Any = layer.output_shape
    except AttributeError:
        shape = "multiple"
    except RuntimeError:
        shape = "?"
    parameters: Any = layer.count_params() if layer.built else "0 (unused)"
    first = [f"{layer.name} ({type(layer).__name__})", shape, parameters]
    if chain:
        return [first]
    sources = [
        f"{source.name}[{node_index}][{tensor_index}]"
        for node in layer._inbound_nodes
        if node in model._topology.nodes
        for source, node_index, tensor_index, _ in node.iterate_inbound()
    ]
    return [[*first, sources[0] if sources else ""], *(["", "", "", source] for source in sources[1:])]


def _count(weights: list[Any]) -> int:
    return sum(v.shape.num_elements() or 0 for v in distinct(weights))
