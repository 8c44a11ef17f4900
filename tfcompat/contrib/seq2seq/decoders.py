"""`Decoder`, `BasicDecoder`, and `dynamic_decode`, which runs them in a loop."""

from __future__ import annotations

import abc
import collections
import contextlib
from typing import Any

from tfcompat.contrib.seq2seq.helpers import Helper
from tfcompat.graph import dtypes, nest
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.tensor_util import get_static_value
from tfcompat.layers.base import Layer
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape
from tfcompat.ops.filling import fill, zeros_like
from tfcompat.ops.masks import where
from tfcompat.ops.reduction import reduce_all
from tfcompat.ops.tensor_array import TensorArray
from tfcompat.ops.variable_scope import variable_scope
from tfcompat.ops.while_loop import while_loop
from tfcompat.rnn.cell import assert_like_cell
from tfcompat.rnn.sizes import zero_tensors
from tfcompat.rnn.steps import transpose_batch_time


@tf_export("contrib.seq2seq.Decoder")
class Decoder(abc.ABC):
    """Base of what `dynamic_decode` runs."""

    @property
    def batch_size(self) -> Any:
        """Scalar int32 tensor."""
        raise NotImplementedError

    @property
    def output_size(self) -> Any:
        """Shapes of the outputs without the batch, in their structure."""
        raise NotImplementedError

    @property
    def output_dtype(self) -> Any:
        """Types of the outputs, in their structure."""
        raise NotImplementedError

    @abc.abstractmethod
    def initialize(self, name: str | None = None) -> Any:
        """(finished `[batch]`, first inputs, first state)."""

    @abc.abstractmethod
    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        """(outputs, next state, next inputs, finished `[batch]`)."""

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Any) -> Any:
        """(outputs, final state) after the last step; NotImplementedError leaves them as they are."""
        raise NotImplementedError

    @property
    def tracks_own_finished(self) -> bool:
        """Whether what `step` calls finished is all that counts: a beam may go on after others have ended."""
        return False


@tf_export("contrib.seq2seq.dynamic_decode")
def dynamic_decode(
    decoder: Any,
    output_time_major: bool = False,
    impute_finished: bool = False,
    maximum_iterations: Any = None,
    parallel_iterations: int = 32,
    swap_memory: bool = False,
    scope: Any = None,
    **kwargs: Any,
) -> tuple[Any, Any, Any]:
    """Runs a decoder until all sequences have ended.

    Args:
        decoder: the Decoder.
        output_time_major: whether outputs have time as their first dimension, or as their second.
        impute_finished: whether outputs of sequences that have ended are zeros and their states stay.
        maximum_iterations: scalar int32, a limit.
        parallel_iterations: accepted; steps follow one another.
        swap_memory: accepted.
        scope: variable scope, "decoder" by default.
        kwargs: must be empty.

    Returns:
        (outputs, final state, lengths of the sequences int32 `[batch]`).

    Raises:
        TypeError: `decoder` is no Decoder.
        ValueError: `maximum_iterations` is no scalar.
    """
    if not isinstance(decoder, Decoder):
        raise TypeError(f"Expected decoder to be type Decoder, but saw: {type(decoder)}")
    if kwargs:
        raise TypeError(f"dynamic_decode() got an unexpected keyword argument {next(iter(kwargs))!r}")
    with variable_scope(scope, "decoder") as opened:
        if opened._caching_device is None and not get_default_graph().building_function:
            opened._caching_device = lambda op: op.device
        limit = None
        if maximum_iterations is not None:
            limit = convert_to_tensor(maximum_iterations, dtypes.int32, name="maximum_iterations")
            if limit.shape.rank != 0:
                raise ValueError("maximum_iterations must be a scalar")
        loop = _DecoderLoop(decoder, limit, impute_finished)
        outputs, state, lengths = loop.record(parallel_iterations, swap_memory)
        with contextlib.suppress(NotImplementedError):
            outputs, state = decoder.finalize(outputs, state, lengths)
        if not output_time_major:
            outputs = nest.map_structure(transpose_batch_time, outputs)
    return outputs, state, lengths


