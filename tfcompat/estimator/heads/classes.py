"""What heads of classes share: the names of classes, and tables between names and ids."""

from __future__ import annotations

from typing import Any

from tfcompat.estimator.export_outputs import ClassificationOutput
from tfcompat.graph.dtypes import string
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.array import expand_dims, shape
from tfcompat.ops.sequences import range as range_of
from tfcompat.ops.tiling import tile
from tfcompat.ops.vocabulary_tables import index_table_from_tensor, index_to_string_table_from_tensor


def checked_vocabulary(vocabulary: Any, n_classes: int | None = None) -> Any:
    """The names of classes; ValueError unless a list or tuple of `n_classes` names."""
    if vocabulary is None:
        return None
    if not isinstance(vocabulary, (list, tuple)):
        raise ValueError(f"label_vocabulary should be a list or a tuple. Given type: {type(vocabulary)}")
    if n_classes is not None and len(vocabulary) != n_classes:
        raise ValueError(
            f'"label_vocabulary" does not have "n_classes" items. Required: {n_classes}, Given: {vocabulary}'
        )
    return vocabulary


def class_ids_of(labels: Tensor, vocabulary: Any) -> Tensor:
    """Labels as ids: names are looked up.

    Raises:
        ValueError: labels without a vocabulary are no integers.
    """
    if vocabulary is None:
        if not labels.dtype.is_integer:
            raise ValueError(
                f"Labels dtype should be integer. Instead got {labels.dtype}. Suggested Fix: check the dtype of your "
                "labels, or give a label_vocabulary."
            )
        return labels
    if labels.dtype != string:
        raise ValueError(f"Labels dtype should be string if there is a vocabulary. Instead got {labels.dtype}")
    return index_table_from_tensor(tuple(vocabulary), name="class_id_lookup").lookup(labels)  # type: ignore[no-any-return]


def names_of(class_ids: Tensor, vocabulary: Any) -> Tensor:
    """The names of ids, in decimal without a vocabulary."""
    if vocabulary is None:
        return PUBLIC["as_string"](class_ids, name="str_classes")  # type: ignore[no-any-return]
    table = index_to_string_table_from_tensor(tuple(vocabulary), name="class_string_lookup")
    return table.lookup(class_ids)  # type: ignore[no-any-return]


def every_id(logits: Tensor, n_classes: int) -> Tensor:
    """[batch, n_classes]: all ids for every example."""
    batch = shape(logits)[0]  # type: ignore[index]
    return tile(expand_dims(range_of(n_classes), 0), [batch, 1])


def every_name(logits: Tensor, n_classes: int, vocabulary: Any) -> Tensor:
    """[batch, n_classes]: all names for every example."""
    batch = shape(logits)[0]  # type: ignore[index]
    names = PUBLIC["as_string"](range_of(n_classes)) if vocabulary is None else list(vocabulary)
    return tile(expand_dims(names, 0), [batch, 1])


def classification(scores: Tensor, n_classes: int, vocabulary: Any) -> ClassificationOutput:
    """The scores of every class with its name."""
    batch = shape(scores)[0]  # type: ignore[index]
    names = PUBLIC["as_string"](range_of(n_classes)) if vocabulary is None else list(vocabulary)
    return ClassificationOutput(scores=scores, classes=tile(expand_dims(names, 0), [batch, 1]))
