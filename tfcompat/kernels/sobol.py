"""Host kernel of Sobol's sequence: points that fill the unit cube evenly.

Direction numbers: Joe and Kuo, "Constructing Sobol sequences with better two-dimensional projections", 2008.
"""

from __future__ import annotations

import functools
import gzip
import itertools
import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError, UnimplementedError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

_BITS = 32
_MOST = 1111
"""Dimensions that the table of initial direction numbers covers."""


def _multiplied(a: int, b: int, polynomial: int, degree: int) -> int:
    """The product of polynomials over two elements, bits of numbers, modulo another one."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        b >>= 1
        a <<= 1
        if a >> degree & 1:
            a ^= polynomial
    return product


def _power(exponent: int, polynomial: int, degree: int) -> int:
    """x to a power, modulo a polynomial."""
    result, square = 1, 2 if degree > 1 else 1
    while exponent:
        if exponent & 1:
            result = _multiplied(result, square, polynomial, degree)
        square = _multiplied(square, square, polynomial, degree)
        exponent >>= 1
    return result


def _primitive_polynomials() -> Iterator[tuple[int, int]]:
    """(degree, polynomial) of those whose root generates all units, in the order of degrees and numbers."""
    for degree in itertools.count(1):
        order = (1 << degree) - 1
        factors = [n for n in range(2, order + 1) if order % n == 0 and all(n % m for m in range(2, int(n**0.5) + 1))]
        for polynomial in range((1 << degree) | 1, 1 << (degree + 1), 2):
            if _power(order, polynomial, degree) == 1 and all(
                _power(order // factor, polynomial, degree) != 1 for factor in factors
            ):
                yield degree, polynomial


@functools.cache
def _initial_numbers() -> list[int]:
    packed = resources.files("tfcompat.kernels").joinpath("sobol.json.gz").read_bytes()
    numbers: list[int] = json.loads(gzip.decompress(packed))
    return numbers


@functools.lru_cache(maxsize=4)
def _directions(dimensions: int) -> np.ndarray:
    """uint32 [bits, dimensions]: number j has its highest bit at 31 - j."""
    rows = [[1 << (_BITS - 1 - j) for j in range(_BITS)]]
    numbers = iter(_initial_numbers())
    for degree, polynomial in itertools.islice(_primitive_polynomials(), dimensions - 1):
        odd = [next(numbers) for _ in range(degree)]
        for j in range(degree, _BITS):
            value = odd[j - degree] ^ (odd[j - degree] << degree)
            for i in range(1, degree):
                if polynomial >> (degree - i) & 1:
                    value ^= odd[j - i] << i
            odd.append(value)
        rows.append([m << (_BITS - 1 - j) for j, m in enumerate(odd)])
    return np.array(rows, np.uint32).T


def _check(k: KernelContext, holds: bool, message: str) -> None:
    if not holds:
        raise InvalidArgumentError(None, k.op, message)


@kernel("SobolSample")
def _sobol_sample(k: KernelContext, dim: Any, num_results: Any, skip: Any) -> np.ndarray:
    """Points skip + 1, ..., skip + num_results: the XOR of the directions at the bits of the number's Gray code."""
    dimensions, count, first = int(dim), int(num_results), int(skip)
    _check(k, dimensions >= 1, "dim must be at least one")
    _check(k, count >= 1, "num_results must be at least one")
    _check(k, first >= 0, "skip must be non-negative")
    _check(k, count + first < 2**31 - 1, f"num_results+skip must be less than {2**31 - 1}")
    if dimensions > _MOST:
        raise UnimplementedError(None, k.op, f"SobolSample: dim = {dimensions}; up to {_MOST} are supported")
    directions = _directions(dimensions)
    numbers = np.arange(first + 1, first + count + 1, dtype=np.uint32)
    gray = numbers ^ (numbers >> np.uint32(1))
    points = np.zeros([count, dimensions], np.uint32)
    for bit in range(int(numbers[-1]).bit_length()):
        points ^= np.where((gray >> np.uint32(bit) & np.uint32(1)).astype(bool)[:, None], directions[bit], np.uint32(0))
    return (points * 2.0**-_BITS).astype(k.attr("dtype").as_numpy_dtype)
