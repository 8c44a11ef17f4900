"""Helpers: they decide what a decoder samples from its outputs, and what it reads next."""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any

from tfcompat.graph import dtypes, nest
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops.argmax import argmax
from tfcompat.ops.array import reshape, shape, size, transpose
from tfcompat.ops.binary import equal
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.control_flow import cond
from tfcompat.ops.embedding import embedding_lookup
from tfcompat.ops.filling import zeros_like
from tfcompat.ops.random import multinomial, random_uniform
from tfcompat.ops.reduction import reduce_all
from tfcompat.ops.tensor_array import TensorArray
from tfcompat.ops.tiling import tile
from tfcompat.rnn.steps import transpose_batch_time


def draw_bernoulli(probs: Any, count: Any, dtype: Any, seed: int | None) -> Tensor:
    """`count` draws for each of `probs`, along a new first dimension."""
    probs = convert_to_tensor(probs, name="probs")
    uniform = random_uniform(concat([[count], shape(probs)], 0), dtype=probs.dtype, seed=seed)
    return cast(uniform < probs, dtype)


def draw_categorical(logits: Any, dtype: Any = dtypes.int32, seed: int | None = None) -> Tensor:
    """One draw for each row of `logits`, along its last dimension."""
    logits = convert_to_tensor(logits, name="logits")
    rows = logits if logits.shape.rank == 2 else reshape(logits, [-1, shape(logits)[-1]])
    kind = dtypes.int64 if logits.dtype.size > 4 else dtypes.int32
    draws = reshape(transpose(multinomial(rows, 1, seed=seed, output_dtype=kind)), shape(logits)[:-1])
    return cast(draws, dtype)


def unstacked(inputs: Tensor) -> TensorArray:
    """The time steps of time-major `inputs`."""
    rest = inputs.shape[1:] if inputs.shape.rank is not None else UNKNOWN
    return TensorArray(inputs.dtype, size=shape(inputs)[0], element_shape=rest).unstack(inputs)


def lookup(embedding: Any) -> Callable[[Any], Any]:
    """The function from ids to inputs that `embedding`, such a function or a table, means."""
    return embedding if callable(embedding) else lambda ids: embedding_lookup(embedding, ids)


@tf_export("contrib.seq2seq.Helper")
class Helper(abc.ABC):
    """Base of helpers; `BasicDecoder` calls them."""

    @property
    @abc.abstractmethod
    def batch_size(self) -> Any:
        """Scalar int32 tensor."""
        raise NotImplementedError("batch_size has not been implemented")

    @property
    @abc.abstractmethod
    def sample_ids_shape(self) -> Any:
        """Shape of a sample without the batch."""
        raise NotImplementedError("sample_ids_shape has not been implemented")

    @property
    @abc.abstractmethod
    def sample_ids_dtype(self) -> Any:
        """Type of samples."""
        raise NotImplementedError("sample_ids_dtype has not been implemented")

    @abc.abstractmethod
    def initialize(self, name: str | None = None) -> Any:
        """(finished `[batch]`, first inputs)."""

    @abc.abstractmethod
    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Samples for the outputs of a step."""

    @abc.abstractmethod
    def next_inputs(self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None) -> Any:
        """(finished `[batch]`, next inputs, next state)."""


class _ScalarIds(Helper):
    """A helper whose samples are int32 `[batch]`."""

    _batch_size: Any

    @property
    def batch_size(self) -> Any:
        """Scalar int32 tensor."""
        return self._batch_size

    @property
    def sample_ids_shape(self) -> Any:
        """A sample is a scalar."""
        return TensorShape([])

    @property
    def sample_ids_dtype(self) -> Any:
        """int32."""
        return dtypes.int32


@tf_export("contrib.seq2seq.CustomHelper")
class CustomHelper(Helper):
    """A helper made of three functions.

    Args:
        initialize_fn: gives (finished, first inputs).
        sample_fn: called as fn(time=, outputs=, state=), gives samples.
        next_inputs_fn: called as fn(time=, outputs=, state=, sample_ids=), gives (finished, next inputs, next state).
        sample_ids_shape: shape of a sample without the batch; scalar by default.
        sample_ids_dtype: type of samples; int32 by default.
    """

    def __init__(
        self,
        initialize_fn: Callable[..., Any],
        sample_fn: Callable[..., Any],
        next_inputs_fn: Callable[..., Any],
        sample_ids_shape: Any = None,
        sample_ids_dtype: Any = None,
    ):
        self._initialize_fn, self._sample_fn, self._next_inputs_fn = initialize_fn, sample_fn, next_inputs_fn
        self._batch_size: Any = None
        self._sample_ids_shape = TensorShape(sample_ids_shape or [])
        self._sample_ids_dtype = sample_ids_dtype or dtypes.int32

    @property
    def batch_size(self) -> Any:
        """Scalar int32 tensor; ValueError before `initialize`."""
        if self._batch_size is None:
            raise ValueError("batch_size accessed before initialize was called")
        return self._batch_size

    @property
    def sample_ids_shape(self) -> Any:
        """Shape of a sample without the batch."""
        return self._sample_ids_shape

    @property
    def sample_ids_dtype(self) -> Any:
        """Type of samples."""
        return self._sample_ids_dtype

    def initialize(self, name: str | None = None) -> Any:
        """(finished, first inputs)."""
        with name_scope(name, "CustomHelperInitialize"):
            finished, inputs = self._initialize_fn()
            if self._batch_size is None:
                self._batch_size = size(finished)
        return finished, inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Samples for the outputs of a step."""
        with name_scope(name, "CustomHelperSample"):
            return self._sample_fn(time=time, outputs=outputs, state=state)

    def next_inputs(self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None) -> Any:
        """(finished, next inputs, next state)."""
        with name_scope(name, "CustomHelperNextInputs"):
            return self._next_inputs_fn(time=time, outputs=outputs, state=state, sample_ids=sample_ids)


