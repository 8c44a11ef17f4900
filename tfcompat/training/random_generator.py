"""`tf.random.Generator`: streams of random numbers whose position is a variable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph import dtypes, nest
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.graph.lifting import init_scope
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import reshape
from tfcompat.ops.array import shape as shape_of_tensor
from tfcompat.ops.cast import bitcast, cast
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import zeros, zeros_like
from tfcompat.ops.packing import stack, unstack
from tfcompat.ops.random import shape_tensor, shifted
from tfcompat.ops.random_streams import Algorithm, algorithm_number
from tfcompat.ops.reduction import reduce_prod
from tfcompat.ops.variable_base import Variable
from tfcompat.training.tracking import AutoTrackable

_COUNTER_SIZES = {Algorithm.PHILOX.value: 2, Algorithm.THREEFRY.value: 1, Algorithm.AUTO_SELECT.value: 2}
_MASK = (1 << 64) - 1

_global_generator: Generator | None = None


def _counter_size(alg: int) -> int:
    if alg not in _COUNTER_SIZES:
        raise ValueError(f"Unsupported algorithm id: {alg}")
    return _COUNTER_SIZES[alg]


def _signed(value: Any) -> Any:
    """A Python number of up to 64 bits as the int64 of the same bits."""
    if not isinstance(value, int):
        return value
    value &= _MASK
    return value - (1 << 64) if value >> 63 else value


@tf_export("random.create_rng_state", "random.experimental.create_rng_state")
def create_rng_state(seed: Any, alg: Any) -> Tensor:
    """The state of a generator: the words of its counter, lowest first, and its key.

    Args:
        seed: a number, cut into 64-bit words from the lowest on, or a vector of integers. Too few words get zeros
            before them, those too many are dropped.
        alg: generator: "philox", "threefry", "auto_select", or `tf.random.Algorithm`.

    Returns:
        int64, three words for "philox" and "auto_select", two for "threefry".

    Raises:
        ValueError: the generator is not known.
    """
    size = _counter_size(algorithm_number(alg)) + 1
    if isinstance(seed, int):
        seed = [seed >> 64 * i & _MASK for i in range(size)]
    words = cast(nest.map_structure(_signed, seed), dtypes.int64)
    words = reshape(words, [-1])[0:size]
    given = words.shape.as_list()[0]
    missing = raw_ops.Maximum(x=size - (shape_of_tensor(words)[0] if given is None else given), y=0)
    state = concat([zeros([missing], words.dtype), words], 0)
    state.set_shape([size])
    return state


@tf_export("random.Generator", "random.experimental.Generator")
class Generator(AutoTrackable):
    """A stream of random numbers whose position is a variable: the same state gives the same numbers.

    Every method that draws records operations that move the state on by 256 blocks for each value.

    Args:
        copy_from: a generator whose state is copied when the variable is initialized.
        state: int64, the words of the counter and the key; needs `alg`, and excludes `copy_from`.
        alg: generator: "philox", "auto_select", which is the same, or "threefry", which has no kernel.
    """

    def __init__(self, copy_from: Any = None, state: Any = None, alg: Any = None):
        if copy_from is not None:
            if not (alg is None and state is None):
                raise AssertionError
            self._alg, initial = copy_from.algorithm, copy_from.state
        else:
            if alg is None or state is None:
                raise AssertionError
            self._alg = algorithm_number(alg)
            _counter_size(self._alg)
            initial = state
            if not isinstance(state, Variable):
                initial = cast(nest.map_structure(_signed, state), dtypes.int64)
                initial.shape.assert_is_compatible_with([_counter_size(self._alg) + 1])
        with name_scope("random_generator"):
            self._state_var: Any = Variable(
                initial, dtype=dtypes.int64, trainable=False, use_resource=True, name="StateVar"
            )

    @classmethod
    def from_state(cls, state: Any, alg: Any) -> Generator:
        """A generator at a state: int64 [3], counter and key.

        Raises:
            ValueError: the state has another size.
        """
        return cls(alg=alg, state=state)

    @classmethod
    def from_seed(cls, seed: Any, alg: Any = None) -> Generator:
        """A generator at the state that `tf.random.create_rng_state(seed, alg)` gives; `alg` defaults to "philox"."""
        number = Algorithm.PHILOX.value if alg is None else algorithm_number(alg)
        return cls(state=create_rng_state(seed, number), alg=number)

    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> Generator:
        """A generator that starts somewhere else in every session."""
        number = Algorithm.PHILOX.value if alg is None else algorithm_number(alg)
        size = _counter_size(number) + 1
        return cls(state=raw_ops.NonDeterministicInts(shape=[size], dtype=dtypes.int64), alg=number)

    @classmethod
    def from_key_counter(cls, key: Any, counter: Any, alg: Any) -> Generator:
        """A generator with a key (an integer) and a counter (a vector of two, lowest word first)."""
        number = algorithm_number(alg)
        return cls(state=_joined(key, counter, number), alg=number)

    @property
    def state(self) -> Any:
        """The variable of the state: int64 [3]."""
        return self._state_var

    @property
    def algorithm(self) -> int:
        """The number of the generator's algorithm, a value of `tf.random.Algorithm`."""
        return self._alg

    @property
    def key(self) -> Tensor:
        """The key, an int64 scalar."""
        return self._state_var[-1]  # type: ignore[no-any-return]

    def reset(self, state: Any) -> None:
        """Assigns another state.

        The assignment is an operation of the graph: what draws runs after it only where control dependencies say so.
        """
        state = cast(nest.map_structure(_signed, state), dtypes.int64)
        state.shape.assert_is_compatible_with([_counter_size(self._alg) + 1])
        self._state_var.assign(state)

    def reset_from_seed(self, seed: Any) -> None:
        """Assigns the state of a seed; see `reset`."""
        self._state_var.assign(create_rng_state(seed, self._alg))

    def reset_from_key_counter(self, key: Any, counter: Any) -> None:
        """Assigns the state of a key and a counter; see `reset`."""
        self._state_var.assign(_joined(key, counter, self._alg))

    def skip(self, delta: Any) -> Tensor:
        """Moves the state on as if `delta` values had been drawn.

        Returns:
            The state before: int64 [3].
        """
        return raw_ops.RngReadAndSkip(  # type: ignore[no-any-return]
            resource=self._state_var.handle,
            alg=cast(self._alg, dtypes.int32),
            delta=cast(delta, dtypes.uint64),
        )

    def _reserved(self, shape: Tensor) -> dict[str, Any]:
        """Key, counter and algorithm of the operation that draws `shape`."""
        state = self.skip(reduce_prod(shape))
        size = _counter_size(self._alg)
        counter = bitcast(state[:size], dtypes.uint64)
        return {"key": bitcast(state[size : size + 1], dtypes.uint64), "counter": counter, "alg": self._alg}

    def _normals(self, op_type: str, default: str, shape: Any, mean: Any, stddev: Any, dtype: Any, name: Any) -> Tensor:
        with name_scope(name, default, [shape, mean, stddev]) as scope:
            shape = shape_tensor(shape)
            mean = convert_to_tensor(mean, dtype=dtype, name="mean")
            stddev = convert_to_tensor(stddev, dtype=dtype, name="stddev")
            drawn = getattr(raw_ops, op_type)(shape=shape, dtype=dtypes.as_dtype(dtype), **self._reserved(shape))
            return shifted(drawn, stddev, mean, scope)

    def normal(
        self, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32, name: str | None = None
    ) -> Tensor:
        """Normal values of `shape`; `mean` and `stddev` broadcast against it."""
        return self._normals("StatelessRandomNormalV2", "stateful_normal", shape, mean, stddev, dtype, name)

    def truncated_normal(
        self, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32, name: str | None = None
    ) -> Tensor:
        """Normal values, those further than two standard deviations from the mean drawn again."""
        return self._normals("StatelessTruncatedNormalV2", "truncated_normal", shape, mean, stddev, dtype, name)

    def uniform(
        self, shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = dtypes.float32, name: str | None = None
    ) -> Tensor:
        """Uniform values in [minval, maxval).

        Args:
            shape: shape of the result.
            minval: lower bound; None, with `maxval` None too, for integers over the whole range of their type.
            maxval: upper bound; 1 for floats when None.
            dtype: float16, bfloat16, float32, float64, int32, int64; without bounds also uint32 or uint64.
            name: name of the operation.

        Raises:
            ValueError: one bound of an integer range is missing.
        """
        dtype = dtypes.as_dtype(dtype)
        if dtype.is_integer:
            if (minval is None) != (maxval is None):
                raise ValueError(
                    f"For integer dtype {dtype}, minval and maxval must be both `None` or both non-`None`; got "
                    f"minval={minval} and maxval={maxval}"
                )
        elif maxval is None:
            maxval = 1
        with name_scope(name, "stateful_uniform", [shape, minval, maxval]) as scope:
            shape = shape_tensor(shape)
            if dtype.is_integer and minval is None:
                return self._full_int(shape, dtype, scope)
            minval = convert_to_tensor(minval, dtype=dtype, name="min")
            maxval = convert_to_tensor(maxval, dtype=dtype, name="max")
            if dtype.is_integer:
                return raw_ops.StatelessRandomUniformIntV2(  # type: ignore[no-any-return]
                    shape=shape, minval=minval, maxval=maxval, name=scope, **self._reserved(shape)
                )
            drawn = raw_ops.StatelessRandomUniformV2(shape=shape, dtype=dtype, **self._reserved(shape))
            return shifted(drawn, maxval - minval, minval, scope)

    def _full_int(self, shape: Tensor, dtype: Any, name: str) -> Tensor:
        return raw_ops.StatelessRandomUniformFullIntV2(  # type: ignore[no-any-return]
            shape=shape, dtype=dtype, name=name, **self._reserved(shape)
        )

    def uniform_full_int(self, shape: Any, dtype: Any = dtypes.uint64, name: str | None = None) -> Tensor:
        """Integers over the whole range of `dtype`: int32, int64, uint32 or uint64."""
        with name_scope(name, "stateful_uniform_full_int", [shape]) as scope:
            return self._full_int(shape_tensor(shape), dtypes.as_dtype(dtype), scope)

    def binomial(
        self, shape: Any, counts: Any, probs: Any, dtype: Any = dtypes.int32, name: str | None = None
    ) -> Tensor:
        """Numbers of successes in `counts` trials of chance `probs`; `shape` ends with the shape of both, broadcast.

        Returns:
            A tensor of `shape` and `dtype`: float16, float32, float64, int32 or int64.
        """
        with name_scope(name, "binomial", [shape, counts, probs]) as scope:
            counts = convert_to_tensor(counts, name="counts")
            probs = convert_to_tensor(probs, name="probs")
            return raw_ops.StatefulRandomBinomial(  # type: ignore[no-any-return]
                resource=self._state_var.handle,
                algorithm=self._alg,
                shape=shape_tensor(shape),
                counts=counts,
                probs=probs,
                dtype=dtypes.as_dtype(dtype),
                name=scope,
            )

    def make_seeds(self, count: int = 1) -> Tensor:
        """Seeds for stateless operations: int64 [2, count], a column each."""
        keys = self.uniform_full_int(shape=[count], dtype=dtypes.int64)
        return stack([keys, zeros_like(keys)])

    def split(self, count: int = 1) -> Sequence[Generator]:
        """`count` generators, with keys drawn from this one and the counter 0."""
        keys = unstack(self.uniform_full_int(shape=[count], dtype=dtypes.int64), num=count)
        zero = [0] * _counter_size(self._alg)
        return [type(self)(state=[*zero, key], alg=self._alg) for key in keys]


def _joined(key: Any, counter: Any, alg: int) -> Tensor:
    """The state of a key and a counter."""
    words = cast(nest.map_structure(_signed, counter), dtypes.int64)
    words.shape.assert_is_compatible_with([_counter_size(alg)])
    key = cast(nest.map_structure(_signed, key), dtypes.int64)
    key.shape.assert_is_compatible_with([])
    return concat([words, reshape(key, [1])], 0)


@tf_export("random.get_global_generator", "random.experimental.get_global_generator")
def get_global_generator() -> Generator:
    """The generator that `set_global_generator` has set; else one that starts somewhere else in every session."""
    global _global_generator
    if _global_generator is None:
        with init_scope():
            _global_generator = Generator.from_non_deterministic_state()
    return _global_generator


@tf_export("random.set_global_generator", "random.experimental.set_global_generator")
def set_global_generator(generator: Generator) -> None:
    """Makes `generator` the one that `tf.random.get_global_generator` gives."""
    global _global_generator
    _global_generator = generator


export_internal("stateful_random_ops.Generator", Generator)
