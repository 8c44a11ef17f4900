"""Host kernel of datasets of parsed `Example` messages."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.data.dataset_kernel import dataset_kernel
from tfcompat.data.elements import Source, source_in
from tfcompat.data.sources import mapped
from tfcompat.graph.inference import KernelContext
from tfcompat.kernels.handles import byte_array
from tfcompat.kernels.parse_example import parse_examples
from tfcompat.kernels.ragged_variants import held
from tfcompat.kernels.sparse_serialization import variant_triple


@dataset_kernel("ParseExampleDataset", "ParseExampleDatasetV2")
def _parse_examples(k: KernelContext, source: np.ndarray, calls: np.ndarray, *defaults: np.ndarray) -> Source:
    kinds = ("sparse_keys", "dense_keys", "ragged_keys")
    sparse, dense, ragged = (byte_array(list(k.attr(kind))) for kind in kinds)
    kept = [d.copy() for d in defaults]

    def parsed(element: Any, context: Any) -> list[Any]:
        made = parse_examples(k, element[0], byte_array([]), sparse, dense, ragged, *kept)
        found = {}
        for i, key in enumerate(sparse):
            found[key] = variant_triple(*(made[i + j * len(sparse)] for j in range(3)))
        found.update(zip(dense, made[3 * len(sparse) :], strict=False))
        first = 3 * len(sparse) + len(dense)
        for i, key in enumerate(ragged, first):
            found[key] = held([made[i + len(ragged)]], made[i])
        return [found[key] for key in sorted(found)]

    return mapped(source_in(source), parsed, keeps_count=True)
