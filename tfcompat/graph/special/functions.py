"""Op type -> the function it computes, of float64 arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.special import bessel, error, gamma, incomplete, integrals

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