@tf_export("contrib.seq2seq.TrainingHelper")
class TrainingHelper(_ScalarIds):
    """Reads given inputs; samples are the most likely symbols.

    Args:
        inputs: `[batch, time, ...]`, `[time, batch, ...]` when `time_major`; nested structures of such.
        sequence_length: int32 `[batch]`.
        time_major: whether time is the first dimension.
        name: name scope.

    Raises:
        ValueError: `sequence_length` is no vector.
    """

    def __init__(self, inputs: Any, sequence_length: Any, time_major: bool = False, name: str | None = None):
        with name_scope(name, "TrainingHelper", [*nest.flatten(inputs), sequence_length]):
            inputs = nest.map_structure(lambda t: convert_to_tensor(t, name="inputs"), inputs)
            self._inputs = inputs
            if not time_major:
                inputs = nest.map_structure(transpose_batch_time, inputs)
            self._steps = nest.map_structure(unstacked, inputs)
            self._sequence_length = convert_to_tensor(sequence_length, name="sequence_length")
            if self._sequence_length.shape.rank != 1:
                raise ValueError(
                    f"Expected sequence_length to be a vector, but received shape: {self._sequence_length.shape}"
                )
            self._zero_inputs = nest.map_structure(lambda t: zeros_like(t[0, :]), inputs)
            self._batch_size = size(self._sequence_length)

    @property
    def inputs(self) -> Any:
        """As given."""
        return self._inputs

    @property
    def sequence_length(self) -> Any:
        """As given."""
        return self._sequence_length

    def _inputs_at(self, time: Any, finished: Any) -> Any:
        return cond(
            reduce_all(finished),
            lambda: self._zero_inputs,
            lambda: nest.map_structure(lambda steps: steps.read(time), self._steps),
        )

    def initialize(self, name: str | None = None) -> Any:
        """(finished, first inputs)."""
        with name_scope(name, "TrainingHelperInitialize"):
            finished = equal(0, self._sequence_length)
            return finished, self._inputs_at(0, finished)

    def sample(self, time: Any, outputs: Any, state: Any = None, name: str | None = None, **unused: Any) -> Any:
        """The most likely symbols."""
        with name_scope(name, "TrainingHelperSample", [time, outputs]):
            return cast(argmax(outputs, axis=-1), dtypes.int32)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any = None, name: str | None = None, **unused: Any
    ) -> Any:
        """(finished, next inputs, `state`)."""
        with name_scope(name, "TrainingHelperNextInputs", [time, outputs]):
            following = time + 1
            finished = following >= self._sequence_length
            return finished, self._inputs_at(following, finished), state


