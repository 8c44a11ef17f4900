"""Ragged tensors: rows of different lengths as one flat tensor and the places where rows end.

Importing a part imports what gives ragged tensors their operators, specs and places in `tf.map_fn`.
"""

from tfcompat.ops.ragged import dispatch, mapping, spec

__all__ = ["dispatch", "mapping", "spec"]
