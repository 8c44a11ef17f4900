"""A matrix product between two Reshapes that put the leading dimensions together and apart again goes without them.

MatMul takes a tensor of any rank and one matrix; this is what `tf.tensordot` and dense layers on sequences come to.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from converters.builder import Node
from converters.passes.dimensions import Dimensions
from converters.passes.producers import Producers


def without_flattening(nodes: Sequence[Node], kept: Sequence[str]) -> list[Node]:
    """The nodes with MatMul on the tensors themselves.

    Args:
        nodes: of the model, in order.
        kept: names of the values that must be made; those of the products are made under their names.
    """
    dimensions, producers = Dimensions(), Producers(nodes)
    result = []
    for node in nodes:
        dimensions.note(node)
        result.append(_direct(node, dimensions, producers) or node)
    return result


def _direct(node: Node, dimensions: Dimensions, producers: Producers) -> Node | None:
    """The product that gives what the Reshape `node` gives."""
    if node.op_type != "Reshape" or node.domain:
        return None
    product = producers.of(node.inputs[0], "MatMul")
    flat = None if product is None else producers.of(product.inputs[0], "Reshape")
    if product is None or flat is None:
        return None
    x, matrix = flat.inputs[0], product.inputs[1]
    given, wanted, factor = (dimensions.of(v) for v in (x, node.outputs[0], matrix))
    if given is None or wanted is None or factor is None or len(factor) != 2 or len(given) < 2:
        return None
    inner = dimensions.of(flat.outputs[0])
    if inner is None or len(inner) != 2 or given[-1] != factor[0] or wanted != [*given[:-1], factor[1]]:
        return None
    return dataclasses.replace(product, inputs=[x, matrix], outputs=node.outputs)