@tf_export("contrib.seq2seq.GreedyEmbeddingHelper")
class GreedyEmbeddingHelper(_ScalarIds):
    """Reads the most likely symbols of the outputs.

    Args:
        embedding: a table of rows, or a function from ids to inputs.
        start_tokens: int32 `[batch]`, the first symbols.
        end_token: scalar int32, the symbol that ends a sequence.

    Raises:
        ValueError: `start_tokens` is no vector or `end_token` no scalar.
    """

    def __init__(self, embedding: Any, start_tokens: Any, end_token: Any):
        self._embedding_fn = lookup(embedding)
        self._start_tokens = convert_to_tensor(start_tokens, dtypes.int32, name="start_tokens")
        self._end_token = convert_to_tensor(end_token, dtypes.int32, name="end_token")
        if self._start_tokens.shape.rank != 1:
            raise ValueError("start_tokens must be a vector")
        self._batch_size = size(self._start_tokens)
        if self._end_token.shape.rank != 0:
            raise ValueError("end_token must be a scalar")
        self._start_inputs = self._embedding_fn(self._start_tokens)

    def initialize(self, name: str | None = None) -> Any:
        """(finished, inputs for the first symbols)."""
        return tile([False], [self._batch_size]), self._start_inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """The most likely symbols."""
        return argmax(_single(outputs), axis=-1, output_type=dtypes.int32)

    def next_inputs(self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None) -> Any:
        """(finished, inputs for the samples, `state`)."""
        finished = equal(sample_ids, self._end_token)
        following = cond(reduce_all(finished), lambda: self._start_inputs, lambda: self._embedding_fn(sample_ids))
        return finished, following, state


def _single(outputs: Any) -> Any:
    if not isinstance(outputs, Tensor):
        raise TypeError(f"Expected outputs to be a single Tensor, got: {type(outputs)}")
    return outputs


@tf_export("contrib.seq2seq.SampleEmbeddingHelper")
class SampleEmbeddingHelper(GreedyEmbeddingHelper):
    """Reads symbols drawn from the distribution that the outputs describe.

    Args:
        embedding: a table of rows, or a function from ids to inputs.
        start_tokens: int32 `[batch]`, the first symbols.
        end_token: scalar int32, the symbol that ends a sequence.
        softmax_temperature: divides the outputs; more than 1 makes draws more random.
        seed: seed of the draws.
    """

    def __init__(
        self,
        embedding: Any,
        start_tokens: Any,
        end_token: Any,
        softmax_temperature: Any = None,
        seed: int | None = None,
    ):
        super().__init__(embedding, start_tokens, end_token)
        self._softmax_temperature, self._seed = softmax_temperature, seed

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Drawn symbols."""
        logits = _single(outputs)
        if self._softmax_temperature is not None:
            logits = logits / self._softmax_temperature
        return draw_categorical(logits, seed=self._seed)


@tf_export("contrib.seq2seq.InferenceHelper")
class InferenceHelper(Helper):
    """Reads what a function makes of the outputs.

    Args:
        sample_fn: function from outputs to samples.
        sample_shape: shape of a sample without the batch.
        sample_dtype: type of samples.
        start_inputs: the first inputs, `[batch, ...]`.
        end_fn: function from samples to bool `[batch]`, which sequences end.
        next_inputs_fn: function from samples to inputs; samples are the inputs when None.
    """

    def __init__(
        self,
        sample_fn: Callable[[Any], Any],
        sample_shape: Any,
        sample_dtype: Any,
        start_inputs: Any,
        end_fn: Callable[[Any], Any],
        next_inputs_fn: Callable[[Any], Any] | None = None,
    ):
        self._sample_fn, self._end_fn, self._next_inputs_fn = sample_fn, end_fn, next_inputs_fn
        self._sample_shape, self._sample_dtype = TensorShape(sample_shape), sample_dtype
        self._batch_size = shape(start_inputs)[0]
        self._start_inputs = convert_to_tensor(start_inputs, name="start_inputs")

    @property
    def batch_size(self) -> Any:
        """Scalar int32 tensor."""
        return self._batch_size

    @property
    def sample_ids_shape(self) -> Any:
        """Shape of a sample without the batch."""
        return self._sample_shape

    @property
    def sample_ids_dtype(self) -> Any:
        """Type of samples."""
        return self._sample_dtype

    def initialize(self, name: str | None = None) -> Any:
        """(finished, first inputs)."""
        return tile([False], [self._batch_size]), self._start_inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Samples for the outputs of a step."""
        return self._sample_fn(outputs)

    def next_inputs(self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None) -> Any:
        """(finished, next inputs, `state`)."""
        following = sample_ids if self._next_inputs_fn is None else self._next_inputs_fn(sample_ids)
        return self._end_fn(sample_ids), following, state
