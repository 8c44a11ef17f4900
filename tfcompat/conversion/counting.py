"""What is in an ONNX model: operators by type, and the size of its files."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from typing import Any


def operators(model: Any) -> dict[str, int]:
    """Operator -> how many nodes of it there are, in bodies too; `domain.operator` for those of other domains."""
    counter: Counter[str] = Counter()
    _count(model.graph.node, counter)
    return dict(sorted(counter.items()))


def _count(nodes: Iterable[Any], counter: Counter[str]) -> None:
    for node in nodes:
        counter[f"{node.domain}.{node.op_type}" if node.domain else node.op_type] += 1
        for attribute in node.attribute:
            if attribute.HasField("g"):
                _count(attribute.g.node, counter)
            for body in attribute.graphs:
                _count(body.node, counter)


def file_bytes(path: str) -> int:
    """The size of a model's file, with its weights beside it."""
    return sum(os.path.getsize(p) for p in (path, f"{path}.data") if os.path.exists(p))