class _DecoderLoop:
    """The loop of `dynamic_decode`."""

    def __init__(self, decoder: Any, limit: Any, impute_finished: bool):
        self._decoder, self._limit, self._impute = decoder, limit, impute_finished
        finished, self._inputs, self._state = decoder.initialize()
        self._zeros = nest.map_structure(
            lambda size, dtype: zero_tensors(size, decoder.batch_size, dtype), decoder.output_size, decoder.output_dtype
        )
        if limit is not None:
            finished = raw_ops.LogicalOr(x=finished, y=limit <= 0)
        self._finished = finished

    def _element_shape(self, size: Any) -> TensorShape | None:
        if not isinstance(size, TensorShape) or size.rank == 0:
            return None
        batch = get_static_value(convert_to_tensor(self._decoder.batch_size, name="batch_size"))
        return TensorShape([None if batch is None else int(batch)]).concatenate(size)

    def record(self, parallel_iterations: int, swap_memory: bool) -> tuple[Any, Any, Any]:
        """Records the loop; returns (time-major outputs, final state, lengths)."""
        lengths = zeros_like(self._finished, dtype=dtypes.int32)
        time = constant(0, dtypes.int32)
        arrays = nest.map_structure(
            lambda size, dtype: TensorArray(dtype, size=0, dynamic_size=True, element_shape=self._element_shape(size)),
            self._decoder.output_size,
            self._decoder.output_dtype,
        )
        results = while_loop(
            lambda time, arrays, state, inputs, finished, lengths: raw_ops.LogicalNot(x=reduce_all(finished)),
            self._step,
            (time, arrays, self._state, self._inputs, self._finished, lengths),
            parallel_iterations=parallel_iterations,
            maximum_iterations=self._limit,
            swap_memory=swap_memory,
        )
        outputs = nest.map_structure(lambda array: array.stack(), results[1])
        return outputs, results[2], results[5]

    def _step(self, time: Any, arrays: Any, state: Any, inputs: Any, finished: Any, lengths: Any) -> Any:
        decoder = self._decoder
        outputs, after, following, ended = decoder.step(time, inputs, state)
        if not decoder.tracks_own_finished:
            ended = raw_ops.LogicalOr(x=ended, y=finished)
        lengths = where(raw_ops.LogicalNot(x=finished), fill(shape(lengths), time + 1), lengths)
        nest.assert_same_structure(state, after)
        nest.assert_same_structure(arrays, outputs)
        nest.assert_same_structure(inputs, following)
        if self._impute:
            outputs = nest.map_structure(lambda out, zero: where(finished, zero, out), outputs, self._zeros)
            after = nest.map_structure(lambda new, old: _kept(finished, new, old), after, state)
        arrays = nest.map_structure(lambda array, out: array.write(time, out), arrays, outputs)
        return time + 1, arrays, after, following, ended, lengths


def _kept(finished: Any, new: Any, old: Any) -> Any:
    if isinstance(old, TensorArray):
        return new
    new.set_shape(old.shape)
    return new if new.shape.rank == 0 else where(finished, old, new)


@tf_export("contrib.seq2seq.BasicDecoderOutput")
class BasicDecoderOutput(collections.namedtuple("BasicDecoderOutput", ("rnn_output", "sample_id"))):
    """What a BasicDecoder puts out: the cell's outputs, behind the output layer, and samples."""

    __slots__ = ()


def check_output_layer(layer: Any) -> None:
    """Raises TypeError when `layer` is neither None nor a Layer."""
    if layer is not None and not isinstance(layer, Layer):
        raise TypeError(f"output_layer must be a Layer, received: {type(layer)}")


def size_behind(layer: Any, size: Any) -> Any:
    """The size of outputs of `size` behind a layer, which may be None."""
    if layer is None:
        return size
    batched = nest.map_structure(lambda s: TensorShape([None]).concatenate(s), size)
    return nest.map_structure(lambda s: s[1:], layer.compute_output_shape(batched))


@tf_export("contrib.seq2seq.BasicDecoder")
class BasicDecoder(Decoder):
    """Runs a cell on what a helper gives it.

    Args:
        cell: an RNNCell.
        helper: the Helper.
        initial_state: the state before the first step.
        output_layer: a layer behind the cell, `tf.layers.Dense` say.

    Raises:
        TypeError: an argument is of another kind.
    """

    def __init__(self, cell: Any, helper: Any, initial_state: Any, output_layer: Any = None):
        assert_like_cell("cell", cell)
        if not isinstance(helper, Helper):
            raise TypeError(f"helper must be a Helper, received: {type(helper)}")
        check_output_layer(output_layer)
        self._cell, self._helper, self._initial_state = cell, helper, initial_state
        self._output_layer = output_layer

    @property
    def batch_size(self) -> Any:
        """The helper's."""
        return self._helper.batch_size

    @property
    def output_size(self) -> Any:
        """A BasicDecoderOutput of sizes."""
        return BasicDecoderOutput(
            size_behind(self._output_layer, self._cell.output_size), self._helper.sample_ids_shape
        )

    @property
    def output_dtype(self) -> Any:
        """A BasicDecoderOutput of types."""
        dtype = nest.flatten(self._initial_state)[0].dtype
        outputs = nest.map_structure(lambda _: dtype, size_behind(self._output_layer, self._cell.output_size))
        return BasicDecoderOutput(outputs, self._helper.sample_ids_dtype)

    def initialize(self, name: str | None = None) -> Any:
        """(finished, first inputs, first state)."""
        return (*self._helper.initialize(), self._initial_state)

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        """(outputs, next state, next inputs, finished)."""
        with name_scope(name, "BasicDecoderStep"):
            outputs, after = self._cell(inputs, state)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            samples = self._helper.sample(time=time, outputs=outputs, state=after)
            finished, following, after = self._helper.next_inputs(
                time=time, outputs=outputs, state=after, sample_ids=samples
            )
        return BasicDecoderOutput(outputs, samples), after, following, finished
