"""Attention mechanisms: how well a query fits each row of a memory."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.contrib.seq2seq.monotonic import from_scores
from tfcompat.graph import dtypes, nest
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.tensor_shape import dimension_value
from tfcompat.layers.base import Layer
from tfcompat.layers.core import Dense
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, rank, reshape, shape, squeeze
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import one_hot, ones, ones_like, zeros
from tfcompat.ops.initializers import Constant, Ones, Zeros
from tfcompat.ops.masks import sequence_mask, where
from tfcompat.ops.matmul import matmul
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.softmax import softmax
from tfcompat.ops.variable_scope import get_variable, variable_scope
from tfcompat.rnn.cells import tanh
from tfcompat.rnn.sizes import zero_tensors

Probability = Callable[..., Any]


@tf_export("contrib.seq2seq.AttentionMechanism")
class AttentionMechanism:
    """Base of attention mechanisms."""

    @property
    def alignments_size(self) -> Any:
        """The number of rows of the memory."""
        raise NotImplementedError

    @property
    def state_size(self) -> Any:
        """The size of its state."""
        raise NotImplementedError


def _prepared(memory: Any, lengths: Any, check_inner_dims_defined: bool) -> Any:
    """`memory` as tensors, zero behind `lengths`."""
    memory = nest.map_structure(lambda m: convert_to_tensor(m, name="memory"), memory)
    first = nest.flatten(memory)[0]
    if check_inner_dims_defined:
        for m in nest.flatten(memory):
            if not m.shape[2:].is_fully_defined():
                raise ValueError(f"Expected memory {m.name} to have fully defined inner dims, but saw shape: {m.shape}")
    if lengths is None:
        return memory
    lengths = convert_to_tensor(lengths, name="memory_sequence_length")
    mask = sequence_mask(lengths, maxlen=shape(first)[1], dtype=first.dtype)

    def masked(m: Any) -> Any:
        dims = m.shape.rank if m.shape.rank is not None else rank(m)
        more = ones([dims - 2], dtypes.int32)
        return m * reshape(mask, concat([shape(mask), more], 0))

    return nest.map_structure(masked, memory)


def _masked_score(score: Any, lengths: Any, value: Any) -> Any:
    """`score`, but `value` behind `lengths`."""
    if lengths is None:
        return score
    message = "All values in memory_sequence_length must be greater than zero."
    with control_dependencies([PUBLIC["assert_positive"](lengths, message=message)]):
        mask = sequence_mask(lengths, maxlen=shape(score)[1])
    return where(mask, score, value * ones_like(score))


class BaseAttention(AttentionMechanism):
    """A mechanism with a memory, keys made from it, and a probability function.

    Args:
        query_layer: layer that the query goes through, or None.
        memory: `[batch, rows, ...]`.
        probability_fn: called as fn(scores, state), gives alignments.
        memory_sequence_length: integer `[batch]`, how many rows count.
        memory_layer: layer that makes the keys.
        check_inner_dims_defined: whether the sizes of the memory's rows must be known.
        score_mask_value: score of rows that do not count; -inf by default.
        custom_key_value_fn: function of (keys, values) that gives others.
        name: name scope.
    """

    def __init__(
        self,
        query_layer: Any,
        memory: Any,
        probability_fn: Probability,
        memory_sequence_length: Any = None,
        memory_layer: Any = None,
        check_inner_dims_defined: bool = True,
        score_mask_value: Any = None,
        custom_key_value_fn: Callable[[Any, Any], Any] | None = None,
        name: str | None = None,
    ):
        for role, layer in (("query_layer", query_layer), ("memory_layer", memory_layer)):
            if layer is not None and not isinstance(layer, Layer):
                raise TypeError(f"{role} is not a Layer: {type(layer).__name__}")
        self._query_layer, self._memory_layer = query_layer, memory_layer
        self.dtype = memory_layer.dtype
        if not callable(probability_fn):
            raise TypeError(f"probability_fn must be callable, saw type: {type(probability_fn).__name__}")
        if score_mask_value is None:
            score_mask_value = dtypes.as_dtype(self.dtype).as_numpy_dtype(-np.inf)

        def probability(score: Any, state: Any) -> Any:
            return probability_fn(_masked_score(score, memory_sequence_length, score_mask_value), state)

        self._probability_fn = probability
        with name_scope(name, "BaseAttentionMechanismInit", nest.flatten(memory)):
            self._values = _prepared(memory, memory_sequence_length, check_inner_dims_defined)
            self._keys = self._memory_layer(self._values) if self._memory_layer else self._values
            if custom_key_value_fn is not None:
                self._keys, self._values = custom_key_value_fn(self._keys, self._values)
            self._batch_size = dimension_value(self._keys.shape[0]) or shape(self._keys)[0]
            self._alignments_size = dimension_value(self._keys.shape[1]) or shape(self._keys)[1]

    @property
    def memory_layer(self) -> Any:
        """The layer that makes the keys."""
        return self._memory_layer

    @property
    def query_layer(self) -> Any:
        """The layer that the query goes through, or None."""
        return self._query_layer

    @property
    def values(self) -> Any:
        """The memory, zero behind its lengths."""
        return self._values

    @property
    def keys(self) -> Any:
        """What queries are compared with."""
        return self._keys

    @property
    def batch_size(self) -> Any:
        """A number, or a scalar tensor."""
        return self._batch_size

    @property
    def alignments_size(self) -> Any:
        """The number of rows: a number, or a scalar tensor."""
        return self._alignments_size

    @property
    def state_size(self) -> Any:
        """The same: the state is the alignments."""
        return self._alignments_size

    def initial_alignments(self, batch_size: Any, dtype: Any) -> Any:
        """Zeros `[batch_size, rows]`."""
        return zero_tensors(self._alignments_size, batch_size, dtype)

    def initial_state(self, batch_size: Any, dtype: Any) -> Any:
        """The initial alignments."""
        return self.initial_alignments(batch_size, dtype)


def _product_score(query: Any, keys: Any, scale: Any) -> Any:
    depth, units = query.shape[-1], keys.shape[-1]
    if dimension_value(depth) is None or dimension_value(depth) != dimension_value(units):
        raise ValueError(
            f"Incompatible or unknown inner dimensions between query and keys.  Query ({query}) has units: {depth}.  "
            f"Keys ({keys}) have units: {units}.  Perhaps you need to set num_units to the keys' dimension ({units})?"
        )
    score = squeeze(matmul(expand_dims(query, 1), keys, transpose_b=True), [1])
    return score if scale is None else scale * score


def _sum_score(query: Any, keys: Any, v: Any, g: Any, b: Any) -> Any:
    query = expand_dims(query, 1)
    if g is None:
        return reduce_sum(v * tanh(keys + query), [2])
    length = raw_ops.Rsqrt(x=reduce_sum(raw_ops.Square(x=v)))
    return reduce_sum(g * v * length * tanh(keys + query + b), [2])


class _Luong(BaseAttention):
    """score = query . key, optionally times `attention_g`."""

    _scope = "luong_attention"
    _scale: bool

    def _score(self, query: Any) -> Any:
        scale = None
        if self._scale:
            scale = get_variable("attention_g", dtype=query.dtype, initializer=Ones(), shape=())
        return self._biased(_product_score(query, self._keys, scale), query)

    def _biased(self, score: Any, query: Any) -> Any:
        return score

    def __call__(self, query: Any, state: Any) -> tuple[Any, Any]:
        """(alignments `[batch, rows]`, next state)."""
        with variable_scope(None, self._scope, [query]):
            score = self._score(query)
        alignments = self._probability_fn(score, state)
        return alignments, alignments


class _Bahdanau(_Luong):
    """score = sum(attention_v * tanh(key + query)), optionally with a normalized `attention_v`."""

    _scope = "bahdanau_attention"
    _num_units: int
    _normalize: bool

    def _score(self, query: Any) -> Any:
        processed = self._query_layer(query) if self._query_layer else query
        units, dtype = self._num_units, query.dtype
        v = get_variable("attention_v", [units], dtype)
        g = b = None
        if self._normalize:
            start = Constant(math.sqrt(1.0 / units))
            g = get_variable("attention_g", dtype=dtype, initializer=start, shape=())
            b = get_variable("attention_b", [units], dtype, Zeros())
        return self._biased(_sum_score(processed, self._keys, v, g, b), processed)


class _Monotonic(BaseAttention):
    """Attention that moves forward only; scores get a bias `attention_score_bias`."""

    _score_bias_init: float

    def _biased(self, score: Any, query: Any) -> Any:
        return score + get_variable("attention_score_bias", dtype=query.dtype, initializer=self._score_bias_init)

    def initial_alignments(self, batch_size: Any, dtype: Any) -> Any:
        """1 in the first row, 0 in the others."""
        return one_hot(zeros([batch_size], dtypes.int32), self._alignments_size, dtype=dtype)


def _layer(units: int, name: str, dtype: Any) -> Dense:
    return Dense(units, name=name, use_bias=False, dtype=dtype or dtypes.float32)


def _alone(probability_fn: Probability | None) -> Probability:
    """The probability function (softmax by default) as one of scores and state."""
    chosen = probability_fn or softmax
    return lambda score, _: chosen(score)


@tf_export("contrib.seq2seq.LuongAttention")
class LuongAttention(_Luong):
    """Multiplicative attention: score = query . key, optionally scaled by a variable.

    Args:
        num_units: size of the keys, which must be that of the queries.
        memory: `[batch, rows, size]`.
        memory_sequence_length: integer `[batch]`, how many rows count.
        scale: whether scores are multiplied by `attention_g`.
        probability_fn: function from scores to alignments; softmax by default.
        score_mask_value: score of rows that do not count; -inf by default.
        dtype: type of the layers.
        custom_key_value_fn: function of (keys, values) that gives others.
        name: name scope.
    """

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        scale: bool = False,
        probability_fn: Probability | None = None,
        score_mask_value: Any = None,
        dtype: Any = None,
        custom_key_value_fn: Callable[[Any, Any], Any] | None = None,
        name: str = "LuongAttention",
    ):
        super().__init__(
            None,
            memory,
            _alone(probability_fn),
            memory_sequence_length,
            _layer(num_units, "memory_layer", dtype),
            score_mask_value=score_mask_value,
            custom_key_value_fn=custom_key_value_fn,
            name=name,
        )
        self._num_units, self._scale = num_units, scale


@tf_export("contrib.seq2seq.BahdanauAttention")
class BahdanauAttention(_Bahdanau):
    """Additive attention: score = sum(attention_v * tanh(key + query)).

    Args:
        num_units: size of keys and queries behind their layers.
        memory: `[batch, rows, size]`.
        memory_sequence_length: integer `[batch]`, how many rows count.
        normalize: whether `attention_v` is normalized, with a scale and a bias.
        probability_fn: function from scores to alignments; softmax by default.
        score_mask_value: score of rows that do not count; -inf by default.
        dtype: type of the layers.
        custom_key_value_fn: function of (keys, values) that gives others.
        name: name scope.
    """

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        normalize: bool = False,
        probability_fn: Probability | None = None,
        score_mask_value: Any = None,
        dtype: Any = None,
        custom_key_value_fn: Callable[[Any, Any], Any] | None = None,
        name: str = "BahdanauAttention",
    ):
        super().__init__(
            _layer(num_units, "query_layer", dtype),
            memory,
            _alone(probability_fn),
            memory_sequence_length,
            _layer(num_units, "memory_layer", dtype),
            score_mask_value=score_mask_value,
            custom_key_value_fn=custom_key_value_fn,
            name=name,
        )
        self._num_units, self._normalize = num_units, normalize


@tf_export("contrib.seq2seq.LuongMonotonicAttention")
class LuongMonotonicAttention(_Monotonic, _Luong):
    """Multiplicative attention that moves forward only.

    Args:
        num_units: size of the keys, which must be that of the queries.
        memory: `[batch, rows, size]`.
        memory_sequence_length: integer `[batch]`, how many rows count.
        scale: whether scores are multiplied by `attention_g`.
        score_mask_value: score of rows that do not count; -inf by default.
        sigmoid_noise: standard deviation of noise that is added to scores.
        sigmoid_noise_seed: seed of the noise.
        score_bias_init: initial value of the bias of scores.
        mode: as in `monotonic_attention`.
        dtype: type of the layers.
        name: name scope.
    """

    _scope = "luong_monotonic_attention"

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        scale: bool = False,
        score_mask_value: Any = None,
        sigmoid_noise: float = 0.0,
        sigmoid_noise_seed: int | None = None,
        score_bias_init: float = 0.0,
        mode: str = "parallel",
        dtype: Any = None,
        name: str = "LuongMonotonicAttention",
    ):
        super().__init__(
            None,
            memory,
            from_scores(sigmoid_noise, mode, sigmoid_noise_seed),
            memory_sequence_length,
            _layer(num_units, "memory_layer", dtype),
            score_mask_value=score_mask_value,
            name=name,
        )
        self._num_units, self._scale, self._score_bias_init = num_units, scale, score_bias_init


@tf_export("contrib.seq2seq.BahdanauMonotonicAttention")
class BahdanauMonotonicAttention(_Monotonic, _Bahdanau):
    """Additive attention that moves forward only.

    Args:
        num_units: size of keys and queries behind their layers.
        memory: `[batch, rows, size]`.
        memory_sequence_length: integer `[batch]`, how many rows count.
        normalize: whether `attention_v` is normalized, with a scale and a bias.
        score_mask_value: score of rows that do not count; -inf by default.
        sigmoid_noise: standard deviation of noise that is added to scores.
        sigmoid_noise_seed: seed of the noise.
        score_bias_init: initial value of the bias of scores.
        mode: as in `monotonic_attention`.
        dtype: type of the layers.
        name: name scope.
    """

    _scope = "bahdanau_monotonic_attention"

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        normalize: bool = False,
        score_mask_value: Any = None,
        sigmoid_noise: float = 0.0,
        sigmoid_noise_seed: int | None = None,
        score_bias_init: float = 0.0,
        mode: str = "parallel",
        dtype: Any = None,
        name: str = "BahdanauMonotonicAttention",
    ):
        super().__init__(
            _layer(num_units, "query_layer", dtype),
            memory,
            from_scores(sigmoid_noise, mode, sigmoid_noise_seed),
            memory_sequence_length,
            _layer(num_units, "memory_layer", dtype),
            score_mask_value=score_mask_value,
            name=name,
        )
        self._num_units, self._normalize, self._score_bias_init = num_units, normalize, score_bias_init
