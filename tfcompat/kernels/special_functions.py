"""Host kernels of special functions: computed in float64, rounded to the output's type."""

from __future__ import annotations

import numpy as np

from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.graph.special.functions import FUNCTIONS


@kernel(*FUNCTIONS)
def _special(k: KernelContext, *inputs: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        wide = [np.asarray(x, np.float64) for x in inputs]
        return np.asarray(FUNCTIONS[k.op.type](*wide)).astype(k.output_dtype().as_numpy_dtype)
