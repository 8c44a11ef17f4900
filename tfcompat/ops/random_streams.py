"""Key and counter of a stateless operation, recorded from its seed."""

from __future__ import annotations

import enum
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import reshape
from tfcompat.ops.cast import cast
from tfcompat.ops.packing import stack

_SCRAMBLING_KEY = 0x02461E29_3EC8F720


@tf_export("random.Algorithm", "random.experimental.Algorithm")
class Algorithm(enum.Enum):
    """Generators of random bits."""

    PHILOX = 1
    THREEFRY = 2
    AUTO_SELECT = 3


_BY_NAME = {algorithm.name.lower(): algorithm for algorithm in Algorithm}


def algorithm_number(alg: Any) -> Any:
    """The number of an algorithm given by name, as `tf.random.Algorithm`, or as a number or tensor already.

    Raises:
        ValueError: there is no algorithm of that name.
    """
    if isinstance(alg, Algorithm):
        return alg.value
    if isinstance(alg, str):
        if alg not in _BY_NAME:
            raise ValueError(
                f"Argument `alg` got unsupported value {alg}. Supported values are philox for the Philox "
                "algorithm, threefry for the ThreeFry algorithm, and auto_select for auto-selection."
            )
        return _BY_NAME[alg].value
    return alg


def key_counter_alg(seed: Any, alg: Any) -> tuple[Any, Any, int]:
    """Key (uint64, [1]), counter (uint64, [2]) and number of the algorithm for a seed of two integers.

    Raises:
        ValueError: the algorithm is not known.
        NotImplementedError: it is ThreeFry, of which no processor has a kernel.
    """
    number = algorithm_number(alg)
    if number == Algorithm.AUTO_SELECT.value:
        pair = raw_ops.StatelessRandomGetKeyCounter(seed=seed)
        return pair.key, pair.counter, number
    if number == Algorithm.PHILOX.value:
        return *_scrambled(seed), number
    if number == Algorithm.THREEFRY.value:
        raise NotImplementedError("The ThreeFry algorithm has no kernel; use 'philox' or 'auto_select'.")
    raise ValueError(f"Unsupported algorithm id: {number}")


def _scrambled(seed: Any) -> tuple[Tensor, Tensor]:
    """Key and counter of Philox: the four words that a fixed key gives at the seed as counter."""
    key = constant([_SCRAMBLING_KEY], dtypes.uint64)
    words = raw_ops.StatelessRandomUniformFullIntV2(
        shape=[4], key=key, counter=cast(seed, dtypes.uint64), dtype=dtypes.uint32, alg=Algorithm.PHILOX.value
    )
    first = reshape(_joined(words[:2]), [1])
    return first, stack([0, _joined(words[2:])], axis=0)


def _joined(pair: Any) -> Tensor:
    """Two words, the lower one first, as one of 64 bits."""
    low, high = cast(pair[0], dtypes.uint64), cast(pair[1], dtypes.uint64)
    shifted = raw_ops.LeftShift(x=high, y=constant(32, dtypes.uint64))
    return raw_ops.BitwiseOr(x=low, y=shifted)  # type: ignore[no-any-return]
