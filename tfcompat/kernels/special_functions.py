"""Host kernels of special functions: computed in float64, rounded to the output's type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.special import bessel, error, gamma, incomplete, integrals

Array = np.ndarray

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Lgamma": gamma.lgamma,
    "Digamma": gamma.digamma,
    "Polygamma": gamma.polygamma,
    "Zeta": gamma.zeta,
    "Igamma": incomplete.igamma,
    "Igammac": incomplete.igammac,
    "IgammaGradA": incomplete.igamma_grad_a,
    "Betainc": incomplete.betainc,
    "Erf": error.erf,
    "Erfc": error.erfc,
    "Erfinv": error.erfinv,
    "Ndtri": error.ndtri,
    "BesselI0": bessel.i0,
    "BesselI1": bessel.i1,
    "BesselI0e": bessel.i0e,
    "BesselI1e": bessel.i1e,
    "BesselJ0": bessel.j0,
    "BesselJ1": bessel.j1,
    "BesselY0": bessel.y0,
    "BesselY1": bessel.y1,
    "BesselK0": bessel.k0,
    "BesselK1": bessel.k1,
    "BesselK0e": bessel.k0e,
    "BesselK1e": bessel.k1e,
    "Dawsn": integrals.dawsn,
    "Expint": integrals.expint,
    "FresnelCos": integrals.fresnel_cos,
    "FresnelSin": integrals.fresnel_sin,
    "Spence": integrals.spence,
}


@kernel(*FUNCTIONS)
def _special(k: KernelContext, *inputs: Array) -> Array:
    with np.errstate(all="ignore"):
        wide = [np.asarray(x, np.float64) for x in inputs]
        return np.asarray(FUNCTIONS[k.op.type](*wide)).astype(k.output_dtype().as_numpy_dtype)
